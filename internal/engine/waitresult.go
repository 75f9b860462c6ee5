package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// result tells what has happened, and what goes on.
func (w *vigil) result(ctx context.Context, timedOut bool) (Waited, error) {
	out := Waited{Sessions: []WaitedSession{}, TimedOut: timedOut, Seq: w.seq}
	for _, a := range w.sessions {
		s, err := w.tell(ctx, a)
		if err != nil {
			return Waited{}, w.fail("reading a session", err)
		}
		out.Sessions = append(out.Sessions, s)
	}
	out.Next = nextWait(out, w.req, w.view(w.sessions[0].session))
	return out, nil
}

// tell is a session as it is now, and what happened in it.
func (w *vigil) tell(ctx context.Context, a *awaited) (WaitedSession, error) {
	s, err := w.store.Session(ctx, a.session.ID)
	switch {
	case errors.Is(err, sessionstore.ErrNotFound):
		a.happened = HappenedDeleted
	case err != nil:
		return WaitedSession{}, err
	default:
		a.session = s
	}
	v := w.view(a.session)
	out := WaitedSession{ID: v.ID, Name: v.Name, Title: v.Title, Happened: a.happened}
	if a.happened == HappenedDeleted {
		return out, nil
	}
	if a.happened == "" {
		out.Happened = HappenedNothing
	}
	if a.happened == HappenedChange {
		out.Changed = a.changed
	}
	var d Details
	if err := w.work(ctx, a.session, &d); err != nil {
		return out, err
	}
	out.Turn, out.LastWords, out.Queued = d.Turn, d.LastWords, d.Queued
	if a.job != nil && a.happened == HappenedTurnEnd {
		turn := w.viewTurn(w.final(a.job))
		out.Turn, out.LastWords = &turn, ""
	}
	if a.happened == HappenedIdle && out.Turn != nil {
		out.Happened = HappenedTurnEnd
	}
	if out.Turn == nil || out.Turn.Status == sessionstore.TurnCompleted && v.LastResult != firstLines(out.Turn.Result) {
		out.LastResult = v.LastResult // somebody else's turn
	}
	out.Status, out.StatusReason = w.nowAnywhere(a.session)
	out.Requests, err = w.requestsOf(ctx, s)
	return out, err
}

// final is a job's turn as it ended.
func (e *Engine) final(j *job) sessionstore.Turn {
	e.mu.Lock()
	defer e.mu.Unlock()
	return j.turn
}

// nextWait says what to call after a wait. first is the first session.
func nextWait(w Waited, req WaitRequest, first Session) string {
	var going []string
	for _, s := range w.Sessions {
		if len(s.Requests) > 0 {
			return nextRequest(s.session(), s.Requests[0])
		}
		if s.Happened == HappenedNothing {
			going = append(going, fmt.Sprintf("%q", reference(s.session())))
		}
	}
	list := "[" + strings.Join(going, ", ") + "]"
	switch {
	case req.For == ForChange:
		return fmt.Sprintf("Call wait_for_session again with since %d to wait for the next change.", w.Seq)
	case w.TimedOut:
		return "Call wait_for_session again with sessions " + list + ": they go on by themselves."
	case len(going) > 0:
		return "Call wait_for_session with sessions " + list + " to wait for the rest."
	case len(w.Sessions) == 1 && w.Sessions[0].Turn != nil:
		return next(first, *w.Sessions[0].Turn)
	}
	return "Call resume_session to go on with one of them, or read_transcript to read it."
}

// session is as much of a session as sentences about it need.
func (s WaitedSession) session() Session { return Session{ID: s.ID, Name: s.Name} }
