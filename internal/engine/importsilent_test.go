package engine

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// A session is listed also if what was said in it is nowhere near the beginning
// or the end of its file.
func TestImportOfLongLines(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	long := strings.Repeat("words ", 20_000)
	lines := turnLines(1, 1, "", "first "+long, "1 "+long)
	p.terminal(p.path(elsewhereA), lines...)
	c := p.client(Config{})
	s := p.awaits("the session", elsewhereA, turns(1))
	if !strings.HasPrefix(s.FirstPrompt, "first words") || s.Cwd != "/w" || s.LastMessage != "a1" {
		t.Errorf("it is %+v", s)
	}
	p.settled(c.Engine)
	if got := p.stored(elsewhereA); !slices.Equal(got, lines) {
		t.Errorf("%d lines are stored, want %d", len(got), len(lines))
	}
	p.terminal(p.path(elsewhereA), turnLines(2, 2, "a1", "second "+long, "2 "+long)...)
	p.awaits("another turn", elsewhereA, turns(2))
}

// Of files in which nothing was said it is told that they are there, until
// something is said in them.
func TestSilentFilesAreTold(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.terminal(p.path(elsewhereA), begun(1))
	p.terminal(p.path(elsewhereB), strings.Repeat("no JSON\n", 20_000))
	c := p.client(Config{})
	passed := func(want ...string) func() bool {
		return func() bool {
			info, err := c.Info(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			return slices.Equal(info.Passed, want)
		}
	}
	p.until("word of both", passed("transcripts in which nothing was said yet: 2, such as "+p.path(elsewhereA)+"."))
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	p.until("word of the other", passed("transcripts in which nothing was said yet: 1, such as "+p.path(elsewhereB)+"."))
}

// That a file is gone is written down once: later engines find nothing to say.
func TestGoneFilesAreToldOnce(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	e := p.client(Config{}).Engine
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	p.awaits("the session", elsewhereA, turns(1))
	p.settled(e)
	if err := os.Remove(p.path(elsewhereA)); err != nil {
		t.Fatal(err)
	}
	before := p.awaits("word of it", elsewhereA, func(s sessionstore.Session) bool { return s.ExpiresAt == nil })
	for range 2 {
		p.close(e)
		e = p.client(Config{}).Engine
		p.until("another look", func() bool { return !e.listing() })
		p.settled(e)
	}
	if s := p.session(elsewhereA); s.Version != before.Version {
		t.Errorf("it was written again: version %d, was %d", s.Version, before.Version)
	}
}
