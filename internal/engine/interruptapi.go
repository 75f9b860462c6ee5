package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// InterruptRequest stops what a session does.
type InterruptRequest struct {
	Session     string `json:"session" jsonschema:"Name, id, or unique prefix (4 or more characters) of the id of the session to stop."`
	DropQueue   bool   `json:"drop_queue,omitzero" jsonschema:"Also drop the prompts that wait in line. Without it the next of them begins at once."`
	WaitSeconds *int   `json:"wait_seconds,omitzero" jsonschema:"How long to wait for the turn to stop, 0 to 45. It is ended the hard way after a few seconds."`
}

// Interruption is the outcome of an InterruptRequest.
type Interruption struct {
	Session     Session  `json:"session"`
	Interrupted bool     `json:"interrupted"`       // a turn ran, and was stopped or is being stopped
	Turn        *Turn    `json:"turn,omitempty"`    // that one
	Dropped     []string `json:"dropped,omitempty"` // ids of the turns that waited and will not be
	Next        string   `json:"next,omitempty"`
}

// Interrupt stops the running turn of a session and keeps what was said. That
// nothing runs is no error.
func (c *Client) Interrupt(ctx context.Context, call Call, req InterruptRequest) (Interruption, error) {
	wait, err := waitSeconds(req.WaitSeconds)
	if err != nil {
		return Interruption{}, err
	}
	s, err := c.find(ctx, "session", req.Session)
	if err != nil {
		return Interruption{}, err
	}
	l := c.hold(s.ID)
	defer c.drop(l)
	out := Interruption{}
	if req.DropQueue {
		if out.Dropped, err = c.dropQueue(ctx, l, "dropped from the queue by "+or(call.Client, "a client")); err != nil {
			return out, err
		}
	}
	c.mu.Lock()
	j := l.running
	c.mu.Unlock()
	if j != nil {
		out.Interrupted = true
		c.interrupt(l, "interrupted by "+or(call.Client, "a client"))
		select {
		case <-j.done:
		case <-time.After(time.Duration(wait) * time.Second):
		case <-ctx.Done():
		case <-c.closing:
		}
	}
	return c.interruption(context.WithoutCancel(ctx), s.ID, j, out)
}

func (c *Client) interruption(ctx context.Context, id string, j *job, out Interruption) (Interruption, error) {
	turn := ""
	if j != nil {
		turn = j.id
	}
	a, err := c.answer(ctx, id, turn)
	if err != nil {
		return out, err
	}
	out.Session, out.Turn = a.Session, a.Turn
	switch {
	case j == nil && len(out.Dropped) == 0:
		out.Next = "Nothing ran, so nothing was stopped. Call resume_session to go on."
	case out.Turn != nil && !out.Turn.Status.Ended():
		out.Next = fmt.Sprintf("It is being stopped. Call wait_for_session with sessions [%q].", reference(out.Session))
	case out.Turn != nil:
		out.Next = a.Next
	default:
		out.Next = "Call resume_session with another prompt."
	}
	return out, nil
}

// dropQueue ends the turns of a session that wait, and returns their ids. A
// prompt that Claude Code has and does not give back stays.
func (e *Engine) dropQueue(ctx context.Context, l *live, reason string) ([]string, error) {
	e.mu.Lock()
	j := l.running
	e.mu.Unlock()
	if run := e.runOf(l, j); run != nil {
		withdrawing, cancel := context.WithTimeout(ctx, interruptFor)
		e.withdraw(withdrawing, l, run)
		cancel()
	}
	e.mu.Lock()
	var dropped, stay []*job
	for _, j := range l.queue {
		if j.sentTo != nil {
			stay = append(stay, j)
			continue
		}
		j.taken = true
		dropped = append(dropped, j)
	}
	l.queue = stay
	e.mu.Unlock()
	var ids []string
	for i, j := range dropped {
		if err := e.storeEnd(l, []ending{{j, interruption(reason)}}, 0); err != nil {
			e.putBackAll(l, dropped[i:])
			return ids, e.fail("dropping a turn", err)
		}
		ids = append(ids, j.id)
	}
	return ids, nil
}

// runOf is the process that is at a turn of a session; nil: none, or the turn does
// not run now.
func (e *Engine) runOf(l *live, j *job) *agent.Run {
	e.mu.Lock()
	defer e.mu.Unlock()
	if j == nil || l.running != j {
		return nil
	}
	return j.run
}

// putBackAll lets turns wait again that could not be ended.
func (e *Engine) putBackAll(l *live, jobs []*job) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, j := range jobs {
		e.insert(l, j)
	}
	e.kick()
}

// neverBegan tells of a turn that was ended before any process had it.
func neverBegan(t sessionstore.Turn) bool { return t.StartedAt.IsZero() }
