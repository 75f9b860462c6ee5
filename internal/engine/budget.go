package engine

import (
	"fmt"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// turnBudget is what a turn of s may cost: its own budget, or what is left of
// the session's if that is less; 0 is no limit. A turn that would begin with
// nothing left is refused. The session's budget is that of now, not that of when
// the turn was asked for: it is about the session.
func turnBudget(s sessionstore.Session, t sessionstore.Turn) (float64, error) {
	own := t.Settings.MaxBudgetUSD
	if s.Settings.SessionBudgetUSD == 0 {
		return own, nil
	}
	if err := checkSessionBudget(s); err != nil {
		return own, err
	}
	left := leftOfBudget(s)
	if own > 0 {
		left = min(own, left)
	}
	return left, nil
}

// leftOfBudget is what the own turns of a session may still cost together. An
// estimate counts as spent; of a cost that is not known, the part that is.
func leftOfBudget(s sessionstore.Session) float64 {
	return s.Settings.SessionBudgetUSD - s.Usage.CostUSD
}

// checkSessionBudget refuses a session that has used its budget up.
func checkSessionBudget(s sessionstore.Session) error {
	if s.Settings.SessionBudgetUSD == 0 || leftOfBudget(s) > 0 {
		return nil
	}
	return sessionBudgetError(s.Usage, s.Settings.SessionBudgetUSD)
}

func sessionBudgetError(used sessionstore.Usage, budget float64) *Error {
	return Errorf(BudgetExceeded, "Resume it with a higher session_budget_usd, or with 0 for no limit; or fork it: a fork counts its own cost.",
		"the session has used %s of its session_budget_usd, which is %s.", spent(used), dollars(budget))
}

// budgetError is that of a turn which Claude Code has ended for its budget. It
// knows just one: here it is told whose that was.
func (f *following) budgetError(ev agent.Result) *Error {
	s, err := f.e.store.Session(f.e.ctx, f.l.id) // this turn is not booked in it yet
	own := f.job.turn.Settings.MaxBudgetUSD
	if err != nil || s.Settings.SessionBudgetUSD == 0 || own > 0 && own < leftOfBudget(s) {
		return resultError(ev.Code, ev.Text)
	}
	return sessionBudgetError(s.Usage.Add(usage(ev.Usage)), s.Settings.SessionBudgetUSD)
}

// dollars writes an amount with as many digits as say something.
func dollars(usd float64) string {
	if usd < 1 {
		return fmt.Sprintf("$%.4f", usd)
	}
	return fmt.Sprintf("$%.2f", usd)
}
