package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// MaxFollow is how many sessions a Changes tells of at most.
const MaxFollow = 200

// ChangesRequest asks what has changed.
type ChangesRequest struct {
	Since       *uint64 `json:"since,omitempty"`        // Seq of an earlier answer; nil asks for the present Seq only
	Acts        *uint64 `json:"acts,omitempty"`         // Acts of an earlier answer, 0 at first: asks what running turns do since then, and nothing else
	WaitSeconds int     `json:"wait_seconds,omitempty"` // how long to wait for a change if there is none, at most MaxWaitSeconds
}

// Changes are the sessions that have changed, each once, as they are now.
type Changes struct {
	Seq      uint64   `json:"seq"` // Since of the next request
	Sessions []Row    `json:"sessions"`
	Deleted  []string `json:"deleted,omitempty"` // ids
	More     bool     `json:"more,omitempty"`    // there are more changes already
	// Resync tells that Since is too old, or of another store: list anew, and
	// go on from Seq.
	Resync bool `json:"resync,omitempty"`

	// Where the request has Acts: Acts of the next one, and the ids of the
	// sessions whose turn does or says something else since then.
	Acts   uint64   `json:"acts,omitempty"`
	Active []string `json:"active,omitempty"`
}

// Changes tells what has changed since a time. It never fails for being called
// late: see Changes.Resync.
func (c *Client) Changes(ctx context.Context, _ Call, req ChangesRequest) (Changes, error) {
	seq, err := c.store.Seq(ctx)
	if err != nil {
		return Changes{}, c.fail("following changes", err)
	}
	out := Changes{Seq: seq, Sessions: []Row{}}
	if req.Acts != nil {
		out.Acts, out.Active = c.awaitActs(ctx, *req.Acts, req.WaitSeconds)
		return out, nil
	}
	if req.Since == nil {
		return out, nil
	}
	list, err := c.awaitChanges(ctx, *req.Since, seq, req.WaitSeconds)
	if errors.Is(err, sessionstore.ErrResync) {
		out.Resync = true
		return out, nil
	}
	if err == nil && len(list) > 0 {
		err = c.gather(ctx, list, &out)
	}
	if err != nil {
		return Changes{}, c.fail("following changes", err)
	}
	out.More = len(list) > 0 && out.Seq < max(seq, list[len(list)-1].Seq)
	return out, nil
}

// awaitChanges returns what changed after since, or waits for it. That there
// is nothing is no error.
func (c *Client) awaitChanges(ctx context.Context, since, seq uint64, seconds int) ([]sessionstore.Change, error) {
	wait := changesWait(seconds)
	if since == seq && wait == 0 {
		return nil, nil
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if since != seq {
		waiting = ctx // it is there already
	}
	defer context.AfterFunc(c.ctx, cancel)()
	list, err := c.store.Changes(waiting, since, 0)
	if err != nil && waiting.Err() != nil && ctx.Err() == nil {
		return nil, nil
	}
	return list, err
}

func changesWait(seconds int) time.Duration {
	return time.Duration(min(max(seconds, 0), MaxWaitSeconds)) * time.Second
}

// awaitActs returns what running turns did after since, or waits for it. That
// there is nothing is no error.
func (c *Client) awaitActs(ctx context.Context, since uint64, seconds int) (last uint64, sessions []string) {
	waiting, cancel := context.WithTimeout(ctx, changesWait(seconds))
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()
	defer c.acts.wake(since, cancel)()
	<-waiting.Done()
	return c.acts.since(since)
}

// gather puts the sessions of some changes into out, as many as it may hold.
func (c *Client) gather(ctx context.Context, list []sessionstore.Change, out *Changes) error {
	seen := map[string]bool{}
	for _, change := range list {
		if !seen[change.SessionID] {
			if len(seen) == MaxFollow {
				return nil
			}
			seen[change.SessionID] = true
			if err := c.gatherOne(ctx, change.SessionID, out); err != nil {
				return err
			}
		}
		out.Seq = change.Seq
	}
	slices.SortStableFunc(out.Sessions, func(a, b Row) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	return nil
}

func (c *Client) gatherOne(ctx context.Context, id string, out *Changes) error {
	s, err := c.store.Session(ctx, id)
	switch {
	case errors.Is(err, sessionstore.ErrNotFound):
		out.Deleted = append(out.Deleted, id)
	case err != nil:
		return err
	default:
		row := c.row(s)
		row.LastResult = ""
		out.Sessions = append(out.Sessions, row)
	}
	return nil
}
