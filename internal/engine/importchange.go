package engine

import (
	"errors"
	"reflect"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// lose books that the file of a session is gone.
func (im *importer) lose(id string) error {
	heads, err := im.e.store.Transcripts(im.ctx, id)
	if err != nil {
		return ignoreUnknown(err)
	}
	return im.change(id, nil, func(s *sessionstore.Session) time.Time {
		s.ExpiresAt = nil
		if len(heads) == 0 {
			s.Status, s.StatusReason = sessionstore.Missing, "its transcript was deleted, and there is no copy of it"
		}
		return s.UpdatedAt
	})
}

func ignoreUnknown(err error) error {
	if errors.Is(err, sessionstore.ErrNotFound) {
		return nil
	}
	return err
}

// change writes a change of a session that no run of ours is at, and of its
// source if that is not nil. The change tells when it happened.
func (im *importer) change(id string, src *sessionstore.Source, change func(*sessionstore.Session) time.Time) error {
	return im.changeUnder(0, id, src, change)
}

// changeUnder is change for the run that has the session's lease, by its token;
// for 0 no run may be at it.
func (im *importer) changeUnder(token uint64, id string, src *sessionstore.Source, change func(*sessionstore.Session) time.Time) error {
	l := im.e.hold(id)
	defer im.e.drop(l)
	l.commit.Lock()
	defer l.commit.Unlock()
	if token == 0 && im.e.atWork(id) {
		return errLater
	}
	s, err := im.e.store.Session(im.ctx, id)
	if err != nil {
		return ignoreUnknown(err)
	}
	before, m := s.Clone(), sessionstore.Mutation{Token: token, Update: &s, Source: src}
	m.At = change(&s)
	if m.At.Equal(before.UpdatedAt) && reflect.DeepEqual(s, before) && im.isStored(src) {
		return nil // there is nothing to tell anybody
	}
	_, err = im.e.store.Commit(im.ctx, m)
	return err
}

// atWork tells whether a turn of a session waits or runs, or its process has
// not ended yet. One that rests is not at work.
func (e *Engine) atWork(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.sessions[id]
	return l != nil && (l.busy() || l.serving && l.wake == nil)
}
