package engine

import (
	"context"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// ownPrompt stands where the prompt would of a turn that Claude Code began by
// itself, as it does when something ends that it left running in the background.
const ownPrompt = "(Claude Code went on by itself: something that it had left running has ended.)"

// ownClient is who asked for such a turn.
const ownClient = "Claude Code"

// followOwn sees a turn through that Claude Code began by itself while the
// session rested.
func (r *runner) followOwn() {
	r.own = false
	j, err := r.ownJob()
	if err != nil {
		r.e.log.Error("a turn of Claude Code's own cannot be stored", "session", r.l.id, "err", err)
		r.spent = true
		return
	}
	f := r.following(j)
	f.own = true
	f.follow() // begun it is
}

// ownJob stores the turn, running.
func (r *runner) ownJob() (*job, error) {
	ctx := context.WithoutCancel(r.e.ctx)
	s, err := r.e.store.Session(ctx, r.l.id)
	if err != nil {
		return nil, err
	}
	now, proc := r.e.store.Now(), r.run.Process()
	r.e.mu.Lock()
	seq := r.l.nextSeq(true)
	r.e.mu.Unlock()
	turn := sessionstore.Turn{
		ID: uuid.NewString(), SessionID: s.ID, Seq: seq, Prompt: ownPrompt, Client: ownClient,
		Status: sessionstore.TurnRunning, QueuedAt: now, StartedAt: now, Attempts: maxAttempts, // its prompt cannot be sent again
		Settings: s.Settings.Clone(), Cwd: s.Cwd, Environment: r.env.fingerprint,
		Run: &sessionstore.Run{ID: r.options.RunID, PID: proc.PID, StartTime: proc.StartTime},
	}
	j := newJob(turn, r.env)
	j.taken, j.begun, j.run = true, true, r.run
	r.l.commit.Lock()
	defer r.l.commit.Unlock()
	m := sessionstore.Mutation{Token: r.lease.token(), Turns: []sessionstore.Turn{turn}}
	err = r.e.write(ctx, m, s.ID, func(s *sessionstore.Session) { s.Status, s.StatusReason = sessionstore.Running, "" })
	if err != nil {
		return nil, err
	}
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	r.e.jobs[j.id] = j
	r.l.running = j
	return j, nil
}
