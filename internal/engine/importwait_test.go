package engine

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// heard keeps what a call is told.
type heard struct {
	mu    sync.Mutex
	texts []string
}

func (h *heard) call() Call {
	return Call{OnProgress: func(p Progress) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.texts = append(h.texts, p.Text)
	}}
}

func (h *heard) has(text string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.texts, text)
}

// Who asks for a session while the sessions of the machine are still being
// listed waits for it, and is told how far that is.
func TestWaitForListing(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	p.settled(c.Engine)
	p.until("the end of the listing", func() bool { return !c.listing() })
	if _, err := c.Get(t.Context(), Call{}, GetRequest{Session: elsewhereA}); code(err) != NotFound {
		t.Fatalf("with nothing to come: got %v", err)
	}
	im := c.allImporters()[0]
	im.mu.Lock()
	im.glances, im.total = []*file{{FoundTranscript: agent.FoundTranscript{SessionID: elsewhereB}}}, 1200 // which nobody takes
	im.mu.Unlock()
	var h heard
	type result struct {
		details Details
		err     error
	}
	done := make(chan result, 1)
	go func() {
		d, err := c.Get(context.Background(), h.call(), GetRequest{Session: elsewhereA[:8]})
		done <- result{d, err}
	}()
	p.until("the progress", func() bool { return h.has("importing 1,199 of 1,200") })
	p.put(sessionstore.Session{ID: elsewhereA, Origin: sessionstore.Imported})
	if r := <-done; r.err != nil || r.details.Session.ID != elsewhereA {
		t.Errorf("found %q, %v", r.details.Session.ID, r.err)
	}
	im.mu.Lock()
	im.glances, im.total = nil, 0
	im.mu.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Get(ctx, Call{}, GetRequest{Session: elsewhereC}); err == nil {
		t.Error("a session was found that is not there")
	}
}

// Who waits for a transcript to be read is told so.
func TestWaitForReading(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	c := p.client(Config{})
	p.awaits("the session", elsewhereA, turns(1))
	p.settled(c.Engine)
	release, ok := c.alone(p.session(elsewhereA))
	if !ok {
		t.Fatal("somebody is at it")
	}
	var h heard
	done := make(chan error, 1)
	go func() {
		_, err := c.Read(context.Background(), h.call(), ReadRequest{Session: elsewhereA})
		done <- err
	}()
	p.until("the progress", func() bool { return h.has("reading what its transcript says now") })
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A long transcript that changes keeps no other change waiting, is listed at
// once, and is not taken for whole while it is being read.
func TestLongReadKeepsNothingWaiting(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.terminal(p.path(elsewhereC), turnLines(1, 1, "", "one", "1")...) // so that its folder is watched
	c := p.client(Config{})
	p.awaits("a session", elsewhereC, turns(1))
	p.settled(c.Engine)
	l := c.hold(elsewhereA) // keeps the end of its reading from being stored
	defer c.drop(l)
	l.commit.Lock()
	held := true
	defer func() {
		if held {
			l.commit.Unlock()
		}
	}()
	long := strings.Repeat("long ", longRead/5)
	p.terminal(p.path(elsewhereA), slices.Concat(turnLines(1, 1, "", "begin", long), turnLines(2, 2, "a1", "go on", long), turnLines(3, 3, "a2", "end", "3"))...)
	p.awaits("the long one's place in the list", elsewhereA, func(sessionstore.Session) bool { return true })
	p.terminal(p.path(elsewhereB), turnLines(4, 4, "", "another", "4")...)
	p.awaits("another change", elsewhereB, turns(1))
	if page := read(t, c, ReadRequest{Session: elsewhereA}); !strings.HasPrefix(page.Next, unread) {
		t.Errorf("of the long one it reads %d messages, and says %q", page.Shown, page.Next)
	}
	held = false
	l.commit.Unlock()
	p.awaits("the end of the long one", elsewhereA, turns(3))
	p.settled(c.Engine)
	if page := read(t, c, ReadRequest{Session: elsewhereA}); strings.Contains(page.Next, unread) || page.Messages[page.Shown-1].Text != "3" {
		t.Errorf("then it reads %d messages, and says %q", page.Shown, page.Next)
	}
}
