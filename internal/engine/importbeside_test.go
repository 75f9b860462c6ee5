package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// besideLine is a line of a sub-agent whose transcript lies beside its session's.
func besideLine(session, uuid string) string {
	return fmt.Sprintf(`{"parentUuid":null,"isSidechain":true,"sessionId":%q,"version":"2.0.28","agentId":"x","type":"user","uuid":%q,"message":{"role":"user","content":"says %s"}}`, session, uuid, uuid)
}

// beside is where Claude Code 2.0.28 kept a sub-agent.
func (p *place) beside(id string) string {
	return filepath.Join(filepath.Dir(p.path(elsewhereA)), "agent-"+id+".jsonl")
}

// Sub-agents of older versions, whose files lie beside their sessions', are told,
// read and counted for their own session; those that have none are told as such.
func TestSubAgentsBesideAreImported(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	use := `{"parentUuid":"p1","type":"assistant","uuid":"u1","message":{"role":"assistant","id":"mu","content":[{"type":"tool_use","id":"toolu_1","name":"Task","input":{}}]}}`
	result := `{"parentUuid":"u1","type":"user","uuid":"r1","toolUseResult":{"agentId":"ab12"},"message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"done"}]}}`
	p.terminal(p.path(elsewhereA), slices.Concat(turnLines(1, 1, "", "one", "1")[:1], []string{use, result}, turnLines(2, 2, "r1", "two", "2"))...)
	p.terminal(p.path(elsewhereB), turnLines(3, 3, "", "three", "3")...)
	p.terminal(p.beside("ab12"), besideLine(elsewhereA, "s1"))
	p.terminal(p.beside("cd34"), besideLine(elsewhereB, "s2"))
	p.terminal(p.beside("ef56"), besideLine(elsewhereB, "s3"), strings.Replace(besideLine(elsewhereA, "s4"), "null", `"s3"`, 1))
	p.terminal(p.beside("lost"), besideLine(elsewhereC, "s5"))
	p.raw(p.beside("odd"), "{}\n")
	c := p.client(Config{})
	p.awaits("A", elsewhereA, func(s sessionstore.Session) bool { return s.SubAgents == 1 })
	p.awaits("B", elsewhereB, func(s sessionstore.Session) bool { return s.SubAgents == 2 })
	p.settled(c.Engine)
	page := read(t, c, ReadRequest{Session: elsewhereA, IncludeTools: ToolsFull})
	if !slices.Equal(page.Subagents, []string{"beside/agent-ab12"}) {
		t.Errorf("A has the sub-agents %q", page.Subagents)
	}
	if i := slices.IndexFunc(page.Messages, func(m Message) bool { return len(m.Uses) > 0 }); i < 0 || page.Messages[i].Uses[0].Subagent != "beside/agent-ab12" {
		t.Errorf("the use does not name its sub-agent: %+v", page.Messages)
	}
	if got := read(t, c, ReadRequest{Session: elsewhereB, Subagent: "ef56"}); got.Shown != 2 || got.Subagent != "beside/agent-ef56" {
		t.Errorf("one of B says %d messages as %q", got.Shown, got.Subagent)
	}
	if got, err := c.Get(t.Context(), Call{}, GetRequest{Session: elsewhereB}); err != nil || got.Files.SubAgents != 2 {
		t.Errorf("B has %d files of sub-agents, %v", got.Files.SubAgents, err)
	}
	info, err := c.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{
		"transcripts of sub-agents that do not name their session: 1, such as " + p.beside("odd") + ".",
		"transcripts of sub-agents whose session is not there: 1, such as " + p.beside("lost") + ".",
	}; !slices.Equal(info.Passed, want) {
		t.Errorf("passed over\n%q\nwant\n%q", info.Passed, want)
	}
}

// One that grows, or comes, when its session has said its last is read on.
func TestSubAgentBesideGoesOn(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	c := p.client(Config{})
	p.awaits("the session", elsewhereA, turns(1))
	p.settled(c.Engine)
	p.terminal(p.beside("x"), besideLine(elsewhereA, "s1"))
	if n := read(t, c, ReadRequest{Session: elsewhereA, Subagent: "x"}).Shown; n != 1 {
		t.Errorf("at first it says %d", n)
	}
	p.terminal(p.beside("x"), besideLine(elsewhereA, "s2"))
	said := func(n int64) func() bool {
		return func() bool {
			heads, err := p.store.Transcripts(t.Context(), elsewhereA)
			return err == nil && len(heads) == 2 && heads[1].Entries == n
		}
	}
	p.until("the second line in the store, unasked", said(2))
	p.terminal(p.beside("x"), besideLine(elsewhereA, "s3"))
	c.allImporters()[0].rescan()
	p.until("the third after a look at everything", said(3))
}

// What an engine without knowledge of such files has imported gains them.
func TestSubAgentsBesideOfAnEarlierImport(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	old := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(p.path(elsewhereA), old, old); err != nil {
		t.Fatal(err)
	}
	c := p.client(Config{})
	p.awaits("the session", elsewhereA, turns(1))
	p.settled(c.Engine)
	p.close(c.Engine)
	p.terminal(p.beside("x"), besideLine(elsewhereA, "s1"))
	if err := os.Chtimes(p.beside("x"), old, old); err != nil {
		t.Fatal(err)
	}
	c = p.client(Config{})
	p.awaits("its sub-agent", elsewhereA, func(s sessionstore.Session) bool { return s.SubAgents == 1 })
	p.settled(c.Engine)
	before := p.session(elsewhereA).Version
	c.allImporters()[0].rescan()
	p.settled(c.Engine)
	if v := p.session(elsewhereA).Version; v != before {
		t.Errorf("it was written again: version %d, was %d", v, before)
	}
}

// They are written back to where they were, and deleted with their session.
func TestSubAgentsBesideComeAndGo(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	p.terminal(p.path(elsewhereB), turnLines(2, 2, "", "two", "2")...)
	p.terminal(p.beside("a"), besideLine(elsewhereA, "s1"))
	p.terminal(p.beside("b"), besideLine(elsewhereB, "s2"))
	c := p.client(Config{})
	s := p.awaits("A", elsewhereA, func(s sessionstore.Session) bool { return s.SubAgents == 1 && s.Turns == 1 })
	p.awaits("B", elsewhereB, func(s sessionstore.Session) bool { return s.SubAgents == 1 })
	p.settled(c.Engine)
	for _, path := range []string{p.path(elsewhereA), p.beside("a")} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.transcript(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(p.beside("a")); err != nil || string(got) != besideLine(elsewhereA, "s1")+"\n" {
		t.Errorf("written back is %q, %v", got, err)
	}
	c.allImporters()[0].rescan()
	p.settled(c.Engine)
	if heads, err := p.store.Transcripts(t.Context(), elsewhereA); err != nil || len(heads) != 2 || heads[1].Entries != 1 {
		t.Errorf("the store then has %+v, %v", heads, err)
	}
	if _, err := c.Delete(t.Context(), Call{}, DeleteRequest{Sessions: []string{elsewhereA}, Confirm: true, DeleteTranscript: true}); err != nil {
		t.Fatal(err)
	}
	for name, there := range map[string]bool{p.path(elsewhereA): false, p.beside("a"): false, p.path(elsewhereB): true, p.beside("b"): true} {
		if _, err := os.Stat(name); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// failingAppends is a store whose appends fail, but for the first so many: as if
// the engine was killed then.
type failingAppends struct {
	sessionstore.Store
	left int
}

func (f *failingAppends) Append(ctx context.Context, a sessionstore.Append) (int, error) {
	if f.left--; f.left < 0 {
		return 0, errKilled
	}
	return f.Store.Append(ctx, a)
}

var errKilled = errors.New("killed")

// A reading that ends between the files of sub-agents, or in the middle of one,
// leaves nothing out and stores nothing twice when it is begun again.
func TestImportEndsBetweenSubAgents(t *testing.T) {
	for left := range 6 {
		p := newPlace(t, sessionstore.Options{})
		p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
		var want []string
		for n := range 2*importBatch + 7 {
			want = append(want, besideLine(elsewhereA, fmt.Sprint("s", n/2))) // each uuid repeats
		}
		p.terminal(p.beside("a"), want...)
		p.terminal(p.beside("b"), want[:10]...)
		store := &failingAppends{Store: p.store, left: left}
		e, err := New(Config{Store: store})
		if err != nil {
			t.Fatal(err)
		}
		im := newImporter(t.Context(), e, filepath.Join(p.dir, "config"))
		found, _ := agent.LookAt(p.path(elsewhereA))
		_, _, err = im.importWhole(*found)
		if killed := left < 5; errors.Is(err, errKilled) != killed {
			t.Errorf("with %d appends: %v", left, err)
		}
		store.left = 100
		if _, whole, err := im.importWhole(*found); !whole || err != nil {
			t.Errorf("begun again after %d appends: %v", left, err)
		}
		for sub, want := range map[string][]string{"beside/agent-a": want, "beside/agent-b": want[:10]} {
			if got := p.storedOf(elsewhereA, sub); !slices.Equal(got, want) {
				t.Errorf("after %d appends %s has %d lines, want %d", left, sub, len(got), len(want))
			}
		}
		p.close(e)
	}
}

// A file that is replaced is read anew, and lines that were stored are not stored
// twice.
func TestReplacedSubAgentBeside(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	p.terminal(p.beside("a"), besideLine(elsewhereA, "s1"), besideLine(elsewhereA, "s2"))
	c := p.client(Config{})
	p.awaits("the session", elsewhereA, func(s sessionstore.Session) bool { return s.SubAgents == 1 })
	p.settled(c.Engine)
	text := besideLine(elsewhereA, "s2") + "\n" + besideLine(elsewhereA, "s3") + "\n" + besideLine(elsewhereA, "s4") + "\n"
	if err := os.WriteFile(p.beside("a"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.until("the new lines", func() bool { return len(p.storedOf(elsewhereA, "beside/agent-a")) == 4 })
}
