package engine

import (
	"context"
	"reflect"
	"slices"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// A turn steers when its prompt is given to the process while another turn runs.
// Claude Code takes it into that turn if a tool is at work, or begins it next.
// Until it tells which, the turn waits in its queue, marked with the process
// that has its prompt.

// checkSteer refuses what a running turn cannot take.
func checkSteer(req ResumeRequest) error {
	if req.IfBusy != IfBusySteer || req.Cwd == "" && reflect.ValueOf(req.SettingsPatch).IsZero() {
		return nil
	}
	return Errorf(InvalidArgument, "Change them with update_session, or let the prompt wait in line (if_busy queue).",
		"a prompt that steers the running turn cannot change settings or the folder.")
}

// steerable is the process that a prompt can be given to at once; nil: there is
// none. Engine.mu is held.
func (l *live) steerable() *agent.Run {
	j := l.running
	if j == nil || j.run == nil || !j.begun || j.stopped != "" {
		return nil
	}
	return j.run
}

// fits tells whether a prompt may be given to the process that is at another
// turn: not if that has all permissions, and this one was not to have them.
func (j *job) fits(steering sessionstore.Settings) bool {
	return j.turn.Settings.PermissionMode != bypassPermissions || steering.PermissionMode == bypassPermissions
}

// steerSeq is the place of a turn that steers: before all that wait, after those
// that steer already. Engine.mu is held.
func (l *live) steerSeq() int64 {
	sent := 0
	for sent < len(l.queue) && l.queue[sent].sentTo != nil {
		sent++
	}
	switch {
	case sent > 0:
		return l.queue[sent-1].turn.Seq + 1
	case len(l.queue) > 0:
		return l.queue[0].turn.Seq - seqStep/2
	}
	return l.nextSeq(false)
}

// steer gives the prompt of a stored turn to the running process. That it is
// gone shows by itself: the turn is served by another one then.
func (e *Engine) steer(l *live, j *job, run *agent.Run) {
	e.mu.Lock()
	j.sentTo = run
	e.insert(l, j)
	e.mu.Unlock()
	if err := run.Prompt(j.id, j.turn.Prompt); err != nil {
		e.log.Info("a prompt could not steer the running turn", "turn", j.id, "err", err)
	}
}

// has tells whether a process has the prompt of a turn that steers.
func (e *Engine) has(run *agent.Run, j *job) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return run != nil && j.sentTo == run
}

// started notes that Claude Code is at a prompt that steers.
func (f *following) started(prompt string) {
	f.e.mu.Lock()
	defer f.e.mu.Unlock()
	for _, j := range f.l.queue {
		if j.id == prompt && j.sentTo == f.run {
			j.begun = true
		}
	}
}

// steered takes those turns out of the queue whose prompts the process has and
// that which chooses.
func (f *following) steered(which func(*job) bool) []*job {
	f.e.mu.Lock()
	defer f.e.mu.Unlock()
	var found []*job
	f.l.queue = slices.DeleteFunc(f.l.queue, func(j *job) bool {
		if j.sentTo != f.run || !which(j) {
			return false
		}
		j.taken = true
		found = append(found, j)
		return true
	})
	return found
}

// answered takes those out of the queue that a result answers.
func (f *following) answered(ev agent.Result) []*job {
	return f.steered(func(j *job) bool { return slices.Contains(ev.Prompts, j.id) })
}

// unsend gives the turns back to the queue whose prompts a process that is gone
// had and was not at: the transcript tells whether that is so.
func (f *following) unsend() {
	f.e.mu.Lock()
	defer f.e.mu.Unlock()
	for _, j := range f.l.queue {
		if j.sentTo == f.run {
			j.sentTo, j.begun = nil, false
		}
	}
}

// withdraw takes the prompts back that a process has and is not at: it would go
// on with them when its turn is interrupted.
func (e *Engine) withdraw(ctx context.Context, l *live, run *agent.Run) {
	e.mu.Lock()
	var sent []*job
	for _, j := range l.queue {
		if j.sentTo == run && !j.begun {
			sent = append(sent, j)
		}
	}
	e.mu.Unlock()
	for _, j := range sent {
		taken, err := run.Withdraw(ctx, j.id)
		if err != nil || !taken {
			continue // its result will come
		}
		e.mu.Lock()
		if j.sentTo == run {
			j.sentTo = nil
		}
		e.mu.Unlock()
	}
}

// finishWith ends a turn and those that were taken into it: they have its
// result, and cost nothing of their own.
func (r *runner) finishWith(j *job, folded []*job, o outcome) {
	ends := []ending{{j, o}}
	o.usage, o.costTotal, o.denials, o.into = sessionstore.Usage{}, 0, nil, j.id
	for _, j := range folded {
		ends = append(ends, ending{j, o})
	}
	r.e.finish(r.l, ends, r.lease, r.catchUp)
}

// settleSent ends a turn whose prompt an earlier process had, if the transcript
// has what came of it, or cannot be read: it is not sent twice. Otherwise its
// prompt is to be sent.
func (r *runner) settleSent(j *job) bool {
	if j.turn.Run == nil || j.turn.Attempts > 0 || r.e.has(r.run, j) {
		return false
	}
	o, again, err := r.e.findOutcome(context.WithoutCancel(r.e.ctx), j, r.lease.token())
	switch {
	case err != nil:
		r.finish(j, failure(r.e.fail("reading what came of a turn", err)))
	case again:
		return false
	default:
		r.finish(j, o)
	}
	return true
}
