package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// A process that leaves its session is ended with its turn: nothing of the other
// session is stored as this one's, and nothing that was said here is lost.
func TestStray(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	s := start(t, c, "one\n!say 1", 30).Session
	two := resume(t, c, s.ID, "two\n!clear\n!say said elsewhere", 30)
	if e := two.Turn.Error; two.Turn.Status != sessionstore.TurnFailed || e == nil || e.Code != string(Conflict) {
		t.Errorf("the turn is %s: %q, %+v", two.Turn.Status, two.Turn.Result, e)
	}
	if a := resume(t, c, s.ID, "three\n!recall", 30); a.Turn.Result != "1. one\n2. two\n3. three" {
		t.Errorf("afterwards it knows %q", a.Turn.Result)
	}
	for e, err := range p.store.Entries(context.Background(), s.ID, "", 0) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(e.Raw), s.ID) {
			t.Errorf("the session has another one's line: %s", e.Raw)
		}
	}
}

// One that leaves it by itself, while it rests, serves no further turn.
func TestStrayAtRest(t *testing.T) {
	other := uuid.NewString()
	for _, ev := range []agent.Event{agent.Init{SessionID: other}, agent.Mirror{SessionID: other}} {
		r := &runner{l: &live{id: uuid.NewString()}}
		if r.overhear(ev); !r.spent || r.own {
			t.Errorf("after %T it is spent: %t, at a turn of its own: %t", ev, r.spent, r.own)
		}
	}
}
