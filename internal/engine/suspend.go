package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// A turn whose process waits for an answer when the engine ends is not lost, nor
// is what it has asked: the request stays open, and the next process of the turn
// is told to ask again. It may be answered meanwhile.

// maxAsked bounds how often a turn is taken up again so.
const maxAsked = 10

// unanswered are the requests of a turn that its next process is to ask again:
// those that are open, and those whose answer nobody could be told.
func (e *Engine) unanswered(ctx context.Context, j *job) ([]sessionstore.Request, error) {
	if j.turn.Attempts == 0 {
		return nil, nil
	}
	all, err := e.store.Requests(ctx, j.turn.SessionID, false)
	return slices.DeleteFunc(all, func(r sessionstore.Request) bool {
		return r.TurnID != j.id || r.Status != sessionstore.RequestOpen && r.Reply == nil
	}), err
}

// endWaiting ends the process of an adopted turn that waited for an answer: it
// takes the end of its engine for a denial, and would go on with that.
func (e *Engine) endWaiting(j *job, run *sessionstore.Run) {
	waits, err := e.unanswered(context.WithoutCancel(e.ctx), j)
	if err != nil || len(waits) == 0 {
		return
	}
	if err := agent.Terminate(agent.Process{PID: run.PID, StartTime: run.StartTime}); err != nil {
		e.log.Warn("ending an earlier engine's process", "pid", run.PID, "err", err)
	}
}

// goOnAsking puts an adopted turn that waited for an answer back into its queue.
func (e *Engine) goOnAsking(ctx context.Context, l *live, j *job, token uint64) bool {
	waits, err := e.unanswered(ctx, j)
	if err != nil || len(waits) == 0 || j.turn.Attempts >= maxAsked || e.stopped(j) != "" {
		return false
	}
	s, err := e.store.Session(ctx, j.turn.SessionID)
	if err == nil {
		err = e.importTranscript(ctx, s, token) // what was said until then
	}
	if err != nil {
		e.log.Error("reading what came of a turn", "turn", j.id, "err", err)
	}
	return e.putBack(l, j, token, waits)
}

// suspend puts a turn back whose process was ended while it waited for an
// answer.
func (r *runner) suspend(j *job) bool {
	r.end()
	waits, err := r.e.unanswered(context.WithoutCancel(r.e.ctx), j)
	if err != nil || len(waits) == 0 || j.turn.Attempts >= maxAsked {
		return false
	}
	r.closeOpen()
	return r.e.putBack(r.l, j, r.lease.token(), waits)
}

// closeOpen ends the time of the requests that are open.
func (r *runner) closeOpen() {
	for id, req := range r.open {
		req.stop()
		r.e.settled(id)
	}
	clear(r.open)
}

// putBack lets a turn wait for another process, which is told to ask again.
func (e *Engine) putBack(l *live, j *job, token uint64, waits []sessionstore.Request) bool {
	turn := j.turn
	turn.Status, turn.Run, turn.StartedAt, turn.Again = sessionstore.TurnQueued, nil, time.Time{}, askAgain(waits)
	turn.Reason = waitsFor(waits[0])
	err := e.update(l, j, turn, token, nil, func(s *sessionstore.Session) {
		s.Status, s.StatusReason = sessionstore.Queued, ""
		if slices.ContainsFunc(waits, func(r sessionstore.Request) bool { return r.Status == sessionstore.RequestOpen }) {
			s.Status, s.StatusReason = sessionstore.Waiting, turn.Reason
		}
	})
	if err != nil {
		e.log.Error("putting a turn back into its queue", "turn", turn.ID, "err", err)
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	l.running, j.activity, j.run, j.begun = nil, "", nil, false
	e.insert(l, j)
	return true
}

// askAgain is what the next process is told.
func askAgain(waits []sessionstore.Request) string {
	var what []string
	for _, r := range waits {
		what = append(what, or(r.Summary, r.Tool))
	}
	return fmt.Sprintf("You were interrupted by a restart while you waited for the user to decide on: %s. Nothing was decided, and an error "+
		"that you may see for it is only due to the restart. Call the same tool with the very same input again, then go on with your task.", strings.Join(what, "; "))
}
