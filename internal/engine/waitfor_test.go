package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// waitFor waits as req says, for 30 seconds if it does not say.
func (p *place) waitFor(c *Client, req WaitRequest) Waited {
	p.t.Helper()
	w, err := c.WaitFor(context.Background(), Call{}, req)
	if err != nil {
		p.t.Fatalf("waiting for %v: %v", req.Sessions, err)
	}
	return w
}

func happened(w Waited) (list []Happening) {
	for _, s := range w.Sessions {
		list = append(list, s.Happened)
	}
	return list
}

// waiters lets a wait go on in the background; what it came to is sent.
func (p *place) waits(c *Client, req WaitRequest) <-chan Waited {
	p.t.Helper()
	begun, done := make(chan struct{}), make(chan Waited, 1)
	var once sync.Once
	call := Call{OnProgress: func(Progress) { once.Do(func() { close(begun) }) }}
	go func() {
		w, err := c.WaitFor(context.Background(), call, req)
		if err != nil {
			p.t.Errorf("waiting for %v: %v", req.Sessions, err)
		}
		once.Do(func() { close(begun) })
		done <- w
	}()
	select {
	case <-begun:
	case <-time.After(patience):
		p.t.Fatal("the wait has not begun")
	}
	return done
}

func receiveWaited(t *testing.T, done <-chan Waited) Waited {
	t.Helper()
	select {
	case w := <-done:
		return w
	case <-time.After(patience):
		t.Fatal("the wait has not ended")
		panic("unreachable")
	}
}

// A wait ends with the turn, and tells what came of it; with any, the others
// are told as they are.
func TestWaitForAny(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{RequestTimeout: time.Second})
	start1 := func(name, prompt string) {
		if _, err := c.Start(context.Background(), Call{}, StartRequest{Name: name, Prompt: prompt, WaitSeconds: ptr(0)}); err != nil {
			t.Fatal(err)
		}
	}
	start1("a", "one\n!say half\n!tool Bash {\"command\":\"true\"}\n!hold a\n!say A.")
	start1("b", "one\n!hold b\n!say B.")
	if _, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: "b", Prompt: "two\n!hold b2", WaitSeconds: ptr(0)}); err != nil {
		t.Fatal(err)
	}
	done := p.waits(c, WaitRequest{Sessions: []string{"a", "b", "a"}})
	p.held("b")
	p.release("b")
	w := receiveWaited(t, done)
	if got := happened(w); !slices.Equal(got, []Happening{HappenedNothing, HappenedTurnEnd}) || w.TimedOut {
		t.Fatalf("it came to %q, timed out %t", got, w.TimedOut)
	}
	if b := w.Sessions[1]; b.Turn.Result != "B." || b.Name != "b" {
		t.Errorf("b's turn is %+v", b.Turn)
	}
	if a := w.Sessions[0]; a.Turn == nil || a.Turn.Status.Ended() || a.Status != sessionstore.Running && a.Status != sessionstore.Waiting {
		t.Errorf("a is %+v", a)
	}
	if !strings.Contains(w.Next, `sessions ["a"]`) && !strings.Contains(w.Next, "answer_request") {
		t.Errorf("next is %q", w.Next)
	}

	// The time is over: no error.
	p.held("b2")
	w = p.waitFor(c, WaitRequest{Sessions: []string{"b"}, WaitSeconds: ptr(1)})
	if !w.TimedOut || w.Sessions[0].Happened != HappenedNothing || !strings.Contains(w.Next, `["b"]`) || w.Sessions[0].Turn.Prompt != "two\n!hold b2" {
		t.Errorf("after its time it is %+v", w)
	}
	p.release("b2")

	// With all, each has to.
	done = p.waits(c, WaitRequest{Sessions: []string{"a", "b"}, Until: UntilAll})
	p.held("a")
	p.release("a")
	w = receiveWaited(t, done)
	if got := happened(w); !slices.Equal(got, []Happening{HappenedTurnEnd, HappenedTurnEnd}) || w.Sessions[0].Turn.Result != "A." {
		t.Errorf("until all it came to %q: %+v", got, w.Sessions[0].Turn)
	}
	// Of all that rest the wait ends at once, with their last turns.
	w = p.waitFor(c, WaitRequest{Sessions: []string{"b", "a"}, WaitSeconds: ptr(0)})
	if got := happened(w); w.TimedOut || !slices.Equal(got, []Happening{HappenedTurnEnd, HappenedTurnEnd}) || w.Sessions[0].Turn.Prompt != "two\n!hold b2" {
		t.Errorf("at rest it came to %q, %+v", got, w.Sessions[0].Turn)
	}
}

// Who waits for requests is told of one that opens or is open, and of the end.
func TestWaitForRequest(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{RequestTimeout: -1})
	id := start(t, c, "one\n!hold first\n!tool Bash {\"command\":\"true\"}\n!say Done.", 0).Session.ID
	ask := WaitRequest{Sessions: []string{id}, For: ForRequest}
	done := p.waits(c, ask)
	ended := p.waits(c, WaitRequest{Sessions: []string{id}})
	p.release("first")
	for _, w := range []Waited{receiveWaited(t, done), p.waitFor(c, ask)} {
		if s := w.Sessions[0]; s.Happened != HappenedRequest || len(s.Requests) != 1 || s.Requests[0].Tool != "Bash" || s.Status != sessionstore.Waiting ||
			!strings.Contains(w.Next, s.Requests[0].ID) {
			t.Errorf("it came to %+v", w)
		}
	}
	if _, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: id, Prompt: "stop\n!hold stop", IfBusy: IfBusyInterrupt, WaitSeconds: ptr(0)}); err != nil {
		t.Fatal(err)
	}
	if w := receiveWaited(t, ended); w.Sessions[0].Happened != HappenedTurnEnd || w.Sessions[0].Turn.Status != sessionstore.TurnInterrupted || w.Sessions[0].Turn.Error == nil {
		t.Errorf("who waits for the end gets %+v", w)
	}
	p.held("stop")
	done = p.waits(c, ask)
	p.release("stop")
	if w := receiveWaited(t, done); w.Sessions[0].Happened != HappenedTurnEnd {
		t.Errorf("without a request it came to %+v", w)
	}
}

// A change ends the wait for one, also one that came before it.
func TestWaitForChange(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	one, two := p.put(sessionstore.Session{Name: "one"}), p.put(sessionstore.Session{Name: "two"})
	both := WaitRequest{Sessions: []string{"one", "two"}, For: ForChange, WaitSeconds: ptr(0)}
	w := p.waitFor(c, both)
	if !w.TimedOut {
		t.Fatalf("without a change it came to %+v", w)
	}
	both.Since = &w.Seq
	two.Note = "new"
	if _, err := p.store.Commit(t.Context(), sessionstore.Mutation{Update: &two}); err != nil {
		t.Fatal(err)
	}
	w = p.waitFor(c, both)
	if got := happened(w); !slices.Equal(got, []Happening{HappenedNothing, HappenedChange}) || !slices.Equal(w.Sessions[1].Changed, []string{"session"}) {
		t.Errorf("it came to %q, %q", got, w.Sessions[1].Changed)
	}
	if again := p.waitFor(c, WaitRequest{Sessions: both.Sessions, For: ForChange, WaitSeconds: ptr(0), Since: &w.Seq}); !again.TimedOut {
		t.Errorf("the same change is told twice: %+v", again)
	}
	long := uint64(1 << 40) // of another store
	if w := p.waitFor(c, WaitRequest{Sessions: []string{"one"}, For: ForChange, WaitSeconds: ptr(0), Since: &long}); w.TimedOut || w.Sessions[0].Happened != HappenedChange {
		t.Errorf("since a time to come it came to %+v", w)
	}

	held := start(t, c, "held\n!hold held", 0).Session.ID
	p.held("held")
	done := p.waits(c, WaitRequest{Sessions: []string{held, "one", "two"}, Until: UntilAll, For: ForChange})
	one.Note = "new"
	if _, err := p.store.Commit(t.Context(), sessionstore.Mutation{Update: &one}); err != nil {
		t.Fatal(err)
	}
	if err := p.store.Delete(t.Context(), two.ID, 0); err != nil {
		t.Fatal(err)
	}
	p.release("held")
	w = receiveWaited(t, done)
	if got := happened(w); !slices.Equal(got, []Happening{HappenedChange, HappenedChange, HappenedDeleted}) {
		t.Errorf("it came to %q", got)
	}
}

// A session that a terminal is at is waited for until the terminal rests.
func TestWaitForElsewhere(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	p.awaits("the session", elsewhereA, turns(1))
	note := filepath.Join(p.dir, "config", "sessions", "1.json")
	write := func(status string) {
		text := fmt.Sprintf(`{"pid":%d,"sessionId":%q,"status":%q}`, os.Getpid(), elsewhereA, status)
		if err := os.MkdirAll(filepath.Dir(note), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(note, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("busy")
	if d := p.get(c, elsewhereA); d.Session.Status != sessionstore.Running || !strings.Contains(d.Session.StatusReason, fmt.Sprint(os.Getpid())) {
		t.Errorf("it is %s, %s", d.Session.Status, d.Session.StatusReason)
	}
	w := p.waitFor(c, WaitRequest{Sessions: []string{elsewhereA}, WaitSeconds: ptr(0)})
	if !w.TimedOut || w.Sessions[0].Status != sessionstore.Running {
		t.Errorf("while it is busy it came to %+v", w)
	}
	done := make(chan Waited, 1)
	go func() { done <- p.waitFor(c, WaitRequest{Sessions: []string{elsewhereA}}) }()
	p.terminal(p.path(elsewhereA), turnLines(2, 2, "a1", "two", "2")...)
	p.awaits("the second turn", elsewhereA, turns(2))
	select {
	case w := <-done:
		t.Fatalf("it ended while the terminal is busy: %+v", w)
	default:
	}
	write("idle")
	if w := receiveWaited(t, done); (w.Sessions[0].Happened != HappenedTurnEnd && w.Sessions[0].Happened != HappenedIdle) || w.Sessions[0].LastResult != "2" {
		t.Errorf("it came to %+v", w)
	}
}

// What is no request to wait is refused, and an engine that closes sends its
// callers to the next one.
func TestWaitForRefuses(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	p.put(sessionstore.Session{Name: "one"})
	for _, test := range []struct {
		req  WaitRequest
		want Code
	}{
		{WaitRequest{}, InvalidArgument},
		{WaitRequest{Sessions: slices.Repeat([]string{"one"}, 21)}, InvalidArgument},
		{WaitRequest{Sessions: []string{"one"}, For: "ever"}, InvalidArgument},
		{WaitRequest{Sessions: []string{"one"}, Until: "none"}, InvalidArgument},
		{WaitRequest{Sessions: []string{"one"}, WaitSeconds: ptr(46)}, InvalidArgument},
		{WaitRequest{Sessions: []string{"one", "other"}}, NotFound},
		{WaitRequest{Sessions: []string{""}}, InvalidArgument},
	} {
		if _, err := c.WaitFor(t.Context(), Call{}, test.req); code(err) != test.want {
			t.Errorf("%+v gave %v", test.req, err)
		}
	}
	failed := make(chan error, 1)
	go func() {
		_, err := c.WaitFor(context.Background(), Call{}, WaitRequest{Sessions: []string{"one"}, For: ForChange})
		failed <- err
	}()
	p.close(c.Engine)
	select {
	case err := <-failed:
		if code(err) != Unavailable {
			t.Errorf("the wait gave %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the wait goes on")
	}
}
