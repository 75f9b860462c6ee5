package engine

import (
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// following is a turn while a process is at it.
type following struct {
	*runner
	job     *job
	verdict *outcome         // decided before the process told its own
	partial *outcome         // told, while sub-agents still work
	quiet   <-chan time.Time // in which Claude Code begins no further turn by itself
	own     bool             // no prompt of ours began it
	unbegun bool             // the process is gone and was never at it
	denials []sessionstore.Denial
	// dropped are requests that nobody answered before Claude Code gave them up.
	dropped []sessionstore.Request
	// suspended: the engine ends while a request is open; the turn goes on with
	// the next one, which has the same asked again.
	suspended bool
	folded    []*job // turns that were taken into this one
}

func (r *runner) following(j *job) *following { return &following{runner: r, job: j} }

// follow reads what the process tells until the turn ended, and stores how. It
// is false if the process died before it was at the turn, which has not ended then.
func (f *following) follow() bool {
	r := f.runner
	r.own = false // what it has begun by itself is seen through here, too
	for _, ev := range r.unheard {
		f.handle(ev)
	}
	r.unheard = nil
	closing, lost, cancelled := r.e.closing, r.lease.lost, r.e.ctx.Done()
	var grace <-chan time.Time
	var end *outcome
	for end == nil {
		select {
		case ev, ok := <-r.run.Events():
			if !ok {
				ev = agent.Exit{}
			}
			end = f.handle(ev)
		case <-f.quiet:
			end = f.partial
		case id := <-r.expired:
			f.expire(id)
		case rep := <-r.replies:
			rep.done <- f.replyTo(rep)
		case <-closing:
			if len(f.open) > 0 {
				closing = nil
				f.suspended = true
				f.abort(interruption("the engine was stopped"))
				break
			}
			closing, grace = nil, time.After(r.e.cfg.StopGrace)
			_ = r.run.CloseInput() // the turn goes on, then the process ends
		case <-grace:
			f.abort(interruption("the engine was stopped"))
		case <-cancelled:
			cancelled = nil
			f.abort(interruption("the engine was stopped"))
		case <-lost:
			lost = nil
			f.abort(interruption("another engine has taken the session"))
		}
	}
	if f.unbegun {
		return false
	}
	if f.suspended && r.suspend(f.job) {
		return true
	}
	r.closeOpen()
	r.finishWith(f.job, f.folded, *end)
	return true
}

// abort ends the process and lets the turn end with o.
func (f *following) abort(o outcome) {
	if f.verdict == nil {
		f.verdict, f.spent = &o, true // the process takes no further turn
		f.stopRun()
	}
}

// handle takes one event. It returns the outcome when the turn has ended.
func (f *following) handle(ev agent.Event) *outcome {
	switch ev := ev.(type) {
	case agent.Init:
		f.stray(ev.SessionID)
		f.began()
	case agent.Activity:
		f.e.act(f.job, ev.Text)
	case agent.Said:
		f.e.said(f.job, ev)
	case agent.Writing:
		f.e.wrote(f.job, ev)
	case agent.Mirror:
		f.stray(ev.SessionID)
		f.e.kept(f.job, f.mirror(ev))
	case agent.Retry:
		f.retry(ev)
	case agent.RateLimit:
		f.e.logins.limited(f.job.turn.Environment, ev)
	case agent.Started:
		f.started(ev.Prompt)
	case agent.Permission:
		f.ask(ev)
	case agent.Cancelled:
		f.cancelled(ev.ID)
	case agent.Result:
		f.e.logins.answered(f.job.turn.Environment, ev)
		return f.ended(ev)
	case agent.Exit:
		return f.exited(ev)
	}
	return nil
}

// began lets an interrupt through that came before Claude Code had the prompt.
func (f *following) began() {
	f.quiet = nil
	f.e.mu.Lock()
	f.job.begun = true
	stopped := f.job.stopped
	f.e.mu.Unlock()
	if stopped != "" {
		f.e.interruptRun(f.job, f.run)
	}
}

// stray ends the turn of a process that has left its session for another one:
// the session would have nothing of what is said there.
func (f *following) stray(id string) {
	if f.foreign(id) {
		f.abort(failure(Errorf(Conflict, "Call resume_session to go on here, without what made it leave, or start_session for a new conversation.",
			"Claude Code left the session for another one (%s) and was ended. This one is as it was before.", id)))
	}
}

func (f *following) retry(ev agent.Retry) {
	if ev.AuthFailed() {
		f.abort(failure(notLoggedIn()))
		return
	}
	if ev.Overloaded() {
		f.e.pace.overloaded(time.Now())
	}
	if ev.TooMany() {
		f.e.logins.refused(f.job.turn.Environment, f.e.store.Now().Add(ev.Delay))
	}
	f.e.act(f.job, retryText(ev))
}

// stopRun ends the process without waiting for it: its last event tells.
func (r *runner) stopRun() {
	run := r.run
	r.e.wg.Go(func() {
		if err := run.Stop(r.e.ctx, 0); err != nil {
			r.e.log.Warn("stopping a process", "err", err)
		}
	})
}
