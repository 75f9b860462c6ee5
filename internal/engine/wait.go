package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// How long a call may wait for its turn, in seconds. Hosts give up after 60.
const (
	DefaultWaitSeconds = 30
	MaxWaitSeconds     = 45
)

// await waits for a turn for as long as the caller does, and answers with what
// is known then. A turn that takes longer is no error.
func (c *Client) await(ctx context.Context, call Call, sessionID, turnID string, wait *int) (Answer, error) {
	seconds, err := waitSeconds(wait)
	if err != nil {
		return Answer{}, err
	}
	c.mu.Lock()
	j := c.jobs[turnID]
	c.mu.Unlock()
	if j != nil && seconds > 0 {
		timer := time.NewTimer(time.Duration(seconds) * time.Second)
		defer timer.Stop()
		c.watch(ctx, call, sessionID, turnID, j, timer.C)
		if err := c.stopping(j); err != nil {
			return Answer{}, err
		}
	}
	return c.answer(ctx, sessionID, turnID)
}

func waitSeconds(wait *int) (int, error) {
	switch {
	case wait == nil:
		return DefaultWaitSeconds, nil
	case *wait < 0 || *wait > MaxWaitSeconds:
		return 0, Errorf(InvalidArgument, "Longer turns go on without a waiting caller.", "wait_seconds must be from 0 to %d.", MaxWaitSeconds)
	}
	return *wait, nil
}

// watch reports progress until the turn ended, the time is over or the caller
// is gone.
func (e *Engine) watch(ctx context.Context, call Call, sessionID, turnID string, j *job, over <-chan time.Time) {
	last := ""
	for {
		text, changed := e.progress(sessionID, j)
		if text != "" && text != last && call.OnProgress != nil {
			call.OnProgress(Progress{SessionID: sessionID, TurnID: turnID, Text: text})
			last = text
		}
		select {
		case <-j.done:
			return
		case <-changed:
		case <-over:
			return
		case <-ctx.Done():
			return
		case <-e.closing:
			e.watchLast(ctx, j)
			return
		}
	}
}

// watchLast waits for the end of a turn while the engine closes, which bounds
// it. A turn that has not begun will not.
func (e *Engine) watchLast(ctx context.Context, j *job) {
	e.mu.Lock()
	taken := j.taken
	e.mu.Unlock()
	if !taken {
		return
	}
	select {
	case <-j.done:
	case <-ctx.Done():
	case <-e.ctx.Done():
	}
}

// stopping is the answer to a caller who waits for a turn that this engine will
// not see the end of.
func (e *Engine) stopping(j *job) error {
	select {
	case <-e.closing:
	default:
		return nil
	}
	select {
	case <-j.done:
		return nil
	default:
		return Errorf(Unavailable, "Make the same call again: the next engine goes on with it.", "the engine is stopping; the turn is kept.")
	}
}

func (e *Engine) progress(sessionID string, j *job) (string, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if j.taken {
		return j.activity, j.changed
	}
	return e.waitingFor(e.sessions[sessionID], j), j.changed
}

// waitingFor says why a turn has not started, in a sentence. Engine.mu is held.
func (e *Engine) waitingFor(l *live, j *job) string {
	switch {
	case l == nil:
		return ""
	case l.blocked != "":
		return l.blocked
	case j.sentTo != nil:
		return "given to Claude Code, which takes it into the running turn or begins it next"
	case j.env == nil:
		return "waiting for a client with the login and config folder that it was asked with: any call from one lets it go on"
	}
	if other := e.jobs[j.turn.After]; other != nil {
		return "waiting for the summary that it begins with, which is made in session " + other.turn.SessionID
	}
	return fmt.Sprintf("waiting in line, position %d", e.position(l, j))
}

// answer is what is known of a session and a turn now.
func (c *Client) answer(ctx context.Context, sessionID, turnID string) (Answer, error) {
	// What was asked for is stored: a caller that is gone does not make it an error.
	ctx = context.WithoutCancel(ctx)
	s, err := c.store.Session(ctx, sessionID)
	if err != nil {
		return Answer{}, c.fail("reading a session", err)
	}
	a := Answer{Session: c.view(s)}
	if turnID == "" {
		a.Next = "The fork is there and has cost nothing; resume_session gives it its first prompt."
		return a, nil
	}
	t, err := c.store.Turn(ctx, turnID)
	if errors.Is(err, sessionstore.ErrNotFound) {
		return Answer{}, Errorf(NotFound, "Its session may have been deleted.", "the turn is no longer there.")
	} else if err != nil {
		return Answer{}, c.fail("reading a turn", err)
	}
	turn := c.viewTurn(t)
	a.Turn = &turn
	a.Next = next(a.Session, turn)
	if t.Status != sessionstore.TurnWaiting {
		return a, nil
	}
	if a.Requests, err = c.requestsOf(ctx, s); err != nil {
		return Answer{}, c.fail("reading requests", err)
	}
	if len(a.Requests) > 0 {
		a.Next = nextRequest(a.Session, a.Requests[0])
	}
	return a, nil
}
