package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func (p *place) get(c *Client, ref string) Details {
	p.t.Helper()
	d, err := c.Get(context.Background(), Call{}, GetRequest{Session: ref})
	if err != nil {
		p.t.Fatalf("getting %s: %v", ref, err)
	}
	return d
}

// A session at work tells what it does, what it said, what waits, and what it
// is asked.
func TestGetAtWork(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{RequestTimeout: -1})
	a := start(t, c, "one\n!say I look first.\n!tool Bash {\"command\":\"true\"}\n!say Done.", 0)
	id := a.Session.ID
	resume(t, c, id, "two", 0)
	p.until("the request", func() bool { return len(p.get(c, id).Requests) > 0 })
	d := p.get(c, id)
	if d.Turn == nil || d.Turn.ID != a.Turn.ID || d.Turn.Status != sessionstore.TurnWaiting {
		t.Errorf("the turn is %+v", d.Turn)
	}
	if d.Activity != "waiting for permission: Bash" || d.LastWords != "I look first." {
		t.Errorf("it does %q and said %q", d.Activity, d.LastWords)
	}
	if d.Queued != 1 || len(d.Queue) != 1 || d.Queue[0].Prompt != "two" || d.Queue[0].Position != 1 {
		t.Errorf("the queue is %+v of %d", d.Queue, d.Queued)
	}
	if r := d.Requests[0]; r.Tool != "Bash" || r.TurnID != a.Turn.ID || string(r.Input) != `{"command":"true"}` || !strings.Contains(d.Next, r.ID) {
		t.Errorf("the request is %+v, next is %q", r, d.Next)
	}
	if _, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: id, Prompt: "stop", IfBusy: IfBusyInterrupt}); err != nil {
		t.Fatal(err)
	}
}

// What a session is writing is told word by word, until its transcript has it.
func TestGetWriting(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	id := start(t, c, "one\n!partial I look\n!hold gate", 0).Session.ID
	p.until("the first words", func() bool { return p.get(c, id).Writing == "I look" })
	if d := p.get(c, id); d.LastWords != "" || d.Activity != "writing" {
		t.Errorf("it does %q and said %q", d.Activity, d.LastWords)
	}
	if _, err := c.Interrupt(context.Background(), Call{}, InterruptRequest{Session: id}); err != nil {
		t.Fatal(err)
	}
	if d := p.get(c, id); d.Writing != "" {
		t.Errorf("after its turn it is writing %q", d.Writing)
	}
}

// A session that rests tells what came of its last turn, where it is kept, and
// its relatives, those that are gone included.
func TestGetAtRest(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{DataDir: "/data"})
	root := start(t, c, "one\n!say First.", 30)
	fork, err := c.Fork(context.Background(), Call{}, ForkRequest{Session: root.Session.ID, Name: "fork", Prompt: "two"})
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := c.Fork(context.Background(), Call{}, ForkRequest{Session: "fork", Name: "leaf"})
	if err != nil {
		t.Fatal(err)
	}
	d := p.get(c, "fork")
	if d.Turn == nil || d.Turn.ID != fork.Turn.ID || d.Turn.Result == "" || d.Activity != "" || d.Queued != 0 {
		t.Errorf("its last turn is %+v", d.Turn)
	}
	if len(d.Ancestors) != 1 || d.Ancestors[0].ID != root.Session.ID || d.Ancestors[0].Title != "one" {
		t.Errorf("its ancestors are %+v", d.Ancestors)
	}
	if d.ChildrenTotal != 1 || d.Children[0].ID != leaf.Session.ID || d.Children[0].ForkedAt != leaf.Session.ForkedAt {
		t.Errorf("its children are %+v", d.Children)
	}
	want := agent.TranscriptPath(filepath.Join(p.dir, "config"), p.dir, fork.Session.ID, "")
	if f := d.Files; f.Transcript != want || f.TranscriptBytes == 0 || f.StoredBytes == 0 || f.Store != "/data" {
		t.Errorf("its files are %+v, want %s", f, want)
	}
	if d := p.get(c, "leaf"); d.Turn != nil || len(d.Ancestors) != 2 || d.Files != (Files{}) || !strings.Contains(d.Next, "resume_session") {
		t.Errorf("a fork that never ran is %+v", d)
	}
	if err := p.store.Delete(context.Background(), root.Session.ID, 0); err != nil {
		t.Fatal(err)
	}
	if d := p.get(c, "fork"); len(d.Ancestors) != 1 || d.Ancestors[0] != (Relative{ID: root.Session.ID}) {
		t.Errorf("without its parent the ancestors are %+v", d.Ancestors)
	}
	if _, err := c.Get(context.Background(), Call{}, GetRequest{Session: "other"}); AsError(err).Code != NotFound {
		t.Errorf("a session that is not there gave %v", err)
	}
}

// The last turn is the newest that began, not one that was dropped before.
func TestLastTurn(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	turn := func(n int64, began bool) sessionstore.Turn {
		t := sessionstore.Turn{ID: fmt.Sprintf("turn-%d-%t", n, began), Seq: n, Status: sessionstore.TurnInterrupted, EndedAt: dawn}
		if began {
			t.StartedAt = dawn
		}
		return t
	}
	p.put(sessionstore.Session{Name: "some"}, turn(1, true), turn(2, true), turn(3, false), turn(4, false))
	p.put(sessionstore.Session{Name: "none"}, turn(5, false), turn(6, false))
	if got := p.get(c, "some").Turn.ID; got != "turn-2-true" {
		t.Errorf("the last turn is %s", got)
	}
	if got := p.get(c, "none").Turn.ID; got != "turn-6-false" {
		t.Errorf("of turns that never began the last is %s", got)
	}
}
