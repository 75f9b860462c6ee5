package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// ask opens a request and waits for an answer. As long as there is nobody who
// could give one, it is denied when its time is over, with a message that lets
// the model go on and a person know how to allow the tool.
func (f *following) ask(ev agent.Permission) {
	what := "waiting for permission: " + ev.Tool
	if ev.Question {
		what = "waiting for an answer: " + ev.Summary
	}
	req := sessionstore.Request{
		ID: ev.ID, SessionID: f.l.id, TurnID: f.job.id, Tool: ev.Tool, Input: ev.Input,
		Status: sessionstore.RequestOpen, OpenedAt: f.e.store.Now(), Summary: ev.Summary, Question: ev.Question,
	}
	open := openRequest{Request: req}
	if wait := f.e.cfg.RequestTimeout; wait > 0 {
		open.timer = time.AfterFunc(wait, func() {
			select {
			case f.expired <- ev.ID:
			case <-f.job.done:
			}
		})
	}
	f.open[ev.ID] = open
	f.e.act(f.job, what)
	f.status(sessionstore.TurnWaiting, sessionstore.Waiting, what, req)
}

// openRequest is a request that Claude Code waits for. The store's copy is its
// record; what is answered is this one, also while nothing can be stored.
type openRequest struct {
	sessionstore.Request
	timer *time.Timer // nil: it never expires
}

func (r openRequest) stop() {
	if r.timer != nil {
		r.timer.Stop()
	}
}

// expire denies a request that nobody answered.
func (f *following) expire(id string) {
	req, ok := f.open[id]
	if !ok {
		return
	}
	message := fmt.Sprintf("Nobody answered within %s, so %s is not allowed. Do not try it again in this turn: go on without it, or end your turn and say what you need. "+
		"To allow it, the session is to be resumed with allowed_tools [%q] or another permission_mode.", f.e.cfg.RequestTimeout, req.Tool, req.Tool)
	if req.Question {
		message = "Nobody is there to answer. Decide as you think best and go on, or end your turn with the question."
	}
	if err := f.run.Deny(id, message); err != nil {
		f.e.log.Warn("denying a request", "request", id, "err", err) // the process's exit tells why
	}
	f.denials = append(f.denials, sessionstore.Denial{Tool: req.Tool, Input: req.Summary, Message: message})
	f.closeRequest(id, sessionstore.RequestExpired, message)
}

// closeRequest stores how a request ended and lets the turn go on.
func (f *following) closeRequest(id string, status sessionstore.RequestStatus, message string) {
	open, ok := f.open[id]
	if !ok {
		return
	}
	open.stop()
	delete(f.open, id)
	req := open.Request
	req.Status, req.Message, req.AnsweredAt = status, message, f.e.store.Now()
	f.e.act(f.job, "")
	if len(f.open) > 0 {
		f.status(sessionstore.TurnWaiting, sessionstore.Waiting, "waiting for permission", req)
		return
	}
	f.status(sessionstore.TurnRunning, sessionstore.Running, "", req)
}

// status stores what the turn waits for, with the request that made it so.
func (f *following) status(turn sessionstore.TurnStatus, session sessionstore.Status, reason string, req sessionstore.Request) {
	t := f.job.turn
	t.Status, t.Reason = turn, reason
	err := f.e.update(f.l, f.job, t, f.lease.token(), []sessionstore.Request{req}, func(s *sessionstore.Session) {
		s.Status, s.StatusReason = session, reason
	})
	if err != nil {
		f.e.log.Error("storing a request", "request", req.ID, "err", err)
	}
}

// dropped are the open requests of a turn that ends, closed.
func (e *Engine) dropped(ctx context.Context, j *job) ([]sessionstore.Request, error) {
	all, err := e.store.Requests(ctx, j.turn.SessionID, true)
	if err != nil {
		return nil, err
	}
	var closed []sessionstore.Request
	for _, r := range all {
		if r.TurnID == j.id {
			r.Status, r.Message, r.AnsweredAt = sessionstore.RequestDropped, "The turn ended first.", e.store.Now()
			closed = append(closed, r)
		}
	}
	return closed, nil
}
