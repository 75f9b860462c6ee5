package engine

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Fork makes a new session that begins as a copy of another one. The fork
// point is pinned now: the parent may go on.
func (c *Client) Fork(ctx context.Context, call Call, req ForkRequest) (Answer, error) {
	if err := c.admit(req.WaitSeconds); err != nil {
		return Answer{}, err
	}
	wait := req.WaitSeconds
	req.WaitSeconds = nil
	print := fingerprintOf("fork", req)
	if r, err := c.receipt(ctx, req.IdempotencyKey, print); err != nil {
		return Answer{}, err
	} else if r != nil {
		return c.repeat(ctx, call, *r, wait)
	}
	child, err := c.newFork(ctx, call, req)
	if err != nil {
		return Answer{}, err
	}
	if req.Prompt == "" {
		return c.create(ctx, call, child, nil, req.IdempotencyKey, print, wait)
	}
	turn := c.newTurn(call, child, req.Prompt)
	turn.Seq = seqStep
	return c.create(ctx, call, child, &turn, req.IdempotencyKey, print, wait)
}

// newFork checks a request and makes the record of the child.
func (c *Client) newFork(ctx context.Context, call Call, req ForkRequest) (sessionstore.Session, error) {
	var none sessionstore.Session
	parent, err := c.findListed(ctx, call, req.Session)
	if err != nil {
		return none, err
	}
	if parent, err = c.current(ctx, parent); err != nil {
		return none, err
	}
	at, err := c.forkPoint(ctx, parent, req.At)
	if err != nil {
		return none, err
	}
	child := parent.Clone()
	child.ID, child.ParentID, child.ForkedAt, child.LastMessage = uuid.NewString(), parent.ID, at, at
	child.Status, child.StatusReason, child.ForkVerified = sessionstore.Idle, "", false
	child.Usage, child.Turns, child.Inherited = sessionstore.Usage{}, 0, parent.Inherited.Add(parent.Usage)
	child.FromID, child.SummaryID = "", ""
	child.GivenTitle, child.CLITitle, child.LastResult, child.Archived = "", "", "", false
	child.Origin, child.CreatedAt, child.ExpiresAt, child.Version = sessionstore.Managed, c.store.Now(), nil, 0
	if child.Note, err = checkNote(req.Note); err != nil {
		return none, err
	}
	if req.Tags != nil {
		if child.Tags, err = changeTags(nil, req.Tags, nil); err != nil {
			return none, err
		}
	}
	return child, c.dressFork(&child, req)
}

// keepParent makes sure that the parent of a new session is there, and is not
// deleted before release is called.
func (c *Client) keepParent(ctx context.Context, s sessionstore.Session) (release func(), err error) {
	if s.ParentID == "" {
		return func() {}, nil
	}
	parent := c.hold(s.ParentID)
	parent.commit.Lock()
	_, err = c.store.Session(ctx, s.ParentID)
	return func() {
		parent.commit.Unlock()
		c.drop(parent)
	}, err
}

// dressFork gives the child what the request says of it.
func (c *Client) dressFork(child *sessionstore.Session, req ForkRequest) (err error) {
	if child.Name, err = checkName(req.Name); err != nil {
		return err
	}
	old := child.Settings
	if child.Settings, err = c.settings(req.SettingsPatch, old); err != nil {
		return err
	}
	if err := samePrompt(old, child.Settings); err != nil {
		return err
	}
	if child.Cwd, err = c.sessionFolder(req.Cwd, child.Cwd); err != nil {
		return err
	}
	if req.Prompt != "" {
		if err := checkPrompt(req.Prompt); err != nil {
			return err
		}
		child.Status, child.LastPrompt = sessionstore.Queued, oneline.Shorten(req.Prompt, keptText)
	}
	return c.sameConfig(*child)
}

// forkPoint is the message that a fork is made after: what the caller names, or
// where Claude Code would continue.
func (c *Client) forkPoint(ctx context.Context, parent sessionstore.Session, at string) (string, error) {
	if at == "" {
		if parent.LastMessage == "" {
			return "", c.nothingToFork(parent)
		}
		return c.newestPoint(ctx, parent)
	}
	if uuid.Validate(at) != nil {
		return "", Errorf(InvalidArgument, "Give a turn_id or the uuid of a message, or leave at out for the newest.", "at: %q is no UUID.", at)
	}
	turn, err := c.store.Turn(ctx, at)
	switch {
	case errors.Is(err, sessionstore.ErrNotFound):
		return at, c.checkMessage(ctx, parent, at)
	case err != nil:
		return "", c.fail("reading a turn", err)
	case !turn.Status.Ended():
		return "", Errorf(Busy, "Wait for its end, or fork at an earlier turn.", "turn %s has not ended.", at)
	case turn.LastMessage == "":
		return "", Errorf(InvalidArgument, "Fork at another turn.", "turn %s left no message to fork after.", at)
	}
	return turn.LastMessage, c.checkMessage(ctx, parent, turn.LastMessage)
}

// newestPoint is where Claude Code would continue a session; while a turn runs,
// the end of the turn before.
func (c *Client) newestPoint(ctx context.Context, parent sessionstore.Session) (string, error) {
	if parent.LastMessage == parent.ForkedAt { // it has said nothing itself
		return parent.LastMessage, nil
	}
	conv, err := c.conversation(ctx, parent)
	if err != nil {
		return "", c.fail("reading a conversation", err)
	}
	point := conv.ForkPoint()
	if point == "" || atTurn(parent) && conv.Reaches(parent.LastMessage) {
		return parent.LastMessage, nil
	}
	return point, nil
}

// atTurn reports whether a turn of a session is queued or runs.
func atTurn(s sessionstore.Session) bool {
	return s.Status == sessionstore.Running || s.Status == sessionstore.Waiting || s.Status == sessionstore.Queued
}

func (c *Client) nothingToFork(parent sessionstore.Session) error {
	if atTurn(parent) {
		return Errorf(Busy, "Fork it when its first turn has ended.", "the session is still at its first turn: there is nothing to fork yet.")
	}
	return Errorf(Conflict, "Resume it first, or start a new session.", "the session has no conversation yet: there is nothing to fork.")
}

// checkMessage makes sure that a message belongs to the conversation of s: to
// one of its branches or, where s has no turn of its own yet, to what it took
// over.
func (c *Client) checkMessage(ctx context.Context, s sessionstore.Session, id string) error {
	conv, err := c.conversation(ctx, s)
	if err != nil {
		return c.fail("reading a conversation", err)
	}
	known := conv.CanFork(id)
	if s.Turns == 0 && s.ForkedAt != "" {
		known = slices.ContainsFunc(conv.UpTo(s.ForkedAt), func(m agent.Message) bool { return m.UUID == id })
	}
	if known {
		return nil
	}
	return Errorf(NotFound, "Give the turn_id or message uuid of this session, or leave at out for the newest.",
		"session %s has no message %s to fork after.", s.ID, id)
}
