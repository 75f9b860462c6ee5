package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// liveFor is how long a process at a turn may take to carry out a change. It
// looks a model up that it does not know.
const liveFor = 10 * time.Second

// tellLive tells the process that is at a turn of a session of settings that
// were changed, and returns in sentences what comes of it. A session at rest
// has nothing to tell: its next turn begins with them.
func (c *Client) tellLive(ctx context.Context, s sessionstore.Session, changed []string) []string {
	l := c.hold(s.ID)
	defer c.drop(l)
	c.mu.Lock()
	queued, j := len(l.queue), l.running
	c.mu.Unlock()
	var told []string
	if j != nil {
		told = c.tellTurn(ctx, l, j, s.Settings, changed)
	}
	if queued > 0 {
		told = append(told, fmt.Sprintf("Turns that wait already (%d) keep the settings that they were asked with.", queued))
	}
	return told
}

// tellTurn changes what can be changed of a running turn. It may have no process,
// or one of an earlier engine's, which nobody can talk to. The turn that comes
// after it keeps what it was asked with.
func (c *Client) tellTurn(ctx context.Context, l *live, j *job, s sessionstore.Settings, changed []string) (told []string) {
	later := slices.Clone(changed)
	run := c.runOf(l, j)
	for _, change := range []struct {
		name, value string
		tell        func(context.Context) error
	}{
		{"model", or(s.Model, "Claude Code's default"), func(ctx context.Context) error { return run.SetModel(ctx, s.Model) }},
		{"permission_mode", options(s).PermissionMode, func(ctx context.Context) error { return run.SetPermissionMode(ctx, options(s).PermissionMode) }},
	} {
		i := slices.Index(later, change.name)
		if i < 0 || run == nil || c.runOf(l, j) != run {
			continue
		}
		later = slices.Delete(later, i, i+1)
		if err := c.tellRun(ctx, l, change.tell); err != nil {
			told = append(told, fmt.Sprintf("The running turn did not take %s %s (%v); it holds from the next prompt on.", change.name, change.value, err))
		} else {
			told = append(told, fmt.Sprintf("The running turn goes on with %s %s.", change.name, change.value))
		}
	}
	if len(later) > 0 {
		told = append(told, fmt.Sprintf("The running turn goes on as it was started; %s holds from the next prompt on.", strings.Join(later, ", ")))
	}
	return told
}

// tellRun tells a process something, and notes so before and after: whatever it
// was doing meanwhile, its next turn then begins as it is to.
func (e *Engine) tellRun(ctx context.Context, l *live, tell func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, liveFor)
	defer cancel()
	e.retell(l)
	defer e.retell(l)
	return tell(ctx)
}

// renameLive gives the session its title in Claude Code's own list, too, if a
// turn of it runs. One at rest keeps there what it has.
func (c *Client) renameLive(ctx context.Context, id, title string) {
	c.mu.Lock()
	var run *agent.Run
	if l := c.sessions[id]; l != nil && l.running != nil {
		run = l.running.run
	}
	c.mu.Unlock()
	if run == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, liveFor)
	defer cancel()
	if err := run.Rename(ctx, title); err != nil {
		c.log.Info("Claude Code did not take a title", "session", id, "err", err)
	}
}

// retell notes that the process of a session may no longer be as it was started.
func (e *Engine) retell(l *live) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l.retold = true
}

// retold tells whether a session's process may not be as it was started, once.
func (e *Engine) retold(l *live) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	was := l.retold
	l.retold = false
	return was
}
