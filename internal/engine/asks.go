package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// asking is what is known of the requests that processes of this engine wait
// for, for those who want to be told at once. Engine.mu guards it.
type asking struct {
	seq     uint64
	changed chan struct{} // closed and replaced with each change
	open    map[string]asker
}

// asker is an open request, and the job whose process has asked.
type asker struct {
	sessionstore.Request
	job *job
}

// newAsking counts on from the time: no caller has heard of what it is at from an
// earlier engine.
func newAsking() asking {
	return asking{seq: uint64(time.Now().UnixMilli()), changed: make(chan struct{}), open: map[string]asker{}}
}

func (a *asking) change() {
	a.seq++
	close(a.changed)
	a.changed = make(chan struct{})
}

// opened and settled tell of a request that is open, and no longer.
func (e *Engine) opened(j *job, r sessionstore.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asking.open[r.ID] = asker{r, j}
	e.asking.change()
}

func (e *Engine) settled(ids ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, id := range ids {
		if _, ok := e.asking.open[id]; ok {
			delete(e.asking.open, id)
			e.asking.change()
		}
	}
}

// Requests tells which requests are open. With Since it waits for a change.
func (c *Client) Requests(ctx context.Context, _ Call, req RequestsRequest) (OpenRequests, error) {
	seq := c.awaitAsking(ctx, req)
	out := OpenRequests{Seq: seq, Requests: []Request{}}
	var err error
	if req.Mine {
		err = c.myRequests(ctx, &out)
	} else {
		err = c.allRequests(ctx, &out)
	}
	if err != nil {
		return OpenRequests{}, c.fail("reading requests", err)
	}
	slices.SortFunc(out.Requests, func(a, b Request) int {
		return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// awaitAsking returns when the requests are no longer those of req.Since, or the
// time is over.
func (c *Client) awaitAsking(ctx context.Context, req RequestsRequest) uint64 {
	over := time.NewTimer(time.Duration(min(max(req.WaitSeconds, 0), MaxWaitSeconds)) * time.Second)
	defer over.Stop()
	for {
		c.mu.Lock()
		seq, changed := c.asking.seq, c.asking.changed
		c.mu.Unlock()
		if seq != req.Since || req.WaitSeconds <= 0 {
			return seq
		}
		select {
		case <-changed:
		case <-over.C:
			return seq
		case <-c.closing:
			return seq
		case <-ctx.Done():
			return seq
		}
	}
}

// myRequests are those of turns that this caller has asked for.
func (c *Client) myRequests(ctx context.Context, out *OpenRequests) error {
	c.mu.Lock()
	var mine []sessionstore.Request
	for _, a := range c.asking.open {
		if id := c.caller.ID; id != "" && a.job.env != nil && a.job.env.caller.ID == id {
			mine = append(mine, a.Request)
		}
	}
	c.mu.Unlock()
	for _, r := range mine {
		if err := c.showRequest(ctx, r, out); err != nil {
			return err
		}
	}
	return nil
}

// allRequests are those of all sessions, also of turns whose process is gone and
// will ask again.
func (c *Client) allRequests(ctx context.Context, out *OpenRequests) error {
	turns, err := c.store.LiveTurns(ctx)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, t := range turns {
		if seen[t.SessionID] {
			continue
		}
		seen[t.SessionID] = true
		open, err := c.store.Requests(ctx, t.SessionID, true)
		if err != nil {
			return ignoreUnknown(err)
		}
		for _, r := range open {
			if err := c.showRequest(ctx, r, out); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Client) showRequest(ctx context.Context, r sessionstore.Request, out *OpenRequests) error {
	s, err := c.store.Session(ctx, r.SessionID)
	if err != nil {
		return ignoreUnknown(err)
	}
	out.Requests = append(out.Requests, c.viewRequest(r, s))
	return nil
}
