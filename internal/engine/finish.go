package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// ending is a turn that ended, and how.
type ending struct {
	*job
	outcome
}

// finish ends a turn of this runner.
func (r *runner) finish(j *job, o outcome) {
	r.closeOpen()
	r.e.finish(r.l, []ending{{j, o}}, r.lease, r.catchUp)
}

// finish stores how turns ended, a turn and those that were taken into it, and
// tells all who wait for them. It tries for as long as the engine lives: what
// cannot be stored now is found in the transcript by the next engine. catchUp
// stores what is still missing of the transcript, by which a fork is judged. Of
// more turns than one write holds the first, which has what they took, ends last:
// what ended before it is not booked again. It tells whether all is stored.
func (e *Engine) finish(l *live, ends []ending, held *lease, catchUp func() error) bool {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := catchUp()
		if !errors.Is(err, sessionstore.ErrFull) {
			err = e.storeEnd(l, ends, held.token())
		}
		if err == nil {
			return true
		}
		if errors.Is(err, sessionstore.ErrTooLarge) && len(ends) > 1 {
			half := len(ends) / 2
			if !e.finish(l, ends[half:], held, catchUp) {
				e.abandon(l, ends[:half])
				return false
			}
			ends = ends[:half]
			continue
		}
		e.log.Error("storing the end of a turn", "turn", ends[0].id, "err", err)
		if isStale(err) || errors.Is(err, sessionstore.ErrNotFound) ||
			errors.Is(err, sessionstore.ErrClosed) || errors.Is(err, sessionstore.ErrBroken) {
			e.abandon(l, ends)
			return false
		}
		select {
		case <-time.After(pause):
		case <-e.ctx.Done():
			e.abandon(l, ends)
			return false
		}
	}
}

// abandon leaves turns to the next engine whose end cannot be stored.
func (e *Engine) abandon(l *live, ends []ending) {
	for _, end := range ends {
		e.ended(l, end.job, end.turn)
	}
}

func isStale(err error) bool { return errors.Is(err, sessionstore.ErrStaleLease) }

// storeEnd writes the end of turns and what it means for their session, in one
// commit: an engine that finds some of them unended would book them again.
func (e *Engine) storeEnd(l *live, ends []ending, token uint64) error {
	l.commit.Lock()
	defer l.commit.Unlock()
	ctx := context.WithoutCancel(e.ctx)
	m, now := sessionstore.Mutation{Token: token}, e.store.Now()
	forkErr, err := e.verify(ctx, l.id, ends[0].outcome, token)
	if err != nil {
		return err
	}
	for _, end := range ends {
		requests, err := e.dropped(ctx, end.job)
		if err != nil {
			return err
		}
		m.Requests = append(m.Requests, requests...)
		if end.status != sessionstore.TurnCompleted && end.into == "" {
			end.said = or(end.said, e.lastSaid(end.job))
		}
		m.Turns = append(m.Turns, end.apply(end.turn, now, forkErr))
	}
	err = e.write(ctx, m, l.id, func(s *sessionstore.Session) {
		for i, end := range ends {
			end.applyTo(s, m.Turns[i])
		}
		s.ForkVerified = s.ForkVerified || s.ParentID != "" && forkErr == nil && ends[0].status == sessionstore.TurnCompleted
		e.restatus(l, s, ends)
	})
	if err != nil {
		return err
	}
	for i, end := range ends {
		e.ended(l, end.job, m.Turns[i])
	}
	return nil
}

// restatus keeps the status of a session that has more to do than what ended.
func (e *Engine) restatus(l *live, s *sessionstore.Session, ends []ending) {
	e.mu.Lock()
	defer e.mu.Unlock()
	over := slices.ContainsFunc(ends, func(end ending) bool { return end.job == l.running })
	switch {
	case l.running != nil && !over: // what ended steered it, or was dropped
		s.Status, s.StatusReason = l.status(), l.running.turn.Reason
	case len(l.queue) > 0:
		s.Status, s.StatusReason = sessionstore.Queued, ""
	}
}

// ended takes a turn out of the engine's memory.
func (e *Engine) ended(l *live, j *job, turn sessionstore.Turn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l.running == j {
		l.running = nil
		e.acts.forget(l.id)
	}
	delete(e.jobs, turn.ID)
	j.turn = turn
	close(j.done)
	e.kick()
}

// apply is the turn with its outcome.
func (o outcome) apply(t sessionstore.Turn, now time.Time, forkErr error) sessionstore.Turn {
	t.Status, t.Reason, t.EndedAt = o.status, "", now
	t.Usage, t.Denials, t.LastMessage, t.FoldedInto = o.usage, o.denials, o.last, o.into
	if o.into != "" && t.StartedAt.IsZero() {
		t.StartedAt = now
	}
	switch {
	case o.status != sessionstore.TurnCompleted:
		t.Result, t.Error = o.said, &sessionstore.TurnError{Code: string(o.code), Message: o.text}
		if strings.Contains(o.text, o.said) { // Claude Code says an error of the API, too
			t.Result = ""
		}
	case forkErr != nil:
		t.Status, t.Result = sessionstore.TurnFailed, o.text
		t.Error = &sessionstore.TurnError{Code: string(Conflict), Message: forkErr.Error()}
	default:
		t.Result = o.text
	}
	return t
}

// applyTo books a turn that ended with its session.
func (o outcome) applyTo(s *sessionstore.Session, t sessionstore.Turn) {
	if neverBegan(t) && t.Status == sessionstore.TurnInterrupted {
		if s.Status == sessionstore.Queued {
			s.Status, s.StatusReason = sessionstore.Idle, ""
		}
		return
	}
	s.Usage = s.Usage.Add(o.usage)
	s.Turns++
	if o.costTotal > 0 {
		s.CostTotal = o.costTotal
	}
	if o.last != "" {
		s.LastMessage = o.last
	}
	if o.title != "" {
		s.CLITitle = o.title
	}
	s.Status, s.StatusReason = sessionstore.Idle, ""
	if t.Status == sessionstore.TurnCompleted {
		s.LastResult = firstLines(t.Result)
		return
	}
	if t.Error.Code == string(Conflict) { // a fork that is not what it should be: what it said stays
		s.LastResult = firstLines(t.Result)
	}
	s.StatusReason = oneline.Shorten(t.Error.Message, keptText)
	switch {
	case t.Status == sessionstore.TurnInterrupted:
		s.Status = sessionstore.Interrupted
	case t.Error.Code == string(SessionMissing):
		s.Status = sessionstore.Missing
	default:
		s.Status = sessionstore.Failed
	}
}

// verify compares a fork with its parent after its first turn. forkErr tells
// that the copy is not what it should be.
func (e *Engine) verify(ctx context.Context, id string, o outcome, token uint64) (forkErr, err error) {
	s, err := e.store.Session(ctx, id)
	if err != nil || s.ParentID == "" || s.ForkVerified || o.status != sessionstore.TurnCompleted {
		return nil, err
	}
	parent, err := e.source(ctx, s)
	if errors.Is(err, agent.ErrNoTranscript) {
		return errors.New("verifying a fork: its parent's transcript is gone"), nil
	}
	if err != nil {
		return nil, err
	}
	want, err := e.conversation(ctx, parent)
	if err != nil {
		return nil, err
	}
	if forkErr, err = e.compare(ctx, s, want); forkErr == nil || err != nil {
		return nil, err
	}
	if err := e.importTranscript(ctx, s, token); err != nil { // not all may have been told yet
		return nil, err
	}
	return e.compare(ctx, s, want)
}

// compare judges a fork by what the store holds of it.
func (e *Engine) compare(ctx context.Context, fork sessionstore.Session, parent *agent.Conversation) (forkErr, err error) {
	got, err := e.stored(ctx, fork.ID)
	if err != nil {
		return nil, err
	}
	return agent.VerifyFork(parent, got, fork.ForkedAt), nil
}

// update writes a change of a turn that goes on, and of its session.
func (e *Engine) update(l *live, j *job, turn sessionstore.Turn, token uint64, requests []sessionstore.Request, change func(*sessionstore.Session)) error {
	l.commit.Lock()
	defer l.commit.Unlock()
	m := sessionstore.Mutation{Token: token, Turns: []sessionstore.Turn{turn}, Requests: requests}
	if err := e.write(context.WithoutCancel(e.ctx), m, l.id, change); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	j.turn = turn
	j.note()
	return nil
}

// write commits m with a change of its session, again when somebody else
// changed the session meanwhile. The session's commit lock is held.
func (e *Engine) write(ctx context.Context, m sessionstore.Mutation, id string, change func(*sessionstore.Session)) error {
	for {
		s, err := e.store.Session(ctx, id)
		if err != nil {
			return err
		}
		version := s.Version
		change(&s)
		m.Update = &s
		_, err = e.store.Commit(ctx, m)
		if !errors.Is(err, sessionstore.ErrConflict) {
			return err
		}
		if now, err2 := e.store.Session(ctx, id); err2 != nil || now.Version == version {
			return err // the conflict is about the turn: it has ended already
		}
	}
}
