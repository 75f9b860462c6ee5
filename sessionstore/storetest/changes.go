package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func changeLaws() []Law {
	return []Law{
		{"every write is told, in order", everyWriteTold},
		{"who watches is woken", watcherWoken},
		{"no change is lost between list and watch", nothingLost},
		{"who is too far behind is told so", tooFarBehind},
	}
}

// tail reads all changes after since.
func (k *kit) tail(since uint64) (all []sessionstore.Change) {
	k.Helper()
	last, err := k.Seq(k.ctx)
	k.must(err)
	for since < last {
		part, err := k.Changes(k.ctx, since, 3)
		k.must(err)
		if len(part) == 0 || len(part) > 3 {
			k.Fatalf("Changes(%d, 3): got %d changes", since, len(part))
		}
		all = append(all, part...)
		since = part[len(part)-1].Seq
	}
	return all
}

func everyWriteTold(k *kit) {
	start, err := k.Seq(k.ctx)
	k.must(err)
	s := k.create("s")
	c := k.commit(sessionstore.Mutation{Update: &s, Turns: []sessionstore.Turn{newTurn("s", "t1", 1), newTurn("s", "t2", 2)}})
	if now, err := k.Seq(k.ctx); err != nil || now != c.Seq {
		k.Errorf("Committed.Seq: got %d, want %d (%v)", c.Seq, now, err)
	}
	k.commit(sessionstore.Mutation{Requests: []sessionstore.Request{{ID: "r", SessionID: "s", TurnID: "t1", Status: sessionstore.RequestOpen}}})
	k.append("s", "sub", line("u"))
	k.append("s", "sub", line("u")) // nothing new
	child, parent := newSession("child"), k.session("s")
	k.commit(sessionstore.Mutation{Update: &parent, Create: &child})
	l := k.acquire("s", "me", time.Minute) // no write of the session
	k.must(k.Release(k.ctx, l))
	k.must(k.Delete(k.ctx, "s", 0))
	k.reopen()
	type told struct{ session, turn, kind string }
	var got []string
	for i, c := range k.tail(start) {
		if c.Seq != start+uint64(i)+1 || c.At.IsZero() {
			k.Errorf("change %d: got number %d at %v, want %d", i, c.Seq, c.At, start+uint64(i)+1)
		}
		got = append(got, fmt.Sprint(told{c.SessionID, c.TurnID, c.Kind}))
	}
	want := []told{
		{"s", "", "session"}, {"s", "t1", "session"}, {"s", "t2", "session"}, {"s", "t1", "session"},
		{"s", "", "entries"}, {"child", "", "session"}, {"s", "", "session"}, {"s", "", "deleted"},
	}
	k.same("changes", got, func() (list []string) {
		for _, w := range want {
			list = append(list, fmt.Sprint(w))
		}
		return list
	}())
}

func watcherWoken(k *kit) {
	k.create("s")
	since, err := k.Seq(k.ctx)
	k.must(err)
	ctx, cancel := context.WithTimeout(k.ctx, k.patience())
	defer cancel()
	type answer struct {
		changes []sessionstore.Change
		err     error
	}
	answers := make(chan answer)
	for range 3 {
		go func() {
			c, err := k.Changes(ctx, since, 10)
			answers <- answer{c, err}
		}()
	}
	k.append("s", "", line("u"))
	for range 3 {
		a := <-answers
		if a.err != nil || len(a.changes) != 1 || a.changes[0].Kind != "entries" || a.changes[0].Seq != since+1 {
			k.Errorf("the watcher: got %+v, %v, want one change of entries", a.changes, a.err)
		}
	}
	short, stop := context.WithTimeout(k.ctx, 20*time.Millisecond)
	defer stop()
	_, err = k.Changes(short, since+1, 10)
	k.refuses("watching when nothing happens", err, context.DeadlineExceeded)
}

// nothingLost watches as clients do, while sessions are written: Seq, list, then
// changes from there on. What the list does not show, a change must tell.
func nothingLost(k *kit) {
	const sessions, watchers = 40, 4
	ctx, cancel := context.WithTimeout(k.ctx, k.patience())
	defer cancel()
	var writing, watching sync.WaitGroup
	begin := make(chan struct{}) // sent to when another client is to begin
	for range watchers {
		watching.Go(func() {
			<-begin
			k.follow(ctx, sessions)
		})
	}
	writing.Go(func() {
		for i := range sessions {
			if i%(sessions/watchers) == 0 {
				begin <- struct{}{}
			}
			s := newSession(fmt.Sprint("s", i))
			if _, err := k.Commit(k.ctx, sessionstore.Mutation{Create: &s}); err != nil {
				k.Errorf("Commit: %v", err)
			}
		}
	})
	writing.Wait()
	watching.Wait()
}

// follow lists the sessions, and then follows the changes until it knows n.
func (k *kit) follow(ctx context.Context, n int) {
	since, err := k.Seq(ctx)
	if err != nil {
		k.Errorf("Seq: %v", err)
		return
	}
	p, err := k.List(ctx, sessionstore.Query{Limit: 1000})
	if err != nil {
		k.Errorf("List: %v", err)
		return
	}
	known := make(map[string]bool)
	for _, s := range p.Sessions {
		known[s.ID] = true
	}
	for len(known) < n {
		changes, err := k.Changes(ctx, since, 2)
		if err != nil {
			k.Errorf("%d of %d sessions are known, the rest is lost: %v", len(known), n, err)
			return
		}
		for _, c := range changes {
			since, known[c.SessionID] = c.Seq, true
			if _, err := k.Session(ctx, c.SessionID); err != nil {
				k.Errorf("session %s after its change was told: %v", c.SessionID, err)
			}
		}
	}
}

func tooFarBehind(k *kit) {
	last, err := k.Seq(k.ctx)
	k.must(err)
	_, err = k.Changes(k.ctx, last+5, 1)
	k.refuses("changes from the future", err, sessionstore.ErrResync)
	if k.b.ChangesKept == 0 {
		return
	}
	s := k.create("s")
	for range 10 * k.b.ChangesKept {
		s = k.update(s, func(*sessionstore.Session) {})
	}
	k.reopen()
	_, err = k.Changes(k.ctx, 0, 1)
	k.refuses("changes that are not kept", err, sessionstore.ErrResync)
	now, err := k.Seq(k.ctx)
	k.must(err)
	kept, err := k.Changes(k.ctx, now-uint64(k.b.ChangesKept), 0)
	if err != nil || len(kept) != k.b.ChangesKept {
		k.Errorf("the changes that are kept: got %d, %v, want %d", len(kept), err, k.b.ChangesKept)
	}
	if errors.Is(err, sessionstore.ErrResync) {
		return
	}
	k.same("the last one", kept[len(kept)-1].Seq, now)
}
