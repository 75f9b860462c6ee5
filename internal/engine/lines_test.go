package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// allLines are all lines of a transcript.
func allLines(t *testing.T, c *Client, req LinesRequest) string {
	t.Helper()
	var all strings.Builder
	for more := true; more; more = req.From > 0 || req.Offset > 0 {
		page, err := c.Lines(t.Context(), Call{}, req)
		if err != nil {
			t.Fatalf("lines of %+v: %v", req, err)
		}
		all.Write(page.Lines)
		req.From, req.Offset = page.Next, page.NextOffset
	}
	return all.String()
}

// odd are lines that are easily lost: with signs that HTML needs escaped, with a
// uuid that repeats, with none, and twice the same.
var odd = []string{
	`{"type":"user","uuid":"p1","message":{"role":"user","content":"<b> & \u2028 \u003c   \ud800"}}`,
	`{"type":"assistant","uuid":"a1","parentUuid":"p1","message":{"role":"assistant","id":"m1","content":[{"type":"text","text":"one"}]}}`,
	`{"type":"assistant","uuid":"a1","parentUuid":"p1","message":{"role":"assistant","id":"m1","content":[{"type":"text","text":"another"}]}}`,
	`{"type":"summary","summary":"x"}`, `{"type":"summary","summary":"x"}`,
	`{"type":"user","uuid":"p2","parentUuid":"a1","message":{"role":"user","content":"go on"}}`,
	`{"type":"user","uuid":"p2","parentUuid":"a1","message":{"role":"user","content":"go on"}}`,
	`{ "type" : "system",  "uuid" : "s1", "n": 12345678901234567890 }`,
}

// Lines are those of the file, byte for byte, and those of the copy where there
// is no file any more.
func TestLinesAreThoseOfTheFile(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	text := strings.Join(odd, "\n") + "\n"
	whole := text + "no JSON \xff\n\n  {}\r\n" + `{"type":"api-request","big":1}` + "\n" + `{"torn`
	p.raw(p.path(elsewhereA), whole)
	c := p.client(Config{})
	p.awaits("the session", elsewhereA, func(s sessionstore.Session) bool { return s.LastMessage != "" })
	p.settled(c.Engine)
	if got := allLines(t, c, LinesRequest{Session: elsewhereA}); got != whole {
		t.Errorf("of the file got %q, want %q", got, whole)
	}
	if err := os.Remove(p.path(elsewhereA)); err != nil {
		t.Fatal(err)
	}
	if got := allLines(t, c, LinesRequest{Session: elsewhereA}); got != text+"{}\n" {
		t.Errorf("of the copy got %q, want %q", got, text)
	}
	path, err := c.transcript(t.Context(), p.session(elsewhereA))
	if got, _ := os.ReadFile(path); err != nil || string(got) != text+"{}\n" {
		t.Errorf("written back is %q, %v", got, err)
	}
}

// A long file comes in parts, and no part is of another file.
func TestLinesInParts(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	path := p.path(elsewhereA)
	p.terminal(path, turnLines(1, 1, "", "one", strings.Repeat("x", maxLinesPage+100))...)
	c := p.client(Config{})
	p.awaits("the session", elsewhereA, turns(1))
	p.settled(c.Engine)
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := allLines(t, c, LinesRequest{Session: elsewhereA}); got != string(want) {
		t.Errorf("got %d bytes, want %d", len(got), len(want))
	}
	first, err := c.Lines(t.Context(), Call{}, LinesRequest{Session: elsewhereA})
	if err != nil || first.NextOffset != maxLinesPage {
		t.Fatalf("the first part ends at %d, %v", first.NextOffset, err)
	}
	for what, change := range map[string]func() error{
		"shorter": func() error { return os.WriteFile(path, want[:100], 0o600) },
		"gone":    func() error { return os.Remove(path) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Lines(t.Context(), Call{}, LinesRequest{Session: elsewhereA, Offset: first.NextOffset}); code(err) != Conflict {
			t.Errorf("after the file is %s: %v, want a conflict", what, err)
		}
		if what == "gone" {
			break // what follows would make it again
		}
	}
}

// Lines of sub-agents are had by name, Claude Code's own agents' too, from files
// and from the copy.
func TestLinesOfSubagents(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	folder := filepath.Dir(p.path(elsewhereA))
	files := map[string]string{
		"beside/agent-ab12":                 filepath.Join(folder, "agent-ab12.jsonl"),
		"subagents/agent-cd":                filepath.Join(folder, elsewhereA, "subagents", "agent-cd.jsonl"),
		"subagents/agent-acompact-ab1":      filepath.Join(folder, elsewhereA, "subagents", "agent-acompact-ab1.jsonl"),
		"beside/agent-aprompt_suggestion-7": filepath.Join(folder, "agent-aprompt_suggestion-7.jsonl"),
	}
	text := func(sub string) string { return besideLine(elsewhereA, "u"+sub) + "\n" }
	for sub, path := range files {
		p.raw(path, text(sub))
	}
	c := p.client(Config{})
	p.awaits("the session", elsewhereA, turns(1))
	p.settled(c.Engine)
	check := func(what string) {
		t.Helper()
		for sub := range files {
			if got := allLines(t, c, LinesRequest{Session: elsewhereA, Subagent: sub}); got != text(sub) {
				t.Errorf("%s: %s gave %q", what, sub, got)
			}
		}
		for ref, want := range map[string]string{"ab1": "beside/agent-ab12", "compact": "subagents/agent-acompact-ab1"} {
			if got := allLines(t, c, LinesRequest{Session: elsewhereA, Subagent: ref}); got != text(want) {
				t.Errorf("%s: %q gave %q", what, ref, got)
			}
		}
		page := read(t, c, ReadRequest{Session: elsewhereA})
		if got := fmt.Sprint(page.Subagents); got != "[beside/agent-ab12 subagents/agent-cd]" {
			t.Errorf("%s: listed are %s", what, got)
		}
		if _, err := c.Lines(t.Context(), Call{}, LinesRequest{Session: elsewhereA, Subagent: "none"}); code(err) != NotFound {
			t.Errorf("%s: of none there is %v", what, err)
		}
	}
	check("files")
	if s := p.session(elsewhereA); s.SubAgents != 2 {
		t.Errorf("it counts %d sub-agents", s.SubAgents)
	}
	for _, path := range append([]string{p.path(elsewhereA)}, files["beside/agent-ab12"], files["subagents/agent-cd"], files["subagents/agent-acompact-ab1"], files["beside/agent-aprompt_suggestion-7"]) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	check("the copy")
}
