package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// A selection says which copies of transcripts are to be dropped.
type selection struct {
	before time.Time // only of sessions that were not active since; zero: of all
	most   int64     // only as long as all copies take more than this, in bytes; negative: of all
	last   bool      // also where no other copy is left
}

// storedCopy is a session with what its copy takes in the store.
type storedCopy struct {
	session sessionstore.Session
	heads   []sessionstore.TranscriptHead
	bytes   int64
}

// choice is what a selection comes to.
type choice struct {
	space     sessionstore.Space
	chosen    []storedCopy // the oldest first
	last      int          // how many fit but are the last copy, and these take
	lastBytes int64
	left      int64 // what all others take
}

// choose finds the copies of a selection, the oldest first. Only those of
// sessions that were found elsewhere and never resumed here are ever chosen:
// of the others the copy is the record of what was done here.
func (e *Engine) choose(ctx context.Context, which selection) (choice, error) {
	space, err := e.store.Space(ctx)
	p := choice{space: space, left: space.Kept}
	if err != nil || which.most >= 0 && space.Kept <= which.most {
		return p, err
	}
	all, err := e.oldestImported(ctx, which.before)
	if err != nil {
		return p, err
	}
	for _, s := range all {
		if which.most >= 0 && p.left <= which.most {
			break
		}
		c, err := e.copyOf(ctx, s, space)
		if err != nil {
			return p, err
		}
		if c.bytes == 0 {
			continue
		}
		if only := !which.last && e.isLastCopy(ctx, c); only {
			p.last, p.lastBytes = p.last+1, p.lastBytes+c.bytes
			continue
		}
		p.chosen, p.left = append(p.chosen, c), p.left-c.bytes
	}
	return p, nil
}

// oldestImported lists the imported sessions that were not active since a time
// (zero: all), the oldest first.
func (e *Engine) oldestImported(ctx context.Context, before time.Time) ([]sessionstore.Session, error) {
	var all []sessionstore.Session
	q := sessionstore.Query{Origin: sessionstore.Imported, Archived: sessionstore.AnyArchived, Limit: 1000}
	for more := true; more; more = q.Cursor != "" {
		page, err := e.store.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Sessions {
			if before.IsZero() || s.UpdatedAt.Before(before) {
				all = append(all, s)
			}
		}
		q.Cursor = page.Next
	}
	slices.Reverse(all)
	return all, nil
}

// copyOf tells what the copy of a session takes; nothing, if it must be left
// alone.
func (e *Engine) copyOf(ctx context.Context, s sessionstore.Session, space sessionstore.Space) (storedCopy, error) {
	c := storedCopy{session: s}
	for _, err := range e.store.Turns(ctx, s.ID) {
		return c, err // it was resumed here
	}
	heads, err := e.store.Transcripts(ctx, s.ID)
	if err != nil {
		return c, ignoreUnknown(err)
	}
	var lines int64
	for _, h := range heads {
		lines += h.Bytes
	}
	c.heads = heads
	if space.Lines > 0 {
		c.bytes = int64(float64(lines) * float64(space.Kept) / float64(space.Lines))
	}
	return c, nil
}

// isLastCopy tells whether dropping a copy could lose something: it has more
// than Claude Code's files, or it is not known what these have.
func (e *Engine) isLastCopy(ctx context.Context, c storedCopy) bool {
	src, err := e.store.Source(ctx, c.session.ID)
	if err != nil || src.ModTime.IsZero() || restarted(src) {
		return true
	}
	path, err := agent.FindTranscript(c.session.ConfigDir, c.session.Cwd, c.session.ID)
	if err != nil {
		return true
	}
	found, _ := agent.LookAt(path)
	files, err := agent.TranscriptFiles(path)
	if err != nil || found == nil || found.Size < src.Size {
		return true
	}
	for _, h := range c.heads {
		if !slices.ContainsFunc(files, func(f agent.TranscriptFile) bool { return f.Sub == h.Sub }) {
			return true
		}
	}
	return false
}

// dropCopy drops the copy of a session. It is false if something is at the
// session now, or if that copy has become the last one.
func (e *Engine) dropCopy(ctx context.Context, c storedCopy, last bool) (bool, error) {
	id := c.session.ID
	l := e.hold(id)
	defer e.drop(l)
	l.commit.Lock()
	defer l.commit.Unlock()
	release, ok := e.alone(c.session)
	if !ok {
		return false, nil
	}
	defer release()
	only := e.isLastCopy(ctx, c)
	if e.atWork(id) || only && !last {
		return false, nil
	}
	err := e.store.DropEntries(ctx, id)
	if err == nil && only {
		err = e.noCopy(ctx, c.session)
	}
	if errors.Is(err, sessionstore.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// noCopy books that the last copy of a session was dropped, if there is no file
// either. The session's commit lock is held.
func (e *Engine) noCopy(ctx context.Context, s sessionstore.Session) error {
	if _, err := agent.FindTranscript(s.ConfigDir, s.Cwd, s.ID); err == nil {
		return nil
	}
	s, err := e.store.Session(ctx, s.ID)
	if err != nil {
		return err
	}
	s.Status, s.StatusReason = sessionstore.Missing, "its transcript was deleted, and so was the copy of it"
	_, err = e.store.Commit(ctx, sessionstore.Mutation{Update: &s, At: s.UpdatedAt})
	return err
}

// alone keeps the importer away from the transcript of a session until it is
// released. It is false if the importer is at it, or about to be.
func (e *Engine) alone(s sessionstore.Session) (release func(), ok bool) {
	e.mu.Lock()
	im := e.importers[s.ConfigDir]
	e.mu.Unlock()
	if im == nil {
		return func() {}, true
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	f := im.files[s.ID]
	switch {
	case f == nil:
		return func() {}, true
	case f.working || f.queued || f.later:
		return nil, false
	}
	f.working = true
	return func() { im.release(f) }, true
}
