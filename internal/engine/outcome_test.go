package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func TestExitOutcome(t *testing.T) {
	exit := func(code string) error { return &agent.ExitError{Code: code, Status: 1, Stderr: "last words"} }
	tests := []struct {
		name   string
		err    error
		status sessionstore.TurnStatus
		code   Code
	}{
		{"in order", nil, sessionstore.TurnInterrupted, Interrupted},
		{"killed", exit(agent.CodeFailed), sessionstore.TurnInterrupted, Interrupted},
		{"not read", errors.New("reading"), sessionstore.TurnInterrupted, Interrupted},
		{"no login", exit(agent.CodeNotLoggedIn), sessionstore.TurnFailed, NotLoggedIn},
		{"no session", exit(agent.CodeSessionMissing), sessionstore.TurnFailed, SessionMissing},
		{"no message", exit(agent.CodeMessageMissing), sessionstore.TurnFailed, NotFound},
		{"id in use", exit(agent.CodeSessionExists), sessionstore.TurnFailed, Conflict},
		{"limit", exit(agent.CodeRateLimited), sessionstore.TurnFailed, RateLimited},
		{"too old", exit(agent.CodeTooOld), sessionstore.TurnFailed, ClaudeNotFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := exitOutcome(test.err)
			if o.status != test.status || o.code != test.code || o.text == "" {
				t.Errorf("got %s %s %q, want %s %s and a reason", o.status, o.code, o.text, test.status, test.code)
			}
		})
	}
}

func TestResultError(t *testing.T) {
	for from, want := range map[string]Code{
		agent.CodeAPI: APIError, agent.CodeRateLimited: RateLimited, agent.CodeNotLoggedIn: NotLoggedIn,
		agent.CodeTurnLimit: TurnLimit, agent.CodeBudget: BudgetExceeded, agent.CodeSessionMissing: SessionMissing,
		agent.CodeFailed: APIError, "of tomorrow": APIError,
	} {
		e := resultError(from, "")
		if e.Code != want || e.Message == "" || e.Next == "" {
			t.Errorf("%s: got %+v, want %s, what happened and what to do", from, e, want)
		}
	}
	if got := resultError(agent.CodeAPI, "API Error: 500 x").sentence(); !strings.HasPrefix(got, "API Error: 500 x. Call ") {
		t.Errorf("got %q", got)
	}
}

// What is none of ours is internal, and its text is for the log only.
func TestAsError(t *testing.T) {
	secret := errors.New("pq: password of admin")
	got := AsError(secret)
	if got.Code != Internal || strings.Contains(got.Error(), "admin") || !errors.Is(got, secret) {
		t.Errorf("got %v", got)
	}
	for from, want := range map[error]Code{
		sessionstore.ErrNotFound: NotFound, sessionstore.ErrNameTaken: NameTaken, sessionstore.ErrConflict: Conflict,
		sessionstore.ErrStaleLease: Conflict, sessionstore.ErrFull: Unavailable, sessionstore.ErrClosed: Unavailable,
		sessionstore.ErrBadCursor: InvalidArgument, secret: Internal,
	} {
		if got := storeError(from).Code; got != want {
			t.Errorf("%v: got %s, want %s", from, got, want)
		}
	}
}

// The denials of a turn stand in Claude Code's order, with our words where we
// were the one who denied.
func TestAllDenials(t *testing.T) {
	f := &following{runner: &runner{}, denials: []sessionstore.Denial{{Tool: "Write", Input: "a", Message: "ours"}, {Tool: "Bash", Input: "b", Message: "ours"}}}
	got := f.allDenials([]agent.Denial{{Tool: "Edit", Input: "e"}, {Tool: "Write", Input: "a"}})
	want := []sessionstore.Denial{{Tool: "Edit", Input: "e"}, {Tool: "Write", Input: "a", Message: "ours"}, {Tool: "Bash", Input: "b", Message: "ours"}}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("denial %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
	if len(f.denials) != 2 || f.denials[0].Tool != "Write" {
		t.Errorf("our own list was changed: %+v", f.denials)
	}
}

// What nobody has answered before the turn was stopped is no denial, whether
// Claude Code has said that it gives the request up or not.
func TestDroppedIsNotDenied(t *testing.T) {
	for name, f := range map[string]*following{
		"given up": {runner: &runner{}, dropped: []sessionstore.Request{{Tool: "Write"}}},
		"open":     {runner: &runner{open: map[string]openRequest{"r": {Request: sessionstore.Request{Tool: "Write"}}}}},
	} {
		f.denials = []sessionstore.Denial{{Tool: "Write", Input: "a", Message: "ours"}}
		got := f.allDenials([]agent.Denial{{Tool: "Write", Input: "a"}, {Tool: "Edit", Input: "e"}, {Tool: "Write", Input: "b"}})
		want := []sessionstore.Denial{{Tool: "Write", Input: "a", Message: "ours"}, {Tool: "Edit", Input: "e"}}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}
