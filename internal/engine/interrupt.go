package engine

import (
	"context"

	"github.com/claude-sessions/claude-sessions/agent"
)

// interrupt stops the turn that runs in l, if there is one. The reason is kept
// with the turn.
func (e *Engine) interrupt(l *live, reason string) {
	e.mu.Lock()
	j, end := l.running, l.end
	first := j != nil && j.stopped == ""
	if first {
		j.stopped = reason
		j.note()
	}
	e.mu.Unlock()
	switch {
	case end != nil:
		end()
	case first:
		e.interruptJob(j)
	}
}

// interruptJob interrupts a turn that is marked as stopped. One without a
// process is not begun any more; one that Claude Code is not at yet is
// interrupted when it is, unless that takes too long.
func (e *Engine) interruptJob(j *job) {
	e.mu.Lock()
	run, begun := j.run, j.begun
	e.mu.Unlock()
	switch {
	case run == nil:
	case begun:
		e.interruptRun(j, run)
	default:
		e.wg.Go(func() {
			if j.endsWithin(interruptFor) || e.begun(j) {
				return
			}
			e.log.Warn("a turn that is to stop has not begun: ending its process", "turn", j.id)
			_ = run.Stop(e.ctx, 0) // its last event tells
		})
	}
}

func (e *Engine) begun(j *job) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return j.begun
}

// stopped is why a turn is being interrupted; "" if it is not.
func (e *Engine) stopped(j *job) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return j.stopped
}

// given notes which process gets the prompt of a turn, and tells why it is not
// to get it: "" it is.
func (e *Engine) given(j *job, run *agent.Run) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if j.stopped == "" {
		j.run = run
	}
	return j.stopped
}

// liveOf is the session that a turn belongs to; nil: it is not live any more.
func (e *Engine) liveOf(j *job) *live {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sessions[j.turn.SessionID]
}

// forgetRun notes that no process has the prompt of a turn.
func (e *Engine) forgetRun(j *job) {
	e.mu.Lock()
	defer e.mu.Unlock()
	j.run = nil
}

// interruptRun asks the process to interrupt its turn, and ends it if it does
// not do so in time.
func (e *Engine) interruptRun(j *job, run *agent.Run) {
	e.wg.Go(func() {
		ctx, cancel := context.WithTimeout(e.ctx, interruptFor)
		defer cancel()
		if l := e.liveOf(j); l != nil {
			e.withdraw(ctx, l, run)
		}
		err := run.Interrupt(ctx)
		if j.ended() || err == nil && j.endsWithin(interruptFor) {
			return
		}
		e.log.Warn("a turn did not stop when asked: ending its process", "turn", j.id, "err", err)
		_ = run.Stop(e.ctx, 0) // its last event tells
	})
}
