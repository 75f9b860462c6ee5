package tools

import (
	"context"
	"slices"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// actGap is the least time between two notifications of what a turn does.
const actGap = time.Second

// followActs tells those who follow a session what its turn does and says, until
// ctx ends: the first at once, and what comes quicker than actGap together.
func (f *follower) followActs(ctx context.Context) {
	var acts uint64
	for ctx.Err() == nil {
		changes, err := f.sessions.Changes(ctx, engine.Call{}, engine.ChangesRequest{Acts: &acts, WaitSeconds: followWait})
		if err != nil {
			f.log.Debug("following what turns do", "error", err)
		} else {
			acts = changes.Acts
			f.tellActs(changes.Active)
		}
		pause(ctx, actGap)
	}
}

func (f *follower) tellActs(active []string) {
	var sends []func()
	f.mu.Lock()
	for _, t := range f.told {
		if t.acts && slices.Contains(active, t.session) {
			sends = append(sends, t.send)
		}
	}
	f.mu.Unlock()
	for _, send := range sends {
		send()
	}
}
