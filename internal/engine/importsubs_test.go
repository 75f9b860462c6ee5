package engine

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

const subX = "subagents/agent-x"

// subFile is where a terminal keeps the transcript of a sub-agent.
func (p *place) subFile(id string) string {
	return filepath.Join(strings.TrimSuffix(p.path(id), ".jsonl"), filepath.FromSlash(subX)+".jsonl")
}

func subLine(parent, uuid, said string) string {
	return `{"type":"user","parentUuid":"` + parent + `","uuid":"` + uuid + `","isSidechain":true,"message":{"role":"user","content":"` + said + `"}}`
}

// A sub-agent may say more when its session has said its last.
func TestSubAgentGoesOn(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	p.terminal(p.subFile(elsewhereA), subLine("", "s1", "first"))
	c := p.client(Config{})
	p.awaits("the session", elsewhereA, turns(1))
	p.settled(c.Engine)
	said := func() int { return len(read(t, c, ReadRequest{Session: elsewhereA, Subagent: subX}).Messages) }
	if n := said(); n != 1 {
		t.Fatalf("at first it says %d", n)
	}
	p.terminal(p.subFile(elsewhereA), subLine("s1", "s2", "second"))
	if n := said(); n != 2 {
		t.Errorf("to who reads it then it says %d", n)
	}
	p.terminal(p.subFile(elsewhereA), subLine("s2", "s3", "third"))
	c.allImporters()[0].rescan()
	p.settled(c.Engine)
	if n, err := p.store.Transcripts(t.Context(), elsewhereA); err != nil || len(n) != 2 || n[0].Entries+n[1].Entries != 5 {
		t.Errorf("after a look at everything the store has %+v, %v", n, err)
	}
}

// At those of a session that has long been silent is looked only when it is read.
func TestSubAgentsOfLongAgo(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	p.terminal(p.subFile(elsewhereA), subLine("", "s1", "first"))
	old := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(p.path(elsewhereA), old, old); err != nil {
		t.Fatal(err)
	}
	c := p.client(Config{})
	p.awaits("the session", elsewhereA, turns(1))
	p.settled(c.Engine)
	before := p.session(elsewhereA).Version
	for range 2 {
		if n := len(read(t, c, ReadRequest{Session: elsewhereA, Subagent: subX}).Messages); n != 1 {
			t.Errorf("at first it says %d", n)
		}
		c.allImporters()[0].rescan()
		p.settled(c.Engine)
	}
	if v := p.session(elsewhereA).Version; v != before {
		t.Errorf("it was written again: version %d, was %d", v, before)
	}
	p.terminal(p.subFile(elsewhereA), subLine("s1", "s2", "second"))
	if n := len(read(t, c, ReadRequest{Session: elsewhereA, Subagent: subX}).Messages); n != 2 {
		t.Errorf("to who reads it then it says %d", n)
	}
}

// What is known of sub-agents is known to the next engine, too.
func TestSubAgentsAreReadOnce(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	p.terminal(p.subFile(elsewhereA), subLine("", "s1", "first"))
	e := p.client(Config{}).Engine
	p.awaits("the session", elsewhereA, turns(1))
	p.settled(e)
	before := p.session(elsewhereA).Version
	p.close(e)
	e = p.client(Config{}).Engine
	p.until("a look at everything", func() bool { return !e.listing() })
	p.settled(e)
	if v := p.session(elsewhereA).Version; v != before {
		t.Errorf("it was written again: version %d, was %d", v, before)
	}
}

// What was read of a sub-agent whose file then cannot be read further is not
// stored as another one's.
func TestLeftSubAgentLeavesNoLines(t *testing.T) {
	r := &reading{archive: true, verbatim: true, room: make([]byte, 0, importBytes)}
	if err := r.keep("agent-x", json.RawMessage(`{"uuid":"x1"}`), 0); err != nil || len(r.lines) != 1 {
		t.Fatalf("%d lines are kept, %v", len(r.lines), err)
	}
	r.leave(fs.ErrInvalid)
	if len(r.lines) != 0 || len(r.room) != 0 {
		t.Errorf("%d lines wait for the next sub-agent", len(r.lines))
	}
}
