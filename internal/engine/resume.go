package engine

import (
	"context"
	"errors"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Resume adds a turn to a session. Its settings are applied again without
// being named; those in req become the session's.
func (c *Client) Resume(ctx context.Context, call Call, req ResumeRequest) (Answer, error) {
	if err := errors.Join(c.admit(req.WaitSeconds), checkNext(req), checkSteer(req)); err != nil {
		return Answer{}, AsError(err)
	}
	wait := req.WaitSeconds
	req.WaitSeconds = nil
	print := fingerprintOf("resume", req)
	if r, err := c.receipt(ctx, req.IdempotencyKey, print); err != nil {
		return Answer{}, err
	} else if r != nil {
		return c.repeat(ctx, call, *r, wait)
	}
	s, err := c.findListed(ctx, call, req.Session)
	if err != nil {
		return Answer{}, err
	}
	if err := c.checkHolder(s, req.Force); err != nil {
		return Answer{}, err
	}
	if req.Continue {
		stop := c.tellImport(call)
		c.upToDate(ctx, s)
		stop()
	}
	receipt, err := c.addTurn(ctx, call, s.ID, req, print)
	if err != nil {
		return Answer{}, err
	}
	return c.repeat(ctx, call, receipt, wait)
}

// addTurn stores a turn and lets it wait in its session's queue.
func (c *Client) addTurn(ctx context.Context, call Call, id string, req ResumeRequest, print string) (sessionstore.Receipt, error) {
	l := c.hold(id)
	defer c.drop(l)
	l.commit.Lock()
	defer l.commit.Unlock()
	s, err := c.changed(ctx, id, &req)
	if err != nil {
		return sessionstore.Receipt{}, err
	}
	turn := c.newTurn(call, s, req.Prompt)
	turn.Force = req.Force
	steers, err := c.place(ctx, l, &s, &turn, req.IfBusy)
	if err != nil {
		return sessionstore.Receipt{}, err
	}
	receipt := sessionstore.Receipt{SessionID: id, TurnID: turn.ID, Request: print}
	done, err := c.store.Commit(ctx, sessionstore.Mutation{
		Update: &s, Turns: []sessionstore.Turn{turn}, Key: req.IdempotencyKey, Receipt: receipt,
	})
	if err != nil {
		return receipt, c.fail("storing a turn", err)
	}
	if d := done.Duplicate; d != nil {
		return *d, checkReceipt(*d, print)
	}
	if steers != nil {
		c.steer(l, newJob(turn, c.env), steers)
		return receipt, nil
	}
	c.enqueue(l, newJob(turn, c.env))
	if req.IfBusy == IfBusyInterrupt {
		c.interrupt(l, "interrupted by a later prompt")
	}
	return receipt, nil
}

// changed is the session with what a request changes of it, checked; the
// prompt of a request to go on is found. The session's commit lock is held.
func (c *Client) changed(ctx context.Context, id string, req *ResumeRequest) (sessionstore.Session, error) {
	s, err := c.store.Session(ctx, id)
	if err != nil {
		return s, c.fail("reading a session", err)
	}
	if req.Continue {
		if req.Prompt, err = c.continuation(ctx, s); err != nil {
			return s, err
		}
	}
	before, old := s, s.Settings
	if s.Settings, err = c.settings(req.SettingsPatch, old); err != nil {
		return s, err
	}
	if err := checkSessionBudget(s); err != nil {
		return s, err
	}
	if s.LastMessage != "" {
		if err := samePrompt(old, s.Settings); err != nil {
			return s, err
		}
	}
	if s.Cwd, err = c.sessionFolder(req.Cwd, s.Cwd); err != nil {
		return s, err
	}
	if err := c.sameConfig(s); err != nil {
		return s, err
	}
	if err := c.checkWider(before, s); err != nil {
		return s, err
	}
	s.LastPrompt = oneline.Shorten(req.Prompt, keptText)
	if s.FirstPrompt == "" {
		s.FirstPrompt = s.LastPrompt
	}
	return s, nil
}

// sameConfig refuses a client whose Claude Code keeps its transcripts
// elsewhere: two copies of a session would each miss what the other one says.
func (c *Client) sameConfig(s sessionstore.Session) error {
	if s.ConfigDir == "" || s.ConfigDir == c.env.configDir {
		return nil
	}
	return Errorf(Conflict, "Call from a client with CLAUDE_CONFIG_DIR="+s.ConfigDir+".",
		"the session lives in Claude Code's config folder %s, and this client uses %s.", s.ConfigDir, c.env.configDir)
}

// place finds the turn's place in the queue and sets the session's status. Steers
// is the process that is to have its prompt at once. The session's commit lock is
// held.
func (c *Client) place(ctx context.Context, l *live, s *sessionstore.Session, turn *sessionstore.Turn, how IfBusy) (steers *agent.Run, err error) {
	last, err := c.lastSeq(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.busy() && how == IfBusyFail {
		return nil, Errorf(Busy, "Try again later, or let if_busy queue the prompt or interrupt the running turn.", "the session is at work: %s.", l.doing())
	}
	l.lastSeq = max(l.lastSeq, last)
	if steers = l.steerable(); how == IfBusySteer && steers != nil && l.running.fits(turn.Settings) {
		turn.Seq, turn.Run = l.steerSeq(), l.running.turn.Run
		return steers, nil
	}
	turn.Seq = l.nextSeq(how == IfBusyInterrupt)
	if status := l.status(); status == "" || status == sessionstore.Queued {
		s.Status, s.StatusReason = sessionstore.Queued, ""
	}
	return nil, nil
}

// doing says what keeps the session busy. Engine.mu is held.
func (l *live) doing() string {
	switch {
	case l.running != nil && l.running.activity != "":
		return l.running.activity
	case l.running != nil:
		return "a turn is running"
	case l.blocked != "":
		return l.blocked
	}
	return "prompts are waiting"
}

func (c *Client) lastSeq(ctx context.Context, id string) (int64, error) {
	for t, err := range c.store.Turns(ctx, id) {
		if err != nil {
			return 0, c.fail("reading turns", err)
		}
		return t.Seq, nil
	}
	return 0, nil
}
