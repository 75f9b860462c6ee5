package engine

import (
	"cmp"
	"context"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

const (
	listWait    = 30 * time.Second       // how long a call waits for a session to be listed
	correctWait = 30 * time.Second       // how long a call waits for a session's record to be made again
	importTick  = 250 * time.Millisecond // how often it is told how far the import is
)

// findListed is find for a caller who can wait: while the sessions of this
// machine are being listed for the first time, the one that is asked for may
// come yet. Its record is right: if it is still to be made again, that is done
// first.
func (c *Client) findListed(ctx context.Context, call Call, ref string) (sessionstore.Session, error) {
	s, err := c.awaitListed(ctx, call, ref)
	if err != nil || !c.corrections.mayLack(s.ID) {
		return s, err
	}
	wait, cancel := context.WithTimeout(ctx, correctWait)
	defer cancel()
	c.correctNow(wait, s.ID)
	if s, err = c.store.Session(ctx, s.ID); err != nil {
		return s, c.fail("reading a session", err)
	}
	return s, nil
}

// awaitListed is findListed for any record.
func (c *Client) awaitListed(ctx context.Context, call Call, ref string) (sessionstore.Session, error) {
	s, err := c.find(ctx, "session", ref)
	if err == nil || AsError(err).Code != NotFound || !c.listing() {
		return s, err
	}
	defer c.tellImport(call)()
	wait, cancel := context.WithTimeout(ctx, listWait)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for wait.Err() == nil {
		more := c.listing() // looked at first: what is listed last is found then
		if s, err = c.find(ctx, "session", ref); err == nil || AsError(err).Code != NotFound || !more {
			return s, err
		}
		select {
		case <-tick.C:
		case <-wait.Done():
		}
	}
	if c.listing() {
		return s, Errorf(NotFound, "Try again: it may be among those that are still to come.", "there is no session %q among those that are listed yet (%s).", ref, c.importing())
	}
	return s, err
}

// tellImport tells a caller who waits how far the import is, until stop is
// called.
func (c *Client) tellImport(call Call) (stop func()) {
	if call.OnProgress == nil {
		return func() {}
	}
	stopped, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(importTick)
		defer tick.Stop()
		for told := ""; ; {
			select {
			case <-tick.C:
			case <-stopped:
				return
			}
			if now := cmp.Or(c.importing(), "reading what its transcript says now"); now != told {
				call.OnProgress(Progress{Text: now})
				told = now
			}
		}
	}()
	return func() { close(stopped); <-done }
}

// listing tells whether there are transcripts of which it is not known yet
// whose they are.
func (e *Engine) listing() bool {
	for _, im := range e.allImporters() {
		if im.listing() {
			return true
		}
	}
	return false
}

func (im *importer) listing() bool {
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.ctx.Err() != nil {
		return false
	}
	if im.passed == nil || len(im.glances) > 0 { // it has not looked yet, or is at it
		return true
	}
	for _, f := range im.files {
		if f.working && !f.known {
			return true
		}
	}
	return false
}
