package engine

import (
	"context"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func TestTurnBudget(t *testing.T) {
	tests := []struct {
		name                         string
		ofTurn, ofSession, used, got float64
		code                         Code
	}{
		{"none", 0, 0, 5, 0, ""},
		{"the turn's", 2, 0, 5, 2, ""},
		{"what is left of the session's", 0, 8, 5, 3, ""},
		{"the turn's, which is less", 2, 8, 5, 2, ""},
		{"the session's, which is less", 4, 8, 5, 3, ""},
		{"nothing left", 4, 5, 5, 0, BudgetExceeded},
		{"less than nothing left", 0, 4, 5, 0, BudgetExceeded},
	}
	for _, test := range tests {
		s := sessionstore.Session{Usage: sessionstore.Usage{CostUSD: test.used}, Inherited: sessionstore.Usage{CostUSD: 100},
			Settings: sessionstore.Settings{SessionBudgetUSD: test.ofSession}}
		got, err := turnBudget(s, sessionstore.Turn{Settings: sessionstore.Settings{MaxBudgetUSD: test.ofTurn}})
		if code(err) != test.code || err == nil && got != test.got {
			t.Errorf("%s: got %v, %v; want %v, %q", test.name, got, err, test.got, test.code)
		}
	}
}

// A turn that waits in line when the session's budget is used up ends without a
// process; a higher budget that comes meanwhile counts for it.
func TestBudgetOfAQueuedTurn(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	one, err := c.Start(context.Background(), Call{}, StartRequest{Prompt: "one\n!hold one\n!tokens 1000 100", WaitSeconds: ptr(0),
		SettingsPatch: SettingsPatch{SessionBudgetUSD: ptr(0.006)}})
	if err != nil {
		t.Fatal(err)
	}
	p.held("one")
	two := resume(t, c, one.Session.ID, "two", 0)
	p.release("one")
	if got := p.ended(one.Turn.ID); got.Error == nil || got.Error.Code != string(BudgetExceeded) {
		t.Errorf("the first turn ended %s: %+v", got.Status, got.Error) // the fake ends a turn that has reached its budget
	}
	got := p.ended(two.Turn.ID)
	if got.Status != sessionstore.TurnFailed || got.Error.Code != string(BudgetExceeded) || got.Attempts != 0 {
		t.Errorf("the second turn ended %s after %d starts: %+v", got.Status, got.Attempts, got.Error)
	}
	three, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: one.Session.ID, Prompt: "three", SettingsPatch: SettingsPatch{SessionBudgetUSD: ptr(0.1)}})
	if err != nil || three.Turn.Status != sessionstore.TurnCompleted {
		t.Errorf("with a higher budget: %+v, %v", three.Turn, err)
	}
}
