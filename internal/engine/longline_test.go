package engine

import (
	"os"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// A line of 64 MB is read, listed, kept, written back and shown like any other.
func TestLongLine(t *testing.T) {
	if testing.Short() {
		t.Skip("it moves 64 MB about, some times over")
	}
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	result := `{"parentUuid":"a1","type":"user","uuid":"long","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"` +
		strings.Repeat("0123456789abcdef", 4<<20) + `"}]}}`
	lines := append(turnLines(1, 1, "", "one", "1"), result)
	lines = append(lines, turnLines(2, 2, "long", "two", "2")...)
	p.terminal(p.path(elsewhereA), lines...)
	s := p.awaits("both turns", elsewhereA, turns(2))
	p.settled(c.Engine)
	if info, err := c.Info(t.Context()); err != nil || len(info.Passed) != 0 {
		t.Errorf("passed over are %q, %v", info.Passed, err)
	}
	page, err := c.Read(t.Context(), Call{}, ReadRequest{Session: elsewhereA, IncludeTools: ToolsFull})
	if err != nil || page.Shown != 5 || page.Messages[2].Results[0].Cut != 64<<20 {
		t.Errorf("it reads as %d messages, %v", page.Shown, err)
	}
	before, err := os.ReadFile(p.path(elsewhereA))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(p.path(elsewhereA)); err != nil {
		t.Fatal(err)
	}
	path, err := c.transcript(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("it is written back as %d of %d bytes, %v", len(after), len(before), err)
	}
	if got := p.allLines(c, LinesRequest{Session: elsewhereA}); got != string(before) {
		t.Errorf("of the file there are %d of %d bytes", len(got), len(before))
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got := p.allLines(c, LinesRequest{Session: elsewhereA}); got != string(before) {
		t.Errorf("of the copy there are %d of %d bytes", len(got), len(before))
	}
}

// allLines returns all pages of a transcript.
func (p *place) allLines(c *Client, req LinesRequest) (all string) {
	p.t.Helper()
	for first := true; first || req.From > 0 || req.Offset > 0; first = false {
		page, err := c.Lines(p.t.Context(), Call{}, req)
		if err != nil {
			p.t.Fatal(err)
		}
		all += string(page.Lines)
		req.From, req.Offset = page.Next, page.NextOffset
	}
	return all
}
