package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// summaryTag is on the forks that were made to be asked for a summary.
const summaryTag = "summary"

// beginFromSummary lets a new session begin with a summary of another one, if
// that is asked for. The other one is not changed: a fork of it is asked, which
// is archived and pays for itself. The turn waits for that fork's. A repeated
// request finds the fork by its key.
func (c *Client) beginFromSummary(ctx context.Context, call Call, req StartRequest, s *sessionstore.Session, turn *sessionstore.Turn) error {
	if req.FromSession == "" {
		if req.SummaryOf != "" {
			return Errorf(InvalidArgument, "Name the session in from_session.", "summary_of is given without from_session.")
		}
		return nil
	}
	if err := c.checkNameFree(ctx, s.Name); err != nil {
		return err // before anything is spent
	}
	ask := ForkRequest{Session: req.FromSession, Prompt: summaryPrompt(req.SummaryOf), Tags: []string{summaryTag}}
	fork, err := c.newFork(ctx, call, ask)
	if err != nil && AsError(err).Code == CwdMissing { // it is asked for words only, so that any folder will do
		ask.Cwd = s.Cwd
		fork, err = c.newFork(ctx, call, ask)
	}
	if err != nil {
		return err
	}
	fork.Archived, fork.Note = true, "Asked for the summary that session "+s.ID+" begins with."
	asked := c.newTurn(call, fork, ask.Prompt)
	asked.Seq = seqStep
	key := req.IdempotencyKey
	if key != "" {
		key += "/summary"
	}
	a, err := c.create(ctx, call, fork, &asked, key, fingerprintOf("summary", req), new(int))
	if err != nil {
		return err
	}
	s.FromID, s.SummaryID, turn.After = a.Session.ParentID, a.Session.ID, a.Turn.ID
	return nil
}

func (c *Client) checkNameFree(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	if s, err := c.store.Resolve(ctx, name); err == nil && s.Name == name {
		return c.failNamed(ctx, "", name, sessionstore.ErrNameTaken)
	}
	return nil // what else may be wrong, the write will tell
}

// summaryPrompt asks for a summary. The tools stay as they are, so that what the
// model has in its cache serves once more.
func summaryPrompt(about string) string {
	prompt := "Sum this conversation up for a new session that will go on with the work and knows nothing but your summary. " +
		"Say what was asked for, what was decided and why, what has been done (with the paths of files and the commands that matter), " +
		"what was tried and did not work, and what is left to do. Use no tools. Answer with the summary alone."
	if about = strings.TrimSpace(about); about != "" {
		prompt += "\n\nFor this summary in particular:\n" + about
	}
	return prompt
}

// waits tells whether a turn waits for another one's end. Engine.mu is held.
func (e *Engine) waits(j *job) bool {
	return j.turn.After != "" && e.jobs[j.turn.After] != nil
}

// takeSummary puts the result of the turn that j waited for before its prompt.
// It is stored when j begins. Without that result, j fails with the reason.
func (e *Engine) takeSummary(ctx context.Context, s sessionstore.Session, j *job) error {
	if j.turn.After == "" {
		return nil
	}
	const next = "Start the session again, perhaps from another one; or resume this one with a prompt that says what it must know."
	asked, err := e.store.Turn(ctx, j.turn.After)
	switch {
	case errors.Is(err, sessionstore.ErrNotFound):
		return Errorf(NotFound, next, "the summary to begin with is no longer there.")
	case err != nil:
		return e.fail("reading a turn", err)
	case asked.Error == nil && asked.Status != sessionstore.TurnCompleted: // its end could not be stored
		return Errorf(Unavailable, next, "what came of the summary to begin with is not known (session %s).", asked.SessionID)
	case asked.Status != sessionstore.TurnCompleted:
		return Errorf(Code(asked.Error.Code), next, "the summary to begin with could not be had (session %s): %s", asked.SessionID, asked.Error.Message)
	}
	turn := j.turn
	turn.Prompt, turn.After = withSummary(s.FromID, asked.Result, turn.Prompt), ""
	e.mu.Lock()
	defer e.mu.Unlock()
	j.turn = turn
	return nil
}

// withSummary is the prompt of a session that begins with the summary of another.
func withSummary(from, summary, prompt string) string {
	return fmt.Sprintf("This session goes on from an earlier one, %s. The model that was at work there summed it up so:\n\n<summary>\n%s\n</summary>\n\n%s",
		from, strings.TrimSpace(summary), prompt)
}
