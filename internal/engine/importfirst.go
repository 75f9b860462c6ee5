package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// readFirst brings a session up to what its transcript says before a process of
// ours adds to it, and returns it as it is then. What others have said must
// stand before what the process says, in the store as in the file, and be booked
// as theirs; a copy of the end alone would be none.
//
// The token is that of the session's lease. A file that cannot be read is left
// to Claude Code, which tells why: an error is the store's, or context.Canceled
// when the engine closes.
func (e *Engine) readFirst(ctx context.Context, s sessionstore.Session, token uint64) (sessionstore.Session, error) {
	path, err := agent.FindTranscript(s.ConfigDir, s.Cwd, s.ID)
	if err != nil {
		return s, nil
	}
	im := e.importerOf(s.ConfigDir)
	f, err := im.claim(s.ID, path)
	if err != nil {
		return s, err
	}
	defer im.release(f)
	found, _ := agent.LookAt(path)
	if found == nil {
		return s, nil
	}
	if known, err := e.knows(ctx, s, found); known || err != nil {
		return s, err
	}
	err = im.readUnder(token, f, *found)
	if broken := (*fs.PathError)(nil); errors.As(err, &broken) || errors.Is(err, errNoConversation) {
		e.log.Warn("reading a transcript before a turn", "path", path, "err", err)
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("reading %s before a turn: %w", path, err)
	}
	return e.store.Session(ctx, s.ID)
}

// knows tells whether all that a transcript says was read, by its size and time.
// Where the store has no copy and is to have one, nothing was.
func (e *Engine) knows(ctx context.Context, s sessionstore.Session, found *agent.FoundTranscript) (bool, error) {
	src, err := e.store.Source(ctx, s.ID)
	if errors.Is(err, sessionstore.ErrNotFound) {
		return false, nil
	}
	if err != nil || src.Path != found.Path || src.Size != found.Size || !src.ModTime.Equal(found.ModTime) {
		return false, err
	}
	if versionOf(src) != agent.SummaryVersion {
		return false, nil
	}
	if s.Origin == sessionstore.Managed || e.cfg.Archive == ArchiveOff {
		return true, nil
	}
	heads, err := e.store.Transcripts(ctx, s.ID)
	return len(heads) > 0, err
}

// importerOf is the importer of a config folder: one without workers, if nothing
// is imported from there.
func (e *Engine) importerOf(dir string) *importer {
	e.mu.Lock()
	defer e.mu.Unlock()
	if im := e.importers[dir]; im != nil {
		return im
	}
	return e.passiveImporter(dir)
}

// claim keeps the workers away from a transcript until it is released. It waits
// for the one that is at it, as long as that reads; context.Canceled when the
// engine closes.
func (im *importer) claim(id, path string) (*file, error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	f := im.files[id]
	if f == nil {
		f = &file{}
		f.SessionID, f.Path = id, path
		im.files[id] = f
	}
	for f.working && im.ctx.Err() == nil {
		im.moved.Wait()
	}
	if err := im.ctx.Err(); err != nil {
		return nil, err
	}
	f.again, f.queued, f.working = f.again || f.queued, false, true
	return f, nil
}

// release gives a transcript back to the workers.
func (im *importer) release(f *file) {
	im.mu.Lock()
	defer im.mu.Unlock()
	f.working = false
	if f.again {
		f.again = false
		im.put(f, true)
	}
	im.moved.Broadcast()
}

// readUnder imports a transcript that is claimed, under its session's lease. Of
// which session it is a fork is left to the workers, who then read on in it.
func (im *importer) readUnder(token uint64, f *file, found agent.FoundTranscript) error {
	if err := im.correctFirst(token, found); err != nil {
		return err
	}
	r, err := im.reading(found)
	if err != nil {
		return err
	}
	r.token = token
	if err := r.readOn(); err != nil {
		return err
	}
	if err := r.store(); err != nil {
		return err
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	f.FoundTranscript = found
	if r.fromStart || r.left != nil {
		f.again = true
		return nil
	}
	im.done(f, found)
	return nil
}
