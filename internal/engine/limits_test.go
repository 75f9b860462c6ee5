package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func TestAccountLimits(t *testing.T) {
	now := time.Date(2026, 11, 26, 17, 0, 0, 0, time.UTC)
	later := now.Add(5 * time.Hour)
	tests := []struct {
		name  string
		told  func(*logins)
		kind  string // "" none
		words []string
	}{
		{"nothing told", func(*logins) {}, "", nil},
		{"allowed", func(l *logins) { l.limited("a", agent.RateLimit{Status: agent.RateAllowed, Used: 0.5, Resets: later}) }, "", nil},
		{"near", func(l *logins) {
			l.limited("a", agent.RateLimit{Status: agent.RateWarning, Window: "five_hour", Used: 0.92, Resets: later})
		}, LimitRate, []string{"92 % of the 5-hour limit", "2026-11-26T22:00:00Z", "in 5 hours"}},
		{"reached", func(l *logins) {
			l.limited("a", agent.RateLimit{Status: agent.RateRejected, Window: "seven_day", Resets: later})
		}, LimitRate, []string{"has reached the weekly limit", "2026-11-26T22:00:00Z"}},
		{"reached, a limit of tomorrow", func(l *logins) { l.limited("a", agent.RateLimit{Status: agent.RateRejected, Window: "moon"}) },
			LimitRate, []string{"has reached the limit of its plan"}},
		{"reached, and over", func(l *logins) { l.limited("a", agent.RateLimit{Status: agent.RateRejected, Resets: now}) }, "", nil},
		{"another account's", func(l *logins) { l.limited("b", agent.RateLimit{Status: agent.RateRejected, Resets: later}) }, "", nil},
		{"refused", func(l *logins) { l.refused("a", later) }, LimitRate, []string{"429"}},
		{"refused, then answered", func(l *logins) { l.refused("a", later); l.answered("a", agent.Result{OK: true}) }, "", nil},
		{"refused, when the plan's limit is known", func(l *logins) {
			l.limited("a", agent.RateLimit{Status: agent.RateRejected, Window: "five_hour", Resets: later})
			l.refused("a", later)
		}, LimitRate, []string{"5-hour"}},
		{"a login for long", func(l *logins) { l.answered("a", agent.Result{LoginExpires: now.Add(100 * time.Hour)}) }, "", nil},
		{"a login that ends", func(l *logins) { l.answered("a", agent.Result{LoginExpires: later}) }, LimitLogin, []string{"ends about", "in 5 hours", "log in"}},
		{"a login that has ended", func(l *logins) { l.answered("a", agent.Result{LoginExpires: now.Add(-time.Hour)}) }, LimitLogin, []string{"may have ended"}},
	}
	for _, test := range tests {
		var l logins
		test.told(&l)
		got := l.limits("a", now)
		switch {
		case test.kind == "" && len(got) > 0, test.kind != "" && (len(got) != 1 || got[0].Kind != test.kind):
			t.Errorf("%s: got %+v, want %q", test.name, got, test.kind)
		case test.kind == LimitRate && got[0].Window == "" && got[0].Max > 0 && !strings.Contains(got[0].Message, "its plan"):
			t.Errorf("%s: %+v does not name its window", test.name, got[0])
		case test.kind != "":
			for _, words := range test.words {
				if !strings.Contains(got[0].Message, words) {
					t.Errorf("%s: %q does not say %q", test.name, got[0].Message, words)
				}
			}
		}
	}
}

func TestSessionLimits(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	c.logins.answered("a", agent.Result{Windows: map[string]int64{"big": 1000}})
	s := sessionstore.Session{Model: "big", ContextTokens: 799, Settings: sessionstore.Settings{SessionBudgetUSD: 10}, Usage: sessionstore.Usage{CostUSD: 7.9}}
	if got := c.view(s).Limits; len(got) != 0 {
		t.Errorf("limits that are far: %+v", got)
	}
	s.ContextTokens, s.Usage.CostUSD = 800, 8
	got := c.view(s).Limits
	if len(got) != 2 || got[0].Kind != LimitContext || got[0].Used != 800 || got[0].Max != 1000 || got[1].Kind != LimitSessionBudget || got[1].Max != 10 {
		t.Fatalf("got %+v", got)
	}
	for _, way := range []string{"go on", "/compact", "fork_session", "from_session"} {
		if !strings.Contains(got[0].Message, way) {
			t.Errorf("%q does not name %s", got[0].Message, way)
		}
	}
	if s.Model = "unknown"; len(c.view(s).Limits) != 1 {
		t.Error("a limit of a model whose window is not known")
	}
}

func TestTurnLimits(t *testing.T) {
	tests := []struct {
		code Code
		want string
	}{{TurnLimit, LimitTurns}, {BudgetExceeded, LimitBudget}, {APIError, ""}}
	for _, test := range tests {
		turn := sessionstore.Turn{Error: &sessionstore.TurnError{Code: string(test.code), Message: "m"}, Settings: sessionstore.Settings{MaxTurns: 3, MaxBudgetUSD: 3}}
		got := turnLimits(turn)
		if test.want == "" && got != nil || test.want != "" && (len(got) != 1 || got[0].Kind != test.want || got[0].Max != 3 || got[0].Message != "m") {
			t.Errorf("%s: got %+v", test.code, got)
		}
	}
}
