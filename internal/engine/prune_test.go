package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// imported makes an engine that has imported three sessions, A the oldest.
func (p *place) imported(cfg Config) *Client {
	p.t.Helper()
	for i, id := range []string{elsewhereA, elsewhereB, elsewhereC} {
		p.terminal(p.path(id), turnLines(10*i+1, 10*i, "", "one", strings.Repeat("x", 1000))...)
	}
	c := p.client(cfg)
	for _, id := range []string{elsewhereA, elsewhereB, elsewhereC} {
		p.awaits("the session", id, turns(1))
	}
	p.settled(c.Engine)
	return c
}

// copies are those of the sessions that have a copy, by their first letter.
func (p *place) copies() (have string) {
	p.t.Helper()
	for _, id := range []string{elsewhereA, elsewhereB, elsewhereC} {
		heads, err := p.store.Transcripts(context.Background(), id)
		if err != nil {
			p.t.Fatal(err)
		}
		if len(heads) > 0 {
			have += id[:1]
		}
	}
	return have
}

func (p *place) kept() int64 {
	p.t.Helper()
	space, err := p.store.Space(context.Background())
	if err != nil {
		p.t.Fatal(err)
	}
	return space.Kept
}

func TestPrune(t *testing.T) {
	compacted := 0
	p := newPlace(t, sessionstore.Options{})
	c := p.imported(Config{Compact: func(ctx context.Context) error { compacted++; return p.store.Maintain(ctx) }})
	all := p.kept()
	most := all * 3 / 4
	req := PruneRequest{MaxBytes: &most}
	would, err := c.Prune(t.Context(), Call{}, req)
	if err != nil || would.Dropped != 1 || would.Sessions[0].ID != elsewhereA || p.copies() != "abc" {
		t.Fatalf("it would drop %+v, %v; there are %s", would, err, p.copies())
	}
	req.Apply = true
	did, err := c.Prune(t.Context(), Call{}, req)
	if err != nil || did.Dropped != 1 || did.Bytes != would.Bytes || p.copies() != "bc" {
		t.Fatalf("it dropped %+v, %v; there are %s", did, err, p.copies())
	}
	if compacted != 1 || did.DiskAfter >= did.DiskBefore || did.Kept > most || did.Freeing {
		t.Errorf("it freed %+v, compacted %d times", did, compacted)
	}
	if got, err := c.Read(t.Context(), Call{}, ReadRequest{Session: elsewhereA}); err != nil || got.Shown != 2 {
		t.Errorf("reading it: %+v, %v", got, err)
	}
	none, err := c.Prune(t.Context(), Call{}, PruneRequest{OlderThan: "100000h", Apply: true})
	if err != nil || none.Dropped != 0 {
		t.Errorf("of sessions that are not as old: %+v, %v", none, err)
	}
	if _, err := c.Prune(t.Context(), Call{}, PruneRequest{Apply: true}); code(err) != InvalidArgument {
		t.Errorf("without a choice: got %v", err)
	}
	rest, err := c.Prune(t.Context(), Call{}, PruneRequest{OlderThan: "1h", Apply: true})
	if err != nil || rest.Dropped != 2 || p.copies() != "" {
		t.Errorf("of the others: %+v, %v, left %s", rest, err, p.copies())
	}
}

// The copy of a session that goes on after it was dropped is whole again, and
// so is that of one which is resumed here.
func TestPrunedSessionGoesOn(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.imported(Config{})
	if _, err := c.Prune(t.Context(), Call{}, PruneRequest{OlderThan: "1h", Apply: true}); err != nil || p.copies() != "" {
		t.Fatalf("%v, left %s", err, p.copies())
	}
	first, second := turnLines(1, 0, "", "one", strings.Repeat("x", 1000)), turnLines(2, 2, "a1", "two", "2")
	p.terminal(p.path(elsewhereA), second...)
	p.awaits("the second turn", elsewhereA, turns(2))
	p.settled(c.Engine)
	if got := p.stored(elsewhereA); !slices.Equal(got, append(first, second...)) {
		t.Errorf("the copy has %q", got)
	}
	a, err := c.Resume(t.Context(), Call{}, ResumeRequest{Session: elsewhereB, Prompt: "here\n!say done", Cwd: p.dir, WaitSeconds: ptr(20)})
	if err != nil || a.Turn.Result != "done" {
		t.Fatalf("resumed: %+v, %v", a.Turn, err)
	}
	p.until("an engine with nothing to do", func() bool { return !c.Busy() })
	p.settled(c.Engine)
	if got := strings.Join(p.stored(elsewhereB), "\n"); !strings.Contains(got, `"p11"`) || !strings.Contains(got, "done") {
		t.Errorf("the copy has %s", got)
	}
	more, err := c.Prune(t.Context(), Call{}, PruneRequest{MaxBytes: new(int64), Apply: true})
	if err != nil || p.copies() != "b" {
		t.Errorf("what was resumed here counts as made here: %+v, %v, left %s", more, err, p.copies())
	}
}

// The last copy of something is dropped only if that is asked for.
func TestPruneKeepsLastCopies(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	sub := filepath.Join(strings.TrimSuffix(p.path(elsewhereB), ".jsonl"), "subagents", "agent-x.jsonl")
	p.terminal(sub, turnLines(5, 5, "", "look", "seen")...)
	c := p.imported(Config{})
	p.until("the sub-agent", func() bool { heads, _ := p.store.Transcripts(context.Background(), elsewhereB); return len(heads) == 2 })
	for _, path := range []string{p.path(elsewhereA), sub} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(p.path(elsewhereC), []byte(strings.Join(turnLines(9, 9, "", "another", "file"), "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.awaits("the end of the file", elsewhereA, func(s sessionstore.Session) bool { return s.ExpiresAt == nil })
	p.awaits("another file", elsewhereC, func(s sessionstore.Session) bool { return s.FirstPrompt == "another" })
	p.settled(c.Engine)
	got, err := c.Prune(t.Context(), Call{}, PruneRequest{MaxBytes: new(int64), Apply: true})
	if err != nil || got.Dropped != 0 || got.Last != 3 || got.LastBytes == 0 || p.copies() != "abc" {
		t.Errorf("dropped %+v, %v; left %s", got, err, p.copies())
	}
	got, err = c.Prune(t.Context(), Call{}, PruneRequest{MaxBytes: new(int64), Apply: true, LastCopies: true})
	if err != nil || got.Dropped != 3 || p.copies() != "" {
		t.Errorf("with the last copies: dropped %+v, %v; left %s", got, err, p.copies())
	}
	for id, want := range map[string]sessionstore.Status{elsewhereA: sessionstore.Missing, elsewhereB: sessionstore.Idle, elsewhereC: sessionstore.Idle} {
		if s := p.session(id); s.Status != want || s.Turns != 1 {
			t.Errorf("%s is %s (%s) with %d turns, want %s", id[:1], s.Status, s.StatusReason, s.Turns, want)
		}
	}
}

func TestArchiveLimit(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.imported(Config{})
	if info, err := c.Info(t.Context()); err != nil || info.ArchiveOver || !strings.HasSuffix(info.Archive, "of copies of transcripts") {
		t.Errorf("without a limit: %q, %t, %v", info.Archive, info.ArchiveOver, err)
	}
	for _, test := range []struct {
		most      int64
		met, over bool
		left      string
	}{
		{p.kept(), true, false, "abc"},
		{p.kept() - 1, true, false, "bc"},
		{1, true, false, ""},
	} {
		c.cfg.ArchiveMaxBytes = test.most
		met, err := c.limitArchive(t.Context())
		if err != nil || met != test.met || p.copies() != test.left {
			t.Errorf("at most %d: met %t, %v, left %q, want %q", test.most, met, err, p.copies(), test.left)
		}
	}
	start(t, c, "ours\n!say done", 20)
	p.until("an engine with nothing to do", func() bool { return !c.Busy() })
	if met, err := c.limitArchive(t.Context()); met || err != nil {
		t.Errorf("what was made here is over the limit alone: met %t, %v", met, err)
	}
	info, err := c.Info(t.Context())
	if want := "which is over the limit of 1 B"; err != nil || !info.ArchiveOver || !strings.HasSuffix(info.Archive, want) {
		t.Errorf("over the limit: %q, %t, %v", info.Archive, info.ArchiveOver, err)
	}
}

// What the importer is at, or a run of ours, is left alone.
func TestDropLeavesWorkAlone(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.imported(Config{})
	which, err := c.choose(t.Context(), selection{most: -1})
	if err != nil || len(which.chosen) != 3 {
		t.Fatalf("chosen are %+v, %v", which, err)
	}
	release, ok := c.alone(which.chosen[0].session)
	if !ok {
		t.Fatal("somebody is at it")
	}
	if dropped, err := c.dropCopy(t.Context(), which.chosen[0], false); dropped || err != nil {
		t.Errorf("while it is read: %t, %v", dropped, err)
	}
	p.terminal(p.path(elsewhereA), turnLines(2, 2, "a1", "two", "2")...)
	p.until("the change to be seen", func() bool {
		im := c.allImporters()[0]
		im.mu.Lock()
		defer im.mu.Unlock()
		return im.files[elsewhereA].again
	})
	release()
	p.awaits("the change", elsewhereA, turns(2))
	l := c.hold(elsewhereB)
	c.mu.Lock()
	l.serving = true
	c.mu.Unlock()
	if dropped, err := c.dropCopy(t.Context(), which.chosen[1], false); dropped || err != nil {
		t.Errorf("while it is served: %t, %v", dropped, err)
	}
	c.mu.Lock()
	l.serving = false
	c.mu.Unlock()
	c.drop(l)
	if got := fmt.Sprint(p.copies()); got != "abc" {
		t.Errorf("left %s", got)
	}
}
