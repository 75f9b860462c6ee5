package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// checkHolder refuses to resume a session that another Claude Code has open:
// of two that write one session, what one says is lost without a word.
func (c *Client) checkHolder(s sessionstore.Session, force bool) error {
	if force || c.atWork(s.ID) { // then it is our own run that has it open
		return nil
	}
	err := heldElsewhere(s, c.processOf(s.ID))
	if err != nil && c.atWork(s.ID) { // it may just have begun
		return nil
	}
	return err
}

// processOf is the pid of our own process that has a session open, or was
// started ahead for it; 0: none.
func (e *Engine) processOf(id string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l := e.sessions[id]; l != nil && l.pid != 0 {
		return l.pid
	}
	if sp := e.promised[id]; sp != nil {
		return sp.run.Process().PID
	}
	return 0
}

// heldElsewhere refuses a session that any Claude Code has open, but for the
// process with this pid.
func heldElsewhere(s sessionstore.Session, but int) error {
	holders := slices.DeleteFunc(agent.Holders(s.ConfigDir, s.ID), func(h agent.Holder) bool { return h.PID == but })
	if len(holders) == 0 {
		return nil
	}
	h := holders[0]
	who := fmt.Sprintf("Claude Code process %d", h.PID)
	if h.Status != "" {
		who += " (" + h.Status + ")"
	}
	return Errorf(Busy, "End it there first, or call fork_session to go on from here in a copy; force resumes it all the same.",
		"the session is open elsewhere: %s in %s.", who, or(h.Cwd, s.Cwd))
}

// current is a session with what its transcript says now.
func (c *Client) current(ctx context.Context, s sessionstore.Session) (sessionstore.Session, error) {
	c.upToDate(ctx, s)
	now, err := c.store.Session(ctx, s.ID)
	if err != nil {
		return s, c.fail("reading a session", err)
	}
	return now, nil
}

// workElsewhere tells whether another Claude Code, in a terminal or an editor,
// is at a turn of a session that none of our runs is at, and which.
func (e *Engine) workElsewhere(s sessionstore.Session) (agent.Holder, bool) {
	if e.atWork(s.ID) {
		return agent.Holder{}, false
	}
	own := e.processOf(s.ID) // before its note is read: it may end meanwhile
	for _, h := range agent.Holders(s.ConfigDir, s.ID) {
		if h.PID != own && h.Status != holderIdle && !e.atWork(s.ID) {
			return h, true
		}
	}
	return agent.Holder{}, false
}

// busyElsewhere are the sessions that other Claude Codes are at a turn of.
func (e *Engine) busyElsewhere() map[string]bool {
	own := e.processes() // before notes are read: they may end meanwhile
	busy := map[string]bool{}
	for _, im := range e.allImporters() {
		for _, h := range agent.Holders(im.dir, "") {
			if h.Status != holderIdle && !own[h.PID] {
				busy[h.SessionID] = true
			}
		}
	}
	return busy
}

// processes are the pids of our own that have a session open, or are for one.
func (e *Engine) processes() map[int]bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	pids := map[int]bool{}
	for _, l := range e.sessions {
		pids[l.pid] = true
	}
	for _, sp := range e.promised {
		pids[sp.run.Process().PID] = true
	}
	return pids
}

// holderIdle is the word of a Claude Code that waits for a prompt.
const holderIdle = "idle"

// nowAnywhere is as now, and knows what other Claude Codes do.
func (e *Engine) nowAnywhere(s sessionstore.Session) (sessionstore.Status, string) {
	status, reason := e.now(s)
	if h, at := e.workElsewhere(s); at {
		return sessionstore.Running, fmt.Sprintf("at work outside of this server (Claude Code process %d)", h.PID)
	}
	return status, reason
}
