package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// openRequest is a request that Claude Code waits for. The store's copy is its
// record; what is answered is this one, also while nothing can be stored.
type openRequest struct {
	sessionstore.Request
	asked string      // Claude Code's id of it: another one each time that it asks again
	timer *time.Timer // nil: it never expires
}

func (r openRequest) stop() {
	if r.timer != nil {
		r.timer.Stop()
	}
}

// ask opens a request, or one that an earlier process of the turn has asked is
// open still, or was answered meanwhile.
func (f *following) ask(ev agent.Permission) {
	req, known := f.askedBefore(ev)
	if !known {
		req = sessionstore.Request{
			ID: ev.ID, SessionID: f.l.id, TurnID: f.job.id, Tool: ev.Tool, Input: ev.Input, Summary: ev.Summary,
			Question: ev.Question, Suggestions: ev.Suggestions, Status: sessionstore.RequestOpen, OpenedAt: f.e.store.Now(),
		}
	}
	if req.Reply != nil {
		said := *req.Reply
		req.Reply = nil
		f.open[req.ID] = openRequest{Request: req, asked: ev.ID}
		f.tell(req.ID, said, nil)
		f.closeRequest(req, nil)
		return
	}
	open := openRequest{Request: req, asked: ev.ID}
	if wait := f.e.cfg.RequestTimeout; wait > 0 {
		open.timer = time.AfterFunc(wait, func() {
			select {
			case f.expired <- req.ID:
			case <-f.job.done:
			}
		})
	}
	f.open[req.ID] = open
	what := waitsFor(req)
	f.e.act(f.job, what)
	f.status(sessionstore.TurnWaiting, sessionstore.Waiting, what, req, nil)
	f.e.opened(f.job, req)
}

// waitsFor says what a turn waits for.
func waitsFor(r sessionstore.Request) string {
	if r.Question {
		return "waiting for an answer: " + r.Summary
	}
	return "waiting for permission: " + r.Tool
}

// askedBefore finds a request in which an earlier process of the turn has asked
// for the same: the same tool with the same input.
func (f *following) askedBefore(ev agent.Permission) (sessionstore.Request, bool) {
	i := slices.IndexFunc(f.carried, func(r sessionstore.Request) bool { return r.Tool == ev.Tool && sameJSON(r.Input, ev.Input) })
	if i < 0 {
		return sessionstore.Request{}, false
	}
	req := f.carried[i]
	f.carried = slices.Delete(f.carried, i, i+1)
	all, err := f.e.store.Requests(f.e.ctx, f.l.id, false)
	for _, now := range all {
		if err == nil && now.ID == req.ID {
			req = now // it may have been answered since
		}
	}
	req.Suggestions = ev.Suggestions
	if req.Status == sessionstore.RequestOpen {
		req.OpenedAt = f.e.store.Now() // its time begins anew
	}
	return req, true
}

func sameJSON(a, b json.RawMessage) bool {
	var va, vb any
	return json.Unmarshal(a, &va) == nil && json.Unmarshal(b, &vb) == nil && reflect.DeepEqual(va, vb)
}

// replyTo gives an answer to the process and lets the turn go on.
func (f *following) replyTo(rep *reply) error {
	open, ok := f.open[rep.id]
	if i := slices.IndexFunc(f.carried, func(r sessionstore.Request) bool { return r.ID == rep.id }); !ok && i >= 0 {
		return f.e.keepReply(f.e.ctx, f.l, f.carried[i], rep) // it is about to be asked again
	}
	if !ok {
		all, err := f.e.store.Requests(f.e.ctx, f.l.id, false)
		for _, r := range all {
			if err == nil && r.ID == rep.id && r.Status != sessionstore.RequestOpen {
				return checkOpen(r)
			}
		}
		return Errorf(Conflict, "Call get_session to see what the session does now.", "Claude Code does not wait for this answer now.")
	}
	if f.suspended {
		return f.e.keepReply(f.e.ctx, f.l, open.Request, rep)
	}
	f.tell(rep.id, rep.said, rep.grant.raw)
	if !rep.said.Allow {
		f.denials = append(f.denials, sessionstore.Denial{Tool: open.Tool, Input: open.Summary, Message: rep.said.Message})
	}
	f.widen(rep.grant)
	f.closeRequest(rep.close(open.Request, f.e), func(s *sessionstore.Session) { rep.grant.apply(&s.Settings) })
	return nil
}

// tell answers the process. That it is gone shows by itself.
func (f *following) tell(id string, said sessionstore.Reply, permissions []json.RawMessage) {
	asked := f.open[id].asked
	var err error
	if said.Allow {
		var updates json.RawMessage
		if len(permissions) > 0 {
			updates, _ = json.Marshal(permissions) // raw JSON
		}
		err = f.run.Allow(asked, said.Input, updates)
	} else {
		err = f.run.Deny(asked, said.Message)
	}
	if err != nil {
		f.e.log.Warn("answering a request", "request", id, "err", err)
	}
}

// widen notes what the living process may do from now on, and lets the turns
// that wait have it too: it is the session that it was allowed.
func (f *following) widen(g grant) {
	if g.empty() {
		return
	}
	f.options.AllowedTools, f.options.AddDirs = added(f.options.AllowedTools, g.rules), added(f.options.AddDirs, g.dirs)
	if g.mode != "" {
		f.options.PermissionMode = g.mode
	}
	f.e.mu.Lock()
	defer f.e.mu.Unlock()
	for _, q := range f.l.queue {
		g.apply(&q.turn.Settings)
	}
}

// expire denies a request that nobody answered, with a message that lets the
// model go on and a person know how to allow the tool.
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
	f.tell(id, sessionstore.Reply{Message: message}, nil)
	f.denials = append(f.denials, sessionstore.Denial{Tool: req.Tool, Input: req.Summary, Message: message})
	req.Status, req.Message, req.AnsweredAt = sessionstore.RequestExpired, message, f.e.store.Now()
	f.closeRequest(req.Request, nil)
}

// cancelled closes a request that Claude Code no longer waits for.
func (f *following) cancelled(asked string) {
	for _, open := range f.open {
		if open.asked == asked && !f.suspended {
			open.Status, open.Message, open.AnsweredAt = sessionstore.RequestDropped, "Claude Code no longer waits for the answer.", f.e.store.Now()
			f.dropped = append(f.dropped, open.Request)
			f.closeRequest(open.Request, nil)
			return
		}
	}
}

// closeRequest stores how a request ended, with what it changes of the session,
// and lets the turn go on.
func (f *following) closeRequest(req sessionstore.Request, change func(*sessionstore.Session)) {
	f.open[req.ID].stop()
	delete(f.open, req.ID)
	f.e.act(f.job, "")
	defer f.e.settled(req.ID)
	for _, other := range f.open {
		f.status(sessionstore.TurnWaiting, sessionstore.Waiting, waitsFor(other.Request), req, change)
		return
	}
	f.status(sessionstore.TurnRunning, sessionstore.Running, "", req, change)
}

// status stores what the turn waits for, with the request that made it so.
func (f *following) status(turn sessionstore.TurnStatus, session sessionstore.Status, reason string, req sessionstore.Request, change func(*sessionstore.Session)) {
	t := f.job.turn
	t.Status, t.Reason = turn, reason
	err := f.e.update(f.l, f.job, t, f.lease.token(), []sessionstore.Request{req}, func(s *sessionstore.Session) {
		s.Status, s.StatusReason = session, reason
		if change != nil {
			change(s)
		}
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
