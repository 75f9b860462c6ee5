package engine

import (
	"cmp"
	"fmt"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Limit is a limit that is reached or near: as data, and as a sentence that says
// what it means and what to do.
type Limit struct {
	Kind     string     `json:"kind"` // context_window, rate_limit, login, session_budget, budget, turn_limit
	Message  string     `json:"message"`
	Used     float64    `json:"used,omitempty"`      // in the unit of Max: tokens, dollars, round trips, or for a rate limit a part of 1
	Max      float64    `json:"max,omitempty"`       // 0: not known
	ResetsAt *time.Time `json:"resets_at,omitempty"` // of a rate limit; of a login: when it ends
	AtLeast  bool       `json:"at_least,omitempty"`  // more than Used may be spent of a session_budget: the cost of some messages is not known
	Window   string     `json:"window,omitempty"`    // of a rate limit, as Claude Code names it: five_hour, seven_day, …; or refusals
}

// The kinds of Limit.
const (
	LimitContext       = "context_window"
	LimitRate          = "rate_limit"
	LimitLogin         = "login"
	LimitSessionBudget = "session_budget"
	LimitBudget        = "budget"     // of one turn
	LimitTurns         = "turn_limit" // likewise
)

// From when on a limit is worth a word.
const (
	nearContext = 0.8
	nearBudget  = 0.8
	nearLogin   = 3 * 24 * time.Hour // Claude Code's own measure
)

// view is a session as callers see it, with the limits that it has or would meet
// with this caller's login.
func (c *Client) view(s sessionstore.Session) Session {
	v := c.Engine.view(s)
	v.Limits = append(c.sessionLimits(s), c.logins.limits(c.env.fingerprint, c.store.Now())...)
	return v
}

func (e *Engine) sessionLimits(s sessionstore.Session) (list []Limit) {
	window := e.window(s)
	if used := s.ContextTokens; window > 0 && float64(used) >= nearContext*float64(window) {
		list = append(list, Limit{Kind: LimitContext, Used: float64(used), Max: float64(window), Message: fmt.Sprintf(
			"The conversation takes %s of the %s tokens of the model's context (%.0f %%). You can go on: Claude Code sums it up when it is full, and forgets details. "+
				"Or send the prompt /compact and what to keep, to have it summed up now; or call fork_session at an earlier turn; "+
				"or start_session with from_session, which begins anew from a summary.",
			thousands(int(used)), thousands(int(window)), 100*float64(used)/float64(window))})
	}
	if limit := budgetLimit(s); limit != nil {
		list = append(list, *limit)
	}
	return list
}

// budgetLimit tells of a session's budget if it is nearly used up, or if it is
// not known how much of it is used; nil otherwise.
func budgetLimit(s sessionstore.Session) *Limit {
	budget, used := s.Settings.SessionBudgetUSD, s.Usage.CostUSD
	unknown := s.Usage.Basis() == sessionstore.CostUnknown
	if budget == 0 || used < nearBudget*budget && !unknown {
		return nil
	}
	message := fmt.Sprintf("The session has used %s of its session_budget_usd, which is %s.", spent(s.Usage), dollars(budget))
	if unknown {
		message += " What is not known does not count: models without a known price were used, or what was used was not recorded."
	}
	return &Limit{Kind: LimitSessionBudget, Used: used, Max: budget, AtLeast: unknown, Message: message +
		" Once that is reached, its turns are refused: raise it with resume_session, or fork the session, which counts anew."}
}

// turnLimits are those that a turn ran into.
func turnLimits(t sessionstore.Turn) []Limit {
	if t.Error == nil {
		return nil
	}
	limit := Limit{Message: t.Error.Message}
	switch Code(t.Error.Code) {
	case TurnLimit:
		limit.Kind, limit.Used, limit.Max = LimitTurns, float64(t.Settings.MaxTurns), float64(t.Settings.MaxTurns)
	case BudgetExceeded:
		limit.Kind, limit.Used, limit.Max = LimitBudget, t.Usage.CostUSD, t.Settings.MaxBudgetUSD
	default:
		return nil
	}
	return []Limit{limit}
}

// resultError is a failure that Claude Code tells of the turn, with what the
// engine knows of it.
func (f *following) resultError(ev agent.Result) *Error {
	e := resultError(ev.Code, ev.Text)
	switch ev.Code {
	case agent.CodeBudget:
		return f.budgetError(ev)
	case agent.CodeRateLimited:
		if at := f.e.logins.resets(f.job.turn.Environment, f.e.store.Now()); !at.IsZero() {
			e.Next = fmt.Sprintf("The limit begins anew at %s: call resume_session with continue: true then.", at.Format(time.RFC3339))
		}
	}
	return e
}

// rateLimit tells of the limit of an account; nil if it is far.
func rateLimit(r agent.RateLimit, now time.Time) *Limit {
	if r.Status != agent.RateWarning && r.Status != agent.RateRejected || !r.Resets.IsZero() && !r.Resets.After(now) {
		return nil
	}
	limit := &Limit{Kind: LimitRate, Used: r.Used, Max: 1, ResetsAt: timeOrNil(r.Resets), Window: r.Window}
	what, when := "the "+windowName(r.Window), ""
	if !r.Resets.IsZero() {
		when = fmt.Sprintf(" It begins anew at %s, in %s.", r.Resets.Format(time.RFC3339), inWords(r.Resets.Sub(now)))
	}
	switch {
	case r.Window == refusals:
		limit.Max = 0
		limit.Message = "The API refuses requests of this account, as there are too many (429). Claude Code tries again by itself; let fewer turns run at once."
	case r.Status == agent.RateRejected:
		limit.Used = max(r.Used, 1)
		limit.Message = "The account has reached " + what + ": turns fail until then." + when + " Wait for that, or call from a client with another login."
	case r.Used > 0:
		limit.Message = fmt.Sprintf("The account has used %.0f %% of %s.%s Do what matters first.", 100*r.Used, what, when)
	default:
		limit.Message = "The account is near " + what + "." + when + " Do what matters first."
	}
	return limit
}

// windowName is a rate limit in words.
func windowName(window string) string {
	known := map[string]string{
		"five_hour": "5-hour limit", "seven_day": "weekly limit", "seven_day_opus": "weekly limit of Opus",
		"seven_day_sonnet": "weekly limit of Sonnet", "overage": "limit of extra usage",
	}
	return cmp.Or(known[window], "limit of its plan")
}

// loginLimit tells of a login that ends soon; nil if it does not.
func loginLimit(expires, now time.Time) *Limit {
	if expires.IsZero() || expires.After(now.Add(nearLogin)) {
		return nil
	}
	message := fmt.Sprintf("The login of Claude Code ends about %s, in %s.", expires.Format(time.RFC3339), inWords(expires.Sub(now)))
	if !expires.After(now) {
		message = fmt.Sprintf("The login of Claude Code may have ended: it was to, about %s.", expires.Format(time.RFC3339))
	}
	return &Limit{Kind: LimitLogin, ResetsAt: &expires, Message: message + " Run `claude` in a terminal and log in anew, before turns fail."}
}

// inWords is a duration as people say it.
func inWords(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
