package engine

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// A spare is a process that was started ahead, as the last new session's was:
// the next session that would start one just like it takes it. It has had no
// prompt, so that it has written nothing and costs nothing but memory. There is
// one at most, beside those that are promised to a session already.
type spare struct {
	run          *agent.Run
	options      agent.Options // as it was started
	surroundings string
	configDir    string

	end   chan struct{} // closed when nobody will want it; Engine.mu
	ended bool          // end is closed; Engine.mu
	taken chan struct{} // closed by the runner that takes it
	done  chan struct{} // closed when nobody reads its events any more
	heard []agent.Event // before done
	gone  bool          // its process has ended; before done
}

// noteStart remembers how a new session's process was started.
func (e *Engine) noteStart(o agent.Options, configDir string) {
	if o.Resume != "" || o.MaxBudgetUSD > 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ahead = &spare{options: o, configDir: configDir}
}

// prepareSpare starts a spare process like that of the last new session, if
// there is none and there is room for one.
func (e *Engine) prepareSpare() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || e.ahead == nil || e.spare != nil || e.preparing || e.cfg.MaxWarm < 1 || e.pace.slow(time.Now()) || e.cfg.Warm <= 0 || e.cfg.Memory() < shortMemory {
		return
	}
	sp := *e.ahead
	sp.options.SessionID, sp.options.RunID = uuid.NewString(), uuid.NewString()
	sp.end, sp.taken, sp.done = make(chan struct{}), make(chan struct{}), make(chan struct{})
	e.preparing = true
	e.wg.Go(func() {
		if e.startSpare(&sp) {
			e.mind(&sp)
		}
	})
}

// startSpare starts the process, while nobody waits for it.
func (e *Engine) startSpare(sp *spare) bool {
	sp.surroundings = agent.Surroundings(sp.options.Dir, sp.configDir)
	run, err := agent.Start(e.ctx, sp.options)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.preparing = false
	if err != nil {
		e.log.Info("no process could be started ahead", "err", err)
		e.ahead = nil
		return false
	}
	sp.run, e.spare = run, sp
	return true
}

// mind looks after a spare process until it is taken or ends.
func (e *Engine) mind(sp *spare) {
	defer close(sp.done)
	over := time.NewTimer(e.cfg.Warm)
	defer over.Stop()
	for {
		select {
		case <-sp.taken:
			return
		case ev, ok := <-sp.run.Events():
			if sp.heard = append(sp.heard, ev); !ok {
				e.bury(sp)
				return
			}
		case <-sp.end:
			e.bury(sp)
			return
		case <-over.C:
			e.bury(sp)
			return
		case <-e.closing:
			e.bury(sp)
			return
		}
	}
}

// bury ends a spare process.
func (e *Engine) bury(sp *spare) {
	sp.gone = true
	e.mu.Lock()
	if e.spare == sp {
		e.spare = nil
	}
	e.mu.Unlock()
	go func() {
		for range sp.run.Events() { // let it end
		}
	}()
	if err := sp.run.Stop(context.Background(), endGrace); err != nil {
		e.log.Warn("ending a spare process", "err", err)
	}
}

// retireSpare ends the spare process that nobody has been promised. Engine.mu
// is held.
func (e *Engine) retireSpare() {
	if e.spare != nil {
		e.spare.retire()
		e.spare = nil
	}
}

// retire lets a spare end. Engine.mu is held.
func (sp *spare) retire() {
	if !sp.ended {
		sp.ended = true
		close(sp.end)
	}
}

// newID is the id for a new session: that of the spare process if it can be
// had for these settings, which it is promised then.
func (c *Client) newID(settings sessionstore.Settings, cwd string) string {
	o, err := c.options(settings, cwd, c.env)
	id := uuid.NewString()
	if err != nil {
		return id // the turn's own start will say it
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	sp := c.spare
	if sp == nil || settings.SessionBudgetUSD > 0 || launchKey(sp.options) != launchKey(o) {
		return id
	}
	c.spare = nil
	c.promised[sp.options.SessionID] = sp
	return sp.options.SessionID
}

// unpromise gives a spare process up that was promised to a session which will
// not be.
func (e *Engine) unpromise(sessionID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if sp := e.promised[sessionID]; sp != nil {
		delete(e.promised, sessionID)
		sp.retire()
	}
}

// spareFor is the spare process that was promised to a session, if it still
// suits; nil: there is none.
func (e *Engine) spareFor(launch agent.Options) *spare {
	e.mu.Lock()
	sp := e.promised[launch.SessionID]
	delete(e.promised, launch.SessionID)
	e.mu.Unlock()
	if sp == nil {
		return nil
	}
	if launch.Resume != "" || launchKey(sp.options) != launchKey(launch) ||
		sp.surroundings != agent.Surroundings(launch.Dir, sp.configDir) {
		e.mu.Lock()
		sp.retire()
		e.mu.Unlock()
		<-sp.done // two processes of one session must not be
		return nil
	}
	close(sp.taken)
	<-sp.done
	if sp.gone {
		return nil
	}
	return sp
}

// take makes a spare process the runner's.
func (r *runner) take(sp *spare) {
	r.have(sp.run, sp.options, sp.surroundings)
	r.used = true
	for _, ev := range sp.heard {
		r.overhear(ev)
	}
}
