package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

const (
	correctors   = 2                     // records that are made again at once
	correctRetry = time.Second           // until a session that is in use is tried again
	quietTick    = 20 * time.Millisecond // how often it is looked whether there is an import to wait for
)

// corrections is how far the pass is that makes the records again which an
// engine with other reading rules has stored (agent.SummaryVersion).
type corrections struct {
	mu      sync.Mutex
	looked  bool            // it is known which they are
	pending map[string]bool // sessions whose record is still to be made again
	total   int             // how many there were
	changed int             // records that have changed
	left    map[string]int  // sessions whose record stays as it was, by reason
}

// correctAll makes the records again that are outdated, the newest first, when
// nothing is being imported. Where it is cut off, the next engine goes on: the
// version in the source of a session tells what is done.
func (e *Engine) correctAll() {
	ctx, cancel := e.untilClosing()
	defer cancel()
	queue, err := e.outdated(ctx)
	if err != nil {
		e.log.Error("looking for records that are to be made again", "err", err)
		return // each is when its session is asked for, or its file changes
	}
	e.corrections.begin(queue)
	for len(queue) > 0 {
		if queue = e.correctThese(ctx, queue); len(queue) > 0 {
			wait(ctx, correctRetry)
		}
		if ctx.Err() != nil {
			return
		}
	}
	if told := e.corrections.told(); told != "" {
		e.log.Info(told)
	}
}

// outdated are the sessions whose source was made by other rules, the newest
// first.
func (e *Engine) outdated(ctx context.Context) (ids []string, err error) {
	var found []sessionstore.Source
	for src, err := range e.store.Sources(ctx) {
		if err != nil {
			return nil, err
		}
		if versionOf(src) != agent.SummaryVersion {
			found = append(found, sessionstore.Source{SessionID: src.SessionID, ModTime: src.ModTime})
		}
	}
	slices.SortFunc(found, func(a, b sessionstore.Source) int { return b.ModTime.Compare(a.ModTime) })
	for _, src := range found {
		ids = append(ids, src.SessionID)
	}
	return ids, nil
}

// correctThese corrects sessions, and returns those that are in use.
func (e *Engine) correctThese(ctx context.Context, ids []string) (used []string) {
	var mu sync.Mutex
	var workers errgroup.Group
	workers.SetLimit(correctors)
	for _, id := range ids {
		for ctx.Err() == nil && !e.quiet() {
			wait(ctx, quietTick)
		}
		if ctx.Err() != nil {
			break
		}
		workers.Go(func() error {
			if !e.correctOne(ctx, id, (*importer).tryClaim) {
				mu.Lock()
				defer mu.Unlock()
				used = append(used, id)
			}
			return nil
		})
	}
	_ = workers.Wait() // none returns an error
	return used
}

// wait returns after a time, or when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// quiet reports whether nothing is being imported.
func (e *Engine) quiet() bool {
	return !slices.ContainsFunc(e.allImporters(), (*importer).active)
}

// active reports whether there is anything to import.
func (im *importer) active() bool {
	im.mu.Lock()
	defer im.mu.Unlock()
	return im.ctx.Err() == nil && (!im.looked || im.busy+len(im.live)+len(im.long)+len(im.glances)+len(im.whole) > 0)
}

// correctOne corrects a session whose record is still to be made again, once it
// has claimed its transcript. It is false if the session is in use.
func (e *Engine) correctOne(ctx context.Context, id string, claim func(im *importer, id, path string) (*file, error)) bool {
	src, err := e.store.Source(ctx, id)
	var s sessionstore.Session
	if err == nil {
		s, err = e.store.Session(ctx, id)
	}
	if err != nil || versionOf(src) == agent.SummaryVersion {
		e.corrections.note(id, false, ignoreUnknown(err))
		return true
	}
	im := e.importerOf(s.ConfigDir)
	f, err := claim(im, id, src.Path)
	if err != nil {
		return false
	}
	defer im.release(f)
	_, err = im.correct(0, foundAt(src))
	switch {
	case errors.Is(err, errLater):
		return false
	case err != nil && ctx.Err() == nil:
		e.log.Warn("a record cannot be made again", "session", id, "err", err)
	}
	return true
}

// foundAt is the file of a source as it is now; of size 0 if it is not there.
func foundAt(src sessionstore.Source) agent.FoundTranscript {
	found, _ := agent.LookAt(src.Path)
	if found == nil {
		return agent.FoundTranscript{SessionID: src.SessionID, Path: src.Path, ModTime: src.ModTime}
	}
	return *found
}

// tryClaim is claim for one who does not wait: errLater, if somebody is at the
// transcript or is to be.
func (im *importer) tryClaim(id, path string) (*file, error) {
	im.mu.Lock()
	f := im.files[id]
	used := f != nil && (f.working || f.queued || f.later)
	im.mu.Unlock()
	if used {
		return nil, errLater
	}
	return im.claim(id, path)
}

// correctNow corrects a session before its turn, for a call that asks for it. A
// session that is in use stays as it is.
func (e *Engine) correctNow(ctx context.Context, id string) {
	done := make(chan struct{})
	if !e.spawn(func() { defer close(done); e.correctOne(e.ctx, id, (*importer).claim) }) {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// begin notes which records are to be made again.
func (c *corrections) begin(ids []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looked, c.total = true, len(ids)
	c.pending, c.left = make(map[string]bool, len(ids)), map[string]int{}
	for _, id := range ids {
		c.pending[id] = true
	}
}

// mayLack reports whether the record of a session may still have to be made
// again.
func (c *corrections) mayLack(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.looked || c.pending[id]
}

// note books what came of a session. One that is in use stays pending.
func (c *corrections) note(id string, changed bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.pending[id] || errors.Is(err, errLater) || errors.Is(err, context.Canceled) || errors.Is(err, sessionstore.ErrClosed) {
		return
	}
	delete(c.pending, id)
	switch {
	case err != nil:
		c.left[whyLeft(err)]++
	case changed:
		c.changed++
	}
}

// whyLeft is the reason for people why a record was not made again.
func whyLeft(err error) string {
	for _, known := range []error{errNoLines, errNoConversation} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if errors.Is(err, sessionstore.ErrFull) {
		return "the disk is nearly full"
	}
	return "an error, which the engine's log has"
}

// told says how far it is; "" if no record was outdated when the engine started.
func (c *corrections) told() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total == 0 {
		return ""
	}
	if n := len(c.pending); n > 0 {
		return fmt.Sprintf("records of %s sessions are being made again from their stored lines: %s done", thousands(c.total), thousands(c.total-n))
	}
	text := fmt.Sprintf("records of %s sessions were made again from their stored lines: %s corrected", thousands(c.total), thousands(c.changed))
	var left []string
	for _, why := range slices.Sorted(maps.Keys(c.left)) {
		left = append(left, fmt.Sprintf("%s left as they were (%s)", thousands(c.left[why]), why))
	}
	return strings.Join(append([]string{text}, left...), ", ")
}
