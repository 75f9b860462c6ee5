package engine

import (
	"context"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// upToDate waits until what the transcript of a session says now is imported,
// and tells whether it is: ctx may end first. A session that a run of ours is at
// needs no import.
func (e *Engine) upToDate(ctx context.Context, s sessionstore.Session) bool {
	e.mu.Lock()
	im := e.importers[s.ConfigDir]
	e.mu.Unlock()
	if im == nil {
		return true
	}
	path, err := agent.FindTranscript(s.ConfigDir, s.Cwd, s.ID)
	if err != nil {
		return true
	}
	found, _ := agent.LookAt(path)
	if found == nil {
		return true
	}
	im.mu.Lock()
	im.note(*found, true)
	im.mu.Unlock()
	return im.idle(ctx, s.ID)
}

// idle waits until a transcript waits for no import, and tells whether it does.
func (im *importer) idle(ctx context.Context, id string) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		im.mu.Lock()
		f := im.files[id]
		busy := f != nil && (f.queued || f.working)
		im.mu.Unlock()
		if !busy {
			return true
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		case <-im.ctx.Done():
			return false
		}
	}
}
