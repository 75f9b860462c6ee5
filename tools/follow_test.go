package tools

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// news is a source of changes, by sequence number.
type news struct {
	mu   sync.Mutex
	list []engine.Changes
	more chan struct{}
	fail bool // the engine is away
}

func newNews() *news { return &news{more: make(chan struct{})} }

// add makes a change of some sessions.
func (n *news) add(ids ...string) {
	var c engine.Changes
	for _, id := range ids {
		c.Sessions = append(c.Sessions, engine.Row{ID: id})
	}
	n.change(c)
}

func (n *news) change(c engine.Changes) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, c)
	close(n.more)
	n.more = make(chan struct{})
}

func (n *news) after(since *uint64) (engine.Changes, <-chan struct{}, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.fail:
		return engine.Changes{}, nil, errors.New("no engine")
	case since == nil:
		return engine.Changes{Seq: uint64(len(n.list))}, nil, nil
	case int(*since) < len(n.list):
		all := engine.Changes{Seq: uint64(len(n.list))}
		for _, c := range n.list[*since:] {
			all.Sessions = append(all.Sessions, c.Sessions...)
			all.Deleted = append(all.Deleted, c.Deleted...)
			all.Resync = all.Resync || c.Resync
		}
		return all, nil, nil
	}
	return engine.Changes{}, n.more, nil
}

// changes is the engine's method.
func (n *news) changes(ctx context.Context, req engine.ChangesRequest) (engine.Changes, error) {
	for {
		c, more, err := n.after(req.Since)
		if more == nil {
			return c, err
		}
		select {
		case <-more:
		case <-ctx.Done():
			return engine.Changes{}, ctx.Err()
		}
	}
}

// updates are the notifications of updates that a client got, in order.
type updates struct {
	t   *testing.T
	all chan notice
}

type notice struct {
	method string
	uri    string
	stream any // what it is tagged with
}

// await returns the next one.
func (u *updates) await() notice {
	u.t.Helper()
	select {
	case got := <-u.all:
		return got
	case <-time.After(10 * time.Second):
		u.t.Fatal("no notification")
		return notice{}
	}
}

// receiving reads all that the server says after the handshake.
func (w *wire) receiving() *updates {
	u := &updates{t: w.t, all: make(chan notice, 1000)}
	go func() {
		r := bufio.NewReader(w.out)
		for {
			line, err := r.ReadBytes('\n')
			if err != nil {
				return
			}
			var m struct {
				ID     any
				Method string
				Params struct {
					URI  string         `json:"uri"`
					Meta map[string]any `json:"_meta"`
				}
			}
			if json.Unmarshal(line, &m) != nil || m.ID != nil && m.Method == "" {
				m.Method = "reply"
			}
			u.all <- notice{m.Method, m.Params.URI, m.Params.Meta["io.modelcontextprotocol/subscriptionId"]}
		}
	}()
	return u
}

const updated = "notifications/resources/updated"

// TestUpdatesSinceTheHandshakesEra subscribes and unsubscribes one by one.
func TestUpdatesSinceTheHandshakesEra(t *testing.T) {
	n := newNews()
	w := serve(t.Context(), t, &fake{changes: n.changes})
	w.greet()
	u := w.receiving()
	subscribe := func(method, uri string) {
		w.send(`{"jsonrpc":"2.0","id":1,"method":"resources/%s","params":{"uri":%q}}`, method, uri)
		if got := u.await(); got.method != "reply" {
			t.Fatalf("before the reply to %s came %+v", method, got)
		}
	}
	subscribe("subscribe", "session://main/transcript") // by its name
	n.add(childID)
	n.add(parentID)
	if got, want := u.await(), (notice{updated, "session://main/transcript", nil}); got != want {
		t.Errorf("heard %+v, want %+v", got, want)
	}
	subscribe("unsubscribe", "session://main/transcript")
	subscribe("subscribe", "session://index?since=1")
	n.add(parentID)
	if got, want := u.await(), (notice{updated, "session://index?since=1", nil}); got != want {
		t.Errorf("heard %+v, want %+v", got, want)
	}
}

// TestUpdatesOfAStream subscribes as clients do since 2026-07-28: with a call
// that lasts. What is told is tagged with it, and ends with it.
func TestUpdatesOfAStream(t *testing.T) {
	n := newNews()
	w := serve(t.Context(), t, &fake{changes: n.changes})
	u := w.receiving()
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"new","version":"2"},"io.modelcontextprotocol/clientCapabilities":{}}`
	w.send(`{"jsonrpc":"2.0","id":"s1","method":"subscriptions/listen","params":{%s,"notifications":{"resourceSubscriptions":["session://index","session://%s"]}}}`, meta, parentID)
	if got := u.await(); got.method != "notifications/subscriptions/acknowledged" {
		t.Fatalf("first came %+v, want the acknowledgement", got)
	}
	n.add(parentID)
	heard := map[notice]bool{u.await(): true, u.await(): true}
	for _, uri := range []string{"session://index", "session://" + parentID} {
		if !heard[notice{updated, uri, "s1"}] {
			t.Errorf("heard %v, want an update of %s tagged with its stream", heard, uri)
		}
	}
	w.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{%s,"requestId":"s1"}}`, meta)
	if got := u.await(); got.method != "reply" {
		t.Errorf("at the end of the stream came %+v, want its result", got)
	}
}

// TestUpdatesOfRequests holds that those who follow the requests are told when
// one may have come or gone, and not of other changes; also after the engine was
// away, when all may have changed.
func TestUpdatesOfRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := newNews(), newDesk()
		s.open = []engine.Request{permission("p")} // of parentID
		f := newFollower(&fake{changes: n.changes, requests: func(context.Context, engine.RequestsRequest) (engine.OpenRequests, error) {
			return engine.OpenRequests{Requests: s.open}, nil
		}}, Options{}.withDefaults().Log)
		told := 0
		f.told[followed{uri: requestsURI}] = target{session: aboutRequests, send: func() { told++ }}
		f.learn(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		f.running.Go(func() { f.follow(ctx, 0, true) })
		for _, step := range []struct {
			name string
			row  engine.Row
			want int
		}{
			{"another session runs", engine.Row{ID: childID, Status: "running"}, 0},
			{"the one that waited runs", engine.Row{ID: parentID, Status: "running"}, 1},
			{"and ends", engine.Row{ID: parentID, Status: "idle"}, 1},
			{"another waits", engine.Row{ID: childID, Status: "waiting"}, 2},
			{"and for something else", engine.Row{ID: childID, Status: "waiting"}, 3},
		} {
			n.change(engine.Changes{Sessions: []engine.Row{step.row}})
			time.Sleep(time.Second)
			synctest.Wait()
			if told != step.want {
				t.Errorf("%s: told %d times, want %d", step.name, told, step.want)
			}
		}
		n.change(engine.Changes{Deleted: []string{childID}})
		n.change(engine.Changes{Deleted: []string{"c"}})
		time.Sleep(time.Second)
		s.open = []engine.Request{{SessionID: "d"}}
		n.change(engine.Changes{Resync: true})
		time.Sleep(time.Second)
		n.change(engine.Changes{Sessions: []engine.Row{{ID: "d", Status: "running"}}})
		time.Sleep(time.Second)
		cancel()
		f.running.Wait()
		if told != 6 {
			t.Errorf("told %d times, want 6", told)
		}
	})
}

// TestUpdatesAreFew holds that a resource that changes all the time is told of
// a few times a second, and of the last change.
func TestUpdatesAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNews()
		f := newFollower(&fake{changes: n.changes}, Options{}.withDefaults().Log)
		var told []time.Time
		f.told[followed{uri: "x"}] = target{session: parentID, send: func() { told = append(told, time.Now()) }}
		ctx, cancel := context.WithCancel(t.Context())
		f.running.Go(func() { f.follow(ctx, 0, true) })
		for range 100 {
			n.add(parentID)
			time.Sleep(20 * time.Millisecond)
		}
		last := time.Now()
		time.Sleep(time.Minute)
		cancel()
		f.running.Wait()
		if len(told) == 0 || told[len(told)-1].Before(last) {
			t.Fatalf("told at %v, and not after the last change at %v", told, last)
		}
		for i := 1; i < len(told); i++ {
			if gap := told[i].Sub(told[i-1]); gap < updateGap {
				t.Errorf("two updates are %v apart, want %v", gap, updateGap)
			}
		}
	})
}

// TestFollowingLastsThroughFaults holds that what changes while no engine can be
// asked is told in the end.
func TestFollowingLastsThroughFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNews()
		n.fail = true
		f := newFollower(&fake{changes: n.changes}, Options{}.withDefaults().Log)
		told := 0
		f.told[followed{uri: "x"}] = target{session: parentID, send: func() { told++ }}
		ctx, cancel := context.WithCancel(t.Context())
		f.running.Go(func() { f.follow(ctx, 0, false) })
		time.Sleep(10 * time.Second)
		n.mu.Lock()
		n.fail = false
		n.mu.Unlock()
		time.Sleep(10 * time.Second)
		cancel()
		f.running.Wait()
		if told != 1 {
			t.Errorf("told %d times, want once: it may have changed", told)
		}
	})
}
