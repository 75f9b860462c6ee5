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

// The tag that Claude Code gives a session changes with it, and leaves alone
// what is given here.
func TestImportedTag(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	tag := func(name string) string { return fmt.Sprintf(`{"type":"tag","tag":%q}`, name) }
	p.terminal(p.path(elsewhereA), append(turnLines(1, 1, "", "one", "1"), tag("blue"))...)
	e := p.client(Config{}).Engine
	tagged := func(want ...string) func(sessionstore.Session) bool {
		return func(s sessionstore.Session) bool { return slices.Equal(s.Tags, want) }
	}
	p.awaits("its tag", elsewhereA, tagged("blue"))
	p.settled(e)
	s := p.session(elsewhereA)
	s.Tags = append(s.Tags, "ours")
	if _, err := p.store.Commit(context.Background(), sessionstore.Mutation{Update: &s, At: s.UpdatedAt}); err != nil {
		t.Fatal(err)
	}
	p.terminal(p.path(elsewhereA), tag("red"))
	p.awaits("another tag", elsewhereA, tagged("ours", "red"))
	p.terminal(p.path(elsewhereA), tag(""))
	p.awaits("no tag", elsewhereA, tagged("ours"))
}

// copied are lines as the Agent SDK copies them when it forks a session: with
// other uuids, which begin with mark, and the old ones beside them.
func copied(lines []string, from, mark string) (copies []string) {
	for _, line := range lines {
		_, rest, _ := strings.Cut(line, `"uuid":"`)
		uuid, _, _ := strings.Cut(rest, `"`)
		for _, name := range []string{"uuid", "parentUuid"} {
			line = strings.Replace(line, fmt.Sprintf(`"%s":"`, name), fmt.Sprintf(`"%s":"%s`, name, mark), 1)
		}
		copies = append(copies, strings.Replace(line, "{", fmt.Sprintf(`{"forkedFrom":{"sessionId":%q,"messageUuid":%q},`, from, uuid), 1))
	}
	return copies
}

// The Agent SDK forks a session into a copy with other uuids, and says whose. A
// fork of the copy that a terminal makes repeats that.
func TestImportedCopies(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	one, two := turnLines(1, 1, "", "one", "1"), turnLines(2, 2, "a1", "two", "2")
	p.terminal(p.path(elsewhereA), slices.Concat([]string{begun(0)}, one, two, []string{saved(2)})...)
	ofA := copied(one, elsewhereA, "b-")
	p.terminal(p.path(elsewhereB), slices.Concat(ofA, []string{title("a copy")}, turnLines(4, 11, "b-a1", "four", "4"), []string{saved(0.5)})...)
	p.terminal(p.path(elsewhereC), slices.Concat([]string{begun(20)}, ofA, turnLines(5, 21, "b-a1", "five", "5"), []string{saved(0.75)})...)
	e := p.client(Config{}).Engine
	p.awaits("the copy", elsewhereB, func(s sessionstore.Session) bool { return s.ParentID != "" })
	p.awaits("the copy's fork", elsewhereC, func(s sessionstore.Session) bool { return s.ParentID == elsewhereB })
	p.settled(e)
	b, c := p.session(elsewhereB), p.session(elsewhereC)
	if b.ParentID != elsewhereA || b.ForkedAt != "a1" || b.RootID != elsewhereA || b.Turns != 1 || b.Usage.InputTokens != 100 || b.Usage.CostUSD != 0.5 {
		t.Errorf("the copy is %+v", b)
	}
	if c.ForkedAt != "b-a1" || c.RootID != elsewhereA || c.Turns != 1 || c.Usage.CostUSD != 0.75 {
		t.Errorf("the copy's fork is %+v", c)
	}
}

// A session that is archived in an editor is archived here, and no longer when
// it goes on; what is changed here stays until it is changed there again.
func TestImportedArchiveMark(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	mark := filepath.Join(strings.TrimSuffix(p.path(elsewhereA), ".jsonl"), "archived.json")
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	p.raw(mark, `{"archived":true,"at":"2026-01-01T00:02:00Z","by":"sdk"}`)
	e := p.client(Config{}).Engine
	p.awaits("its mark", elsewhereA, func(s sessionstore.Session) bool { return s.Archived })
	p.settled(e)
	s := p.session(elsewhereA)
	s.Archived = false
	if _, err := p.store.Commit(context.Background(), sessionstore.Mutation{Update: &s, At: s.UpdatedAt}); err != nil {
		t.Fatal(err)
	}
	p.terminal(p.path(elsewhereA), title("a title"))
	p.awaits("its title", elsewhereA, func(s sessionstore.Session) bool { return s.CLITitle != "" && !s.Archived })

	if err := os.WriteFile(mark, []byte(`{"archived":true,"at":"2026-01-01T00:03:00Z"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, im := range e.allImporters() {
		im.rescan()
	}
	p.awaits("its mark again", elsewhereA, func(s sessionstore.Session) bool { return s.Archived })
}
