package engine

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// prompts are the first lines of the prompts on a page, in its order.
func prompts(page Transcript) (list []string) {
	for _, m := range page.Messages {
		if m.Role == agent.SpeakerUser {
			first, _, _ := strings.Cut(m.Text, "\n")
			list = append(list, first)
		}
	}
	return list
}

// What a terminal says while no engine is there stands before what the next
// engine's first turn says, is booked as the terminal's, and is written back
// with the rest.
func TestTerminalBetweenEngines(t *testing.T) {
	for _, test := range []struct {
		archive Archive
		found   bool // the session was made elsewhere
		back    bool // there is a copy of all of it
	}{
		{ArchiveAll, false, true}, {ArchiveAll, true, true},
		{ArchiveManaged, false, true}, {ArchiveManaged, true, true},
		{ArchiveOff, false, false}, {ArchiveOff, true, false},
	} {
		name := string(test.archive) + ", made here"
		if test.found {
			name = string(test.archive) + ", found"
		}
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			config := Config{Archive: test.archive, MaxWarm: -1}
			c := p.client(config)
			id := elsewhereA
			if test.found {
				one := strings.ReplaceAll(strings.Join(turnLines(1, 1, "", "zero", "0"), "\n"), `"/w"`, `"`+p.dir+`"`)
				p.terminal(agent.TranscriptPath(p.caller.Env[1][len("CLAUDE_CONFIG_DIR="):], p.dir, id, ""), one)
				p.awaits("the session", id, turns(1))
			} else {
				id = start(t, c, "zero", 30).Session.ID
			}
			resume(t, c, id, "one", 30)
			p.until("the end of the process", func() bool { return !c.Busy() && !c.atWork(id) })
			p.settled(c.Engine)
			p.close(c.Engine)
			before := p.session(id)
			p.goOn(id)
			p.add(p.transcript(id), saved(before.CostTotal+0.5))

			c = p.client(config)
			a := resume(t, c, id, "three\n!recall", 30)
			if want := "1. zero\n2. one\n3. elsewhere\n4. three"; a.Turn.Result != want {
				t.Errorf("Claude Code recalls %q, want %q", a.Turn.Result, want)
			}
			p.until("the end of the process", func() bool { return !c.Busy() && !c.atWork(id) })
			p.settled(c.Engine)
			if got, want := prompts(read(t, c, ReadRequest{Session: id})), []string{"zero", "one", "elsewhere", "three"}; !slices.Equal(got, want) {
				t.Errorf("it reads %q, want %q", got, want)
			}
			s := p.session(id)
			cost := s.Usage.CostUSD - before.Usage.CostUSD - a.Turn.Usage.USD()
			if s.Turns != 4 || s.LastPrompt != "three\n!recall" || cost < 0.499 || cost > 0.501 {
				t.Errorf("it has %d turns, the last %q, and the terminal's cost %g", s.Turns, s.LastPrompt, cost)
			}
			if !test.back {
				return
			}
			if err := os.Remove(p.transcript(id)); err != nil {
				t.Fatal(err)
			}
			a = resume(t, c, id, "four\n!recall", 30)
			if want := "1. zero\n2. one\n3. elsewhere\n4. three\n5. four"; a.Turn.Result != want {
				t.Errorf("what was written back is %q, want %q", a.Turn.Result, want)
			}
		})
	}
}

// A session of which nothing is new since it was read is resumed without being
// read.
func TestNothingToReadFirst(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{MaxWarm: -1})
	id := start(t, c, "one", 30).Session.ID
	p.until("the end of the process", func() bool { return !c.Busy() && !c.atWork(id) })
	p.awaits("its file", id, func(s sessionstore.Session) bool { return s.ExpiresAt != nil })
	p.settled(c.Engine)
	src, err := p.store.Source(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	s := p.session(id)
	found, _ := agent.LookAt(p.transcript(id))
	if known, err := c.knows(context.Background(), s, found); !known || err != nil || src.Size != found.Size {
		t.Errorf("it is known: %t, %v", known, err)
	}
	p.goOn(id)
	found, _ = agent.LookAt(p.transcript(id))
	if known, err := c.knows(context.Background(), s, found); known || err != nil {
		t.Errorf("with more in it, it is known: %t, %v", known, err)
	}
}

// A turn that waits for its transcript to be read is the next engine's when this
// one closes.
func TestCloseWhileReadingFirst(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{MaxWarm: -1})
	id := start(t, c, "one", 30).Session.ID
	p.until("the end of the process", func() bool { return !c.Busy() && !c.atWork(id) })
	p.settled(c.Engine)
	im := c.importerOf(filepath.Join(p.dir, "config"))
	f, err := im.claim(id, p.transcript(id))
	if err != nil {
		t.Fatal(err)
	}
	a := resume(t, c, id, "two\n!recall", 0)
	p.until("the turn's start", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.jobs[a.Turn.ID].taken
	})
	p.close(c.Engine)
	im.release(f)
	if turn := p.turn(a.Turn.ID); turn.Status != sessionstore.TurnQueued {
		t.Errorf("the turn is left %s", turn.Status)
	}
	p.client(Config{})
	if turn := p.ended(a.Turn.ID); turn.Result != "1. one\n2. two" {
		t.Errorf("the turn ended %s: %q", turn.Status, turn.Result)
	}
}

// What a terminal has said is booked, once, also when the engine was killed, or
// a turn was begun, after it was stored.
func TestBookedAfterACut(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{MaxWarm: -1})
	a := start(t, c, "one", 30)
	id := a.Session.ID
	p.until("the end of the process", func() bool { return !c.Busy() && !c.atWork(id) })
	p.awaits("its file", id, func(s sessionstore.Session) bool { return s.ExpiresAt != nil })
	p.settled(c.Engine)
	p.close(c.Engine)
	before := p.session(id)
	p.goOn(id)
	p.add(p.transcript(id), saved(before.CostTotal+0.5))
	im := newImporter(context.Background(), c.Engine, before.ConfigDir)
	found, _ := agent.LookAt(p.transcript(id))
	r, err := im.reading(*found)
	if err == nil {
		err = r.readOn() // and no more
	}
	if err != nil || len(p.stored(id)) == 0 {
		t.Fatal(err)
	}
	c = p.client(Config{})
	s := p.awaits("the terminal's turn", id, turns(2))
	cost := s.Usage.CostUSD - before.Usage.CostUSD
	if s.LastPrompt != "elsewhere" || s.LastResult != "answered there" || cost < 0.499 || cost > 0.501 {
		t.Errorf("it is %+v, and cost %g more", s, cost)
	}
	p.settled(c.Engine)
	p.goOn(id)
	if s = p.awaits("more of the terminal", id, func(s sessionstore.Session) bool { return s.Turns > 2 }); s.Turns != 3 {
		t.Errorf("it has %d turns then", s.Turns)
	}
}
