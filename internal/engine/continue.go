package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// checkNext makes sure that a request says what comes next, and once.
func checkNext(req ResumeRequest) error {
	switch {
	case !req.Continue && strings.TrimSpace(req.Prompt) == "":
		return Errorf(InvalidArgument, "Say what the session is to do, or give continue: true to go on from where its last turn was cut off.", "prompt is empty.")
	case !req.Continue:
		return checkPrompt(req.Prompt)
	case req.Prompt != "":
		return Errorf(InvalidArgument, "Leave one of them out.", "continue goes on without a prompt, and there is one.")
	}
	return nil
}

// continuation is the prompt that lets a session go on from where its last turn
// was cut off: that turn's own prompt if it never reached the conversation. A
// session without such a turn is refused. Turns that were never begun do not
// count: their prompts say what was to come later.
func (c *Client) continuation(ctx context.Context, s sessionstore.Session) (string, error) {
	last, err := c.lastBegun(ctx, s.ID)
	switch {
	case err != nil:
		return "", c.fail("reading turns", err)
	case last.ID == "":
		return "", Errorf(Conflict, "Give a prompt.", "the session has had no turn here: there is nothing to go on from.")
	case !last.Status.Ended():
		return "", Errorf(Busy, "Wait for its end, or give a prompt, which waits in line.", "the session's turn still runs: there is nothing to go on from.")
	case !cutOff(last.Status, last.Error):
		return "", Errorf(Conflict, "Give a prompt.", "the session's last turn was not cut off (it is %s): there is nothing to go on from.", last.Status)
	}
	conv, err := c.conversation(ctx, s)
	if err != nil {
		return "", c.fail("reading a conversation", err)
	}
	if !conv.Turn(last.ID).Found {
		return last.Prompt, nil
	}
	return goOn(last), nil
}

// lastBegun is the newest turn that a process was started for; the zero Turn if
// there is none.
func (c *Client) lastBegun(ctx context.Context, id string) (sessionstore.Turn, error) {
	for t, err := range c.store.Turns(ctx, id) {
		if err != nil || !t.StartedAt.IsZero() {
			return t, err
		}
	}
	return sessionstore.Turn{}, nil
}

// cutOff tells whether a turn ended before the model was done with it, by no
// fault of its prompt.
func cutOff(status sessionstore.TurnStatus, err *sessionstore.TurnError) bool {
	if status != sessionstore.TurnFailed || err == nil {
		return status == sessionstore.TurnInterrupted
	}
	switch Code(err.Code) {
	case TurnLimit, BudgetExceeded, RateLimited, NotLoggedIn, APIError:
		return true
	}
	return false
}

// goOn is what is sent to go on from where a turn was cut off. Claude Code
// itself has noted in the conversation which call of a tool was under way.
func goOn(cut sessionstore.Turn) string {
	why := "it was interrupted"
	if cut.Error != nil {
		first, _, _ := strings.Cut(cut.Error.Message, "\n")
		why = oneline.Shorten(strings.TrimRight(first, ". "), 200)
	}
	return fmt.Sprintf("Your last turn was cut off before its end (%s). Go on from where it stopped and finish what was asked for. "+
		"Look first at what has been done: a tool that was at work then may or may not have taken effect. Do nothing twice.", why)
}
