package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// freeWait is how long Prune waits for the files to become smaller. It is less
// than a call may take.
const freeWait = 20 * time.Second

// Prune drops copies of transcripts, or says which it would drop.
func (c *Client) Prune(ctx context.Context, call Call, req PruneRequest) (PruneResult, error) {
	which, err := c.selection(req)
	if err != nil {
		return PruneResult{}, err
	}
	p, err := c.choose(ctx, which)
	if err != nil {
		return PruneResult{}, c.fail("looking for copies to drop", err)
	}
	out := PruneResult{Kept: p.space.Kept, Last: p.last, LastBytes: p.lastBytes}
	for i, stored := range p.chosen {
		if req.Apply {
			if dropped, err := c.dropCopy(ctx, stored, which.last); err != nil {
				return PruneResult{}, c.fail("dropping a copy", err)
			} else if !dropped {
				continue
			}
		}
		if (i+1)%100 == 0 && call.OnProgress != nil {
			call.OnProgress(Progress{Text: fmt.Sprintf("dropped %s of %s", thousands(i+1), thousands(len(p.chosen)))})
		}
		out.add(stored)
	}
	if !req.Apply || out.Dropped == 0 {
		return out, nil
	}
	return out, c.freed(ctx, p.space, &out)
}

func (c *Client) selection(req PruneRequest) (selection, error) {
	which := selection{last: req.LastCopies, most: -1}
	if req.OlderThan == "" && req.MaxBytes == nil {
		return which, Errorf(InvalidArgument, "Give an age such as 90d, or a size such as 2GiB, or both.", "nothing says which copies are to be dropped.")
	}
	var err error
	if which.before, err = since("older_than", req.OlderThan, c.store.Now()); err != nil {
		return which, err
	}
	if req.MaxBytes != nil {
		which.most = max(*req.MaxBytes, 0)
	}
	return which, nil
}

// add books a copy as dropped.
func (out *PruneResult) add(c storedCopy) {
	out.Dropped++
	out.Bytes += c.bytes
	out.Kept = max(out.Kept-c.bytes, 0)
	if len(out.Sessions) < MaxPruned {
		out.Sessions = append(out.Sessions, Pruned{
			ID: c.session.ID, Title: oneline.Cut(c.session.Title(), rowTitle), UpdatedAt: c.session.UpdatedAt.UTC().Format(time.DateOnly), Bytes: c.bytes,
		})
	}
}

// freed waits until what was dropped is off the disk, but not for too long.
func (c *Client) freed(ctx context.Context, before sessionstore.Space, out *PruneResult) error {
	done := make(chan struct{})
	if !c.spawn(func() { defer close(done); c.compact() }) {
		close(done)
	}
	select {
	case <-done:
	case <-time.After(freeWait):
		out.Freeing = true
	case <-ctx.Done():
		out.Freeing = true
	}
	after, err := c.store.Space(context.WithoutCancel(ctx))
	if err != nil {
		return c.fail("measuring the store", err)
	}
	out.DiskBefore, out.DiskAfter, out.Kept = before.Disk, after.Disk, after.Kept
	return nil
}
