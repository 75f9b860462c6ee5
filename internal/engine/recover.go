package engine

import (
	"context"
	"sync"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// How long what an earlier engine's run left behind may take to end when asked,
// and how long to wait before a lease is asked for again.
const (
	leftoverGrace = 2 * time.Second
	leaseRetry    = time.Second
)

// recover takes up the turns that an earlier engine did not see the end of.
// Nothing is served before each of them is in its queue.
func (e *Engine) recover(ctx context.Context) error {
	turns, err := e.store.LiveTurns(ctx)
	if err != nil {
		return err
	}
	e.endOrphans(ctx, turns)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range turns {
		l := e.sessions[t.SessionID]
		if l == nil {
			l = &live{id: t.SessionID}
			e.sessions[t.SessionID] = l
		}
		if t.Status == sessionstore.TurnQueued {
			e.insert(l, newJob(t, nil))
			continue
		}
		e.adopt(l, newJob(t, nil))
	}
	return nil
}

// endOrphans ends what an earlier engine had running beside its turns: processes
// that it kept warm, and what their tools had left in the background. It would
// keep their sessions from everybody for as long as it lives.
func (e *Engine) endOrphans(ctx context.Context, turns []sessionstore.Turn) {
	if e.cfg.DataDir == "" {
		return // nothing tells them from another engine's
	}
	runs, _, err := orphanRuns(e.cfg.DataDir, turns)
	if err != nil {
		e.log.Warn("looking for what an earlier engine left behind", "err", err)
	}
	var all sync.WaitGroup
	for run := range runs {
		all.Go(func() {
			n, err := agent.EndLeftovers(ctx, run, leftoverGrace)
			e.log.Info("ended what an earlier engine left behind", "run", run, "processes", n, "err", err)
		})
	}
	all.Wait()
}

// adopt takes up a turn whose process was started by an earlier engine. The
// process goes on by itself: its input is closed, so it ends with its turn.
// Until then nobody else runs the session. Engine.mu is held.
func (e *Engine) adopt(l *live, j *job) {
	j.taken = true
	j.activity = "the engine was restarted in mid-turn; the turn's process goes on by itself"
	l.running, l.blocked = j, "waiting for a turn that was running when the engine restarted"
	l.lastSeq = max(l.lastSeq, j.turn.Seq)
	e.jobs[j.id] = j
	e.running++ // its process needs as much as one of ours
	e.wg.Go(func() {
		defer e.importAfter(l.id)
		e.seeOut(l, j)
		e.mu.Lock()
		defer e.mu.Unlock()
		l.blocked, l.end = "", nil
		e.running--
		e.forget(l)
		e.kick()
	})
}

// seeOut waits for the end of an adopted turn's process and books what came of
// the turn. When this engine stops first, the next one does it.
func (e *Engine) seeOut(l *live, j *job) {
	if run := j.turn.Run; run != nil {
		e.endWaiting(j, run)
		if !e.outlive(l, j, agent.Process{PID: run.PID, StartTime: run.StartTime}) {
			return
		}
		if n, err := agent.EndLeftovers(context.WithoutCancel(e.ctx), run.ID, leftoverGrace); n > 0 || err != nil {
			e.log.Info("ended what a run left behind", "turn", j.id, "processes", n, "err", err)
		}
	}
	held := e.leaseInTime(l.id)
	if held == nil {
		return
	}
	defer held.close()
	e.settle(l, j, held)
}

// leaseInTime takes a lease as soon as it is to be had: a disk may be full for a
// while. It is nil when the engine stops first.
func (e *Engine) leaseInTime(id string) *lease {
	for {
		held, err := e.lease(context.WithoutCancel(e.ctx), id)
		if err == nil {
			return held
		}
		e.log.Error("a session's lease cannot be had now", "session", id, "err", err)
		select {
		case <-time.After(leaseRetry):
		case <-e.closing:
			return nil
		}
	}
}

// outlive waits until a process is gone, and tells whether it is.
func (e *Engine) outlive(l *live, j *job, p agent.Process) bool {
	if !agent.Alive(p) {
		return true
	}
	e.log.Info("a turn's process outlived its engine", "turn", j.id, "pid", p.PID)
	e.mu.Lock()
	l.end = func() {
		if err := agent.Terminate(p); err != nil {
			e.log.Warn("ending an earlier engine's process", "pid", p.PID, "err", err)
		}
	}
	e.mu.Unlock()
	ctx, stop := context.WithCancel(e.ctx)
	defer stop()
	go func() {
		select {
		case <-e.closing: // the next engine sees it out
			stop()
		case <-ctx.Done():
		}
	}()
	e.wg.Go(func() { e.endLingering(ctx, j, p) })
	return agent.WaitGone(ctx, p) == nil
}

// settle books what came of a turn whose process is gone: its transcript tells.
func (e *Engine) settle(l *live, j *job, held *lease) {
	ctx := context.WithoutCancel(e.ctx)
	if e.goOnAsking(ctx, l, j, held.token()) {
		return
	}
	o, again, err := e.findOutcome(ctx, j, held.token())
	if err != nil {
		e.log.Error("reading what came of a turn", "turn", j.id, "err", err)
		o = interruption("the engine was killed in mid-turn, and the transcript cannot be read")
	}
	if again && e.requeue(l, j, held.token()) {
		return
	}
	e.finish(l, []ending{{j, o}}, held, func() error { return nil }) // it is all there
}

// findOutcome reads from the transcript how a turn ended. again tells that its
// prompt never arrived, so that it can be sent again as if nothing had happened.
func (e *Engine) findOutcome(ctx context.Context, j *job, token uint64) (o outcome, again bool, err error) {
	s, err := e.store.Session(ctx, j.turn.SessionID)
	if err != nil {
		return o, false, err
	}
	if err := e.importTranscript(ctx, s, token); err != nil {
		return o, false, err
	}
	conv, err := e.conversation(ctx, s)
	if err != nil {
		return o, false, err
	}
	t := conv.Turn(sentAs(j.turn))
	stopped := e.stopped(j)
	o = interruption(or(stopped, "the engine was killed in mid-turn, and its process with it"))
	switch {
	case t.Error != "":
		o = failure(resultError(agent.CodeAPI, t.Error))
	case t.Answered:
		o = outcome{status: sessionstore.TurnCompleted, text: t.Text}
	}
	o.last = t.LastMessage
	o.usage = usage(t.Usage)
	if err := e.bookSaved(s, &o); err != nil {
		e.log.Warn("reading the saved cost", "session", s.ID, "err", err)
	}
	return o, !t.Found && stopped == "" && j.turn.Attempts < maxAttempts, nil
}

// bookSaved takes the cost from the total that the transcript has saved.
func (e *Engine) bookSaved(s sessionstore.Session, o *outcome) error {
	path, err := agent.FindTranscript(s.ConfigDir, s.Cwd, s.ID)
	if err != nil {
		return err
	}
	saved, err := agent.SavedCost(path)
	if err == nil && saved > s.CostTotal {
		o.usage.CostUSD, o.usage.CostBasis, o.costTotal = roundedUSD(saved-s.CostTotal), sessionstore.CostReported, saved
	}
	return err
}

// requeue lets a turn wait for its run once more.
func (e *Engine) requeue(l *live, j *job, token uint64) bool {
	turn := j.turn
	turn.Status, turn.Reason, turn.Run, turn.StartedAt = sessionstore.TurnQueued, "", nil, time.Time{}
	err := e.update(l, j, turn, token, nil, func(s *sessionstore.Session) {
		s.Status, s.StatusReason = sessionstore.Queued, ""
	})
	if err != nil {
		e.log.Error("putting a turn back into its queue", "turn", turn.ID, "err", err)
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	l.running, j.activity = nil, ""
	e.insert(l, j)
	return true
}
