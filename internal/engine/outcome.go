package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// outcome is how a turn ended.
type outcome struct {
	status    sessionstore.TurnStatus
	code      Code   // of the error, unless it completed
	text      string // the answer, or what went wrong
	said      string // what Claude Code said last; "" if not told: the job knows
	usage     sessionstore.Usage
	costTotal float64 // 0: not told
	denials   []sessionstore.Denial
	last      string // uuid of the turn's last message
	title     string
	into      string // the turn that this one was taken into; "" none
}

func failure(err error) outcome {
	e := AsError(err)
	return outcome{status: sessionstore.TurnFailed, code: e.Code, text: e.sentence()}
}

func interruption(reason string) outcome {
	return outcome{status: sessionstore.TurnInterrupted, code: Interrupted, text: reason}
}

// exitOutcome is the outcome of a turn whose process is gone.
func exitOutcome(err error) outcome {
	var exit *agent.ExitError
	if !errors.As(err, &exit) {
		return interruption("Claude Code ended before it answered.")
	}
	if exit.Code == agent.CodeFailed || exit.Code == agent.CodeInterrupted {
		return interruption(exit.Error())
	}
	return failure(resultError(exit.Code, exit.Stderr))
}

// resultError is a failure that Claude Code tells, in the words of callers.
func resultError(code, text string) *Error {
	switch code {
	case agent.CodeNotLoggedIn:
		return notLoggedIn()
	case agent.CodeRateLimited:
		return Errorf(RateLimited, "Wait until the limit is reset, then call resume_session.", "%s", or(text, "the limit of the account is reached."))
	case agent.CodeTurnLimit:
		return Errorf(TurnLimit, "Resume it with a higher max_turns, or with max_turns 0 for no limit.", "the turn reached max_turns before its end.")
	case agent.CodeBudget:
		return Errorf(BudgetExceeded, "Resume it with a higher max_budget_usd, or with 0 for no limit.", "the turn reached max_budget_usd before its end.")
	case agent.CodeTooOld:
		return Errorf(ClaudeNotFound, "Update Claude Code (`claude update`), or name a newer one with --claude, then call resume_session.",
			"this Claude Code is too old: it does not know an option that is needed.")
	case agent.CodeSessionMissing:
		return sessionMissing()
	case agent.CodeMessageMissing:
		return Errorf(NotFound, "Fork at another message.", "the message that the fork begins after is not in its parent's transcript.")
	case agent.CodeSessionExists:
		return Errorf(Conflict, "Resume it instead.", "Claude Code has a session of this id already.")
	}
	return Errorf(APIError, "Call resume_session to try again.", "%s", or(text, "the API refused the request."))
}

func notLoggedIn() *Error {
	return Errorf(NotLoggedIn, "Run `claude` in a terminal and log in, or set ANTHROPIC_API_KEY for this server, then call resume_session.",
		"Claude Code is not logged in, or its key is not accepted.")
}

func sessionMissing() *Error {
	return Errorf(SessionMissing, "Start a new session.", "the session's transcript is nowhere to be found.")
}

func claudeNotFound(cause error) *Error {
	e := Errorf(ClaudeNotFound, "Install Claude Code, or name its binary with --claude or CLAUDE_SESSIONS_CLAUDE; `mcp-server doctor` tells more.", "Claude Code was not found.")
	e.cause = cause
	return e
}

func retryText(ev agent.Retry) string {
	what := or(ev.Kind, "it failed")
	if ev.Status != 0 {
		what = fmt.Sprintf("%d %s", ev.Status, what)
	}
	return fmt.Sprintf("waiting for the API (%s): attempt %d of %d, again in %s", what, ev.Attempt, ev.Max, ev.Delay.Round(100*time.Millisecond))
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
