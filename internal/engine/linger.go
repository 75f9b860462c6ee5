package engine

import (
	"context"
	"os"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
)

const (
	// lingerFor is how long the process of an adopted turn that has its answer may
	// write nothing: sub-agents that are at work still write theirs.
	lingerFor = 2 * time.Minute
	// lingerLook is how often it is looked at.
	lingerLook = 10 * time.Second
)

// endLingering ends the process of an adopted turn that is done with it and does
// not go: Claude Code waits for whatever it has left running in the background (a
// server, say), and the turn would last for as long. It returns when ctx ends.
func (e *Engine) endLingering(ctx context.Context, j *job, p agent.Process) {
	tick := time.NewTicker(lingerLook)
	defer tick.Stop()
	for {
		if e.lingers(ctx, j) {
			e.log.Info("a turn's process is done and does not end: ending it", "turn", j.id, "pid", p.PID)
			if err := agent.Terminate(p); err != nil {
				e.log.Warn("ending an earlier engine's process", "pid", p.PID, "err", err)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// lingers tells whether a turn has its answer, and nothing has been written since
// for a while.
func (e *Engine) lingers(ctx context.Context, j *job) bool {
	s, err := e.store.Session(ctx, j.turn.SessionID)
	if err != nil {
		return false
	}
	path, err := agent.FindTranscript(s.ConfigDir, s.Cwd, s.ID)
	if err != nil {
		return false
	}
	files, err := agent.TranscriptFiles(path)
	if err != nil {
		return false
	}
	for _, f := range files {
		if info, err := os.Stat(f.Path); err != nil || time.Since(info.ModTime()) < lingerFor {
			return false
		}
	}
	conv, err := e.written(ctx, s)
	return err == nil && conv.Turn(sentAs(j.turn)).Answered
}
