package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func TestFromSummary(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{MaxRuns: 1}) // what waits must not keep out what it waits for
	old := start(t, c, "old\n!say 1", 30)
	before := p.session(old.Session.ID)
	req := StartRequest{Prompt: "new", FromSession: old.Session.ID, SummaryOf: "!hold sum\n!say The gist.", IdempotencyKey: "k", WaitSeconds: ptr(0)}
	a, err := c.Start(context.Background(), Call{}, req)
	if err != nil || a.Turn.Status != sessionstore.TurnQueued || !strings.Contains(a.Turn.Reason, a.Session.SummarySession) {
		t.Fatalf("the new turn: %+v, %v", a.Turn, err)
	}
	p.held("sum")
	again, err := c.Start(context.Background(), Call{}, req)
	if err != nil || again.Session.ID != a.Session.ID || again.Session.SummarySession != a.Session.SummarySession {
		t.Errorf("the same key: %+v, %v", again.Session, err)
	}
	p.release("sum")
	got := p.ended(a.Turn.ID)
	if got.Status != sessionstore.TurnCompleted || !strings.Contains(got.Prompt, "<summary>\nThe gist.\n</summary>\n\nnew") || got.After != "" {
		t.Errorf("the new turn ended %s: %q", got.Status, got.Prompt)
	}
	fork := p.session(a.Session.SummarySession)
	if !fork.Archived || len(fork.Tags) != 1 || fork.Tags[0] != summaryTag || fork.ParentID != old.Session.ID || fork.Usage.CostUSD == 0 {
		t.Errorf("the fork that was asked: %+v", fork)
	}
	if now := p.session(old.Session.ID); now.LastMessage != before.LastMessage || now.Turns != 1 || now.Usage != before.Usage {
		t.Errorf("the old session was changed: %+v", now)
	}
	d, err := c.Get(context.Background(), Call{}, GetRequest{Session: a.Session.ID})
	if err != nil || (Cost{CostUSD: d.Session.SummaryCostUSD}).USD() != fork.Usage.CostUSD || d.Session.FromSession != old.Session.ID || d.Session.ParentID != "" {
		t.Errorf("the new session: %+v, %v", d.Session, err)
	}
}

// The dependency is in the store: it holds with the next engine.
func TestSummarySurvivesARestart(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	e := p.engine(Config{})
	old := start(t, e.For(p.caller), "old\n!say 1", 30)
	p.until("rest", func() bool { return !e.Busy() })
	p.close(e)
	ask := sessionstore.Turn{ID: "11111111-2222-4333-8444-555555555555", Seq: seqStep, Prompt: "sum\n!say The gist.", Status: sessionstore.TurnQueued,
		QueuedAt: p.store.Now(), Environment: e.fingerprint(p.caller)}
	p.put(sessionstore.Session{Status: sessionstore.Queued}, ask)
	turn := ask
	turn.ID, turn.Prompt, turn.After = "11111111-2222-4333-8444-666666666666", "new", ask.ID
	turn.QueuedAt = p.store.Now().Add(-1e9) // it is the first in line
	p.put(sessionstore.Session{Status: sessionstore.Queued, FromID: old.Session.ID}, turn)
	p.client(Config{MaxRuns: 1})
	if got := p.ended(turn.ID); !strings.Contains(got.Prompt, "The gist.") || got.Status != sessionstore.TurnCompleted {
		t.Errorf("ended %s: %q, %+v", got.Status, got.Prompt, got.Error)
	}
}

func TestSummaryFails(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	old := start(t, c, "old\n!say 1", 30)
	a, err := c.Start(context.Background(), Call{}, StartRequest{Prompt: "new", FromSession: old.Session.ID, SummaryOf: "!status 400 no", WaitSeconds: ptr(30)})
	if err != nil || a.Turn.Status != sessionstore.TurnFailed || a.Turn.Error.Code != string(APIError) ||
		!strings.Contains(a.Turn.Error.Message, a.Session.SummarySession) || !strings.Contains(a.Turn.Error.Message, "400 no") {
		t.Fatalf("got %+v, %v", a.Turn, err)
	}
	if got := p.turn(a.Turn.ID); got.Attempts != 0 || got.Prompt != "new" {
		t.Errorf("the turn was begun %d times, with the prompt %q", got.Attempts, got.Prompt)
	}
}

// What is refused costs nothing.
func TestSummaryIsRefused(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	empty := p.put(sessionstore.Session{Name: "empty"})
	tests := []struct {
		req  StartRequest
		want Code
	}{
		{StartRequest{Prompt: "p", SummaryOf: "x"}, InvalidArgument},
		{StartRequest{Prompt: "p", FromSession: "nobody"}, NotFound},
		{StartRequest{Prompt: "p", FromSession: empty.ID}, Conflict},
		{StartRequest{Prompt: "p", FromSession: empty.ID, Name: "empty"}, NameTaken},
	}
	for _, test := range tests {
		if _, err := c.Start(context.Background(), Call{}, test.req); code(err) != test.want {
			t.Errorf("%+v: got %v, want %s", test.req, err, test.want)
		}
	}
	if len(p.starts()) != 0 {
		t.Error("Claude Code was started")
	}
}

// A summary whose turn nobody could store the end of fails the turn that waits.
func TestSummaryThatNeverEnded(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	e := p.engine(Config{})
	asked := p.left(e, 1)
	asked.Status = sessionstore.TurnRunning
	p.put(sessionstore.Session{Status: sessionstore.Running}, asked)
	s := p.put(sessionstore.Session{})
	j := newJob(sessionstore.Turn{SessionID: s.ID, After: asked.ID}, nil)
	if err := e.takeSummary(context.Background(), s, j); code(err) == "" {
		t.Errorf("got %v", err)
	}
}

// A spare that was promised to a session which comes to nothing is given up.
func TestSpareOfFailedStart(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	start(t, c, "one", 30)
	p.spare(c, nil)
	if _, err := c.Start(context.Background(), Call{}, StartRequest{Prompt: "two", FromSession: "no such"}); code(err) != NotFound {
		t.Fatalf("got %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.promised) != 0 {
		t.Errorf("%d spare processes wait for sessions that will not be", len(c.promised))
	}
}
