package render

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

var update = flag.Bool("update", false, "write the golden files")

// sample is a transcript with one of everything.
func sample() engine.Transcript {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	next := func() time.Time { at = at.Add(20 * time.Second); return at }
	edit := json.RawMessage(`{"file_path":"/src/app/main.go","old_string":"func main() {\n\tprintln(\"hi\")\n}","new_string":"func main() {\n\tprintln(\"hello\")\n\tos.Exit(0)\n}"}`)
	return engine.Transcript{
		Session: "3f2a9c1e-5b7d-4c60-9a51-0d8e7f6a5b4c", Title: "greet <b>properly</b>", Format: "markdown",
		Subagents: []string{"subagents/agent-1"},
		Messages: []engine.Message{
			{UUID: "s0", Role: "system", Time: next(), Text: "The conversation was compacted here: what is before is summed up after."},
			{UUID: "p1", Role: "user", Time: next(), Text: "Make it greet **properly**, please.\n\n<script>alert(1)</script>", TurnID: "p1",
				Turn: &engine.TurnNote{Status: sessionstore.TurnCompleted, Usage: engine.Usage{Cost: engine.KnownCost(0.0421)}}},
			{UUID: "a1", Role: "assistant", Time: next(), Model: "claude-opus-5-5", Thinking: "The file is small.\nOne edit will do.", Text: "I look at the file first."},
			{UUID: "a2", Role: "assistant", Time: next(), Model: "claude-opus-5-5", Tokens: &engine.Tokens{Input: 1200, Output: 80, CacheRead: 40000},
				Uses: []engine.ToolUse{{ID: "t1", Name: "Bash", Summary: "Bash: cat main.go", Input: json.RawMessage(`{"command":"cat main.go","description":"Show the file"}`)}}},
			{UUID: "r1", Role: "tool", Time: next(), Results: []engine.ToolResult{{UseID: "t1", Name: "Bash", Text: "func main() {\n\tprintln(\"hi\")\n}\n"}}},
			{UUID: "a3", Role: "assistant", Time: next(), Model: "claude-opus-5-5", Tokens: &engine.Tokens{Input: 100, Output: 120, CacheRead: 42000},
				Uses: []engine.ToolUse{
					{ID: "t2", Name: "Edit", Summary: "Edit: main.go", Input: edit},
					{ID: "t3", Name: "Write", Summary: "Write: note_*.md", Input: json.RawMessage(`{"file_path":"/src/note.md","content":"one\n` + "```" + `\ntwo"}`), Cut: 9000},
				}},
			{UUID: "r2", Role: "tool", Time: next(), Results: []engine.ToolResult{
				{UseID: "t2", Name: "Edit", Text: "The file has been updated."},
				{UseID: "t3", Name: "Write", Text: "permission denied", Failed: true},
				{UseID: "old", Text: "line one\nline two of a result whose use is elsewhere", Cut: 22000},
			}},
			{UUID: "a4", Role: "assistant", Time: next(), Model: "claude-opus-5-5", Tokens: &engine.Tokens{Input: 50, Output: 300, CacheRead: 43000},
				Text: "# Done\n\n| file | change |\n|---|---|\n| `main.go` | greets |\n\n1. See [the docs](https://example.com/?a=1&b=2) or [this](javascript:alert(1)).\n2. ![pixel](https://example.com/pixel.png)\n\n```go\nos.Exit(0)\n```\n\n<details>\n<summary>html</summary>\n</details>"},
			{UUID: "a5", Role: "assistant", Uses: []engine.ToolUse{{ID: "t4", Name: "Agent", Summary: "Agent: Look around", Subagent: "subagents/agent-1"}}},
			{UUID: "p2", Role: "user", Text: "And now stop.", TurnID: "p2",
				Turn: &engine.TurnNote{Status: sessionstore.TurnInterrupted, Usage: engine.Usage{Cost: engine.KnownCost(1.5)}}},
			{UUID: "s1", Role: "system", Text: "[Request interrupted by user]"},
			{UUID: "p3", Role: "user", Text: "A prompt that is long", Cut: 100000, TurnID: "p3"},
		},
	}
}

func written(t *testing.T, make func(io.Writer) Document, tr engine.Transcript) string {
	t.Helper()
	var b strings.Builder
	if err := Whole(make(&b), tr); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// documents are all kinds of documents.
func documents(read ReadSubagent) map[string]func(io.Writer) Document {
	kinds := map[string]func(io.Writer) Document{}
	for name, kind := range map[string]func(io.Writer, ReadSubagent) Document{"markdown": Markdown, "html": HTML, "json": JSON} {
		kinds[name] = func(w io.Writer) Document { return kind(w, read) }
	}
	return kinds
}

// plain is a kind of documents that only name sub-agents.
func plain(kind func(io.Writer, ReadSubagent) Document) func(io.Writer) Document {
	return func(w io.Writer) Document { return kind(w, nil) }
}

// TestGolden pins what people read.
func TestGolden(t *testing.T) {
	for file, make := range map[string]func(io.Writer) Document{"sample.md": plain(Markdown), "sample.html": plain(HTML), "sample.json": plain(JSON)} {
		got := written(t, make, sample())
		path := filepath.Join("testdata", file)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got; go test ./internal/render -update writes it):\n%s", path, diff)
		}
	}
}

// TestPages holds that it does not show where one page ends and another begins.
func TestPages(t *testing.T) {
	for name, make := range documents(nil) {
		var b strings.Builder
		d := make(&b)
		if err := d.Begin(sample()); err != nil {
			t.Fatal(err)
		}
		for _, m := range sample().Messages {
			if err := d.Add([]engine.Message{m}); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.End(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(written(t, make, sample()), b.String()); diff != "" {
			t.Errorf("%s, message by message (-want +got):\n%s", name, diff)
		}
	}
}

// TestJSON holds that the document is JSON with all that was read.
// What a person did that asked the model nothing is no turn of a page.
func TestLocalIsNoTurn(t *testing.T) {
	var b strings.Builder
	d := HTML(&b, nil)
	err := errors.Join(d.Begin(engine.Transcript{}), d.Add([]engine.Message{
		{UUID: "1", Role: agent.SpeakerUser, Local: true, Text: "! ls"}, {UUID: "2", Role: agent.SpeakerUser, Text: "hi"},
		{UUID: "3", Role: agent.SpeakerUser, Local: true, Text: "/exit"},
	}), d.End())
	if page := b.String(); err != nil || !strings.Contains(page, "Turn 1") || strings.Contains(page, "Turn 2") || !strings.Contains(page, "/exit") {
		t.Errorf("%v: %s", err, page)
	}
}

func TestJSON(t *testing.T) {
	var got engine.Transcript
	if err := json.Unmarshal([]byte(written(t, plain(JSON), sample())), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample().Messages, got.Messages); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if empty := written(t, plain(JSON), engine.Transcript{Session: "s"}); !json.Valid([]byte(empty)) {
		t.Errorf("a document without messages is %q", empty)
	}
}

// TestPageIsSelfContained looks for what a page would load or run, whatever the
// transcript says.
func TestPageIsSelfContained(t *testing.T) {
	evil := []string{
		`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<iframe src="https://example.com"></iframe>`,
		`![x](https://example.com/x.png)`, `![x](javascript:alert(1))`, `[x](JavaScript:alert(1))`, `[x](data:text/html;base64,AAAA)`,
		`<a href="javascript:alert(1)">x</a>`, `</article></main><style>@import "https://example.com"</style>`,
		"a <b onclick=x> c", "<!-- -->", "<style>\nx", "[x]: https://example.com \"\\\" onclick=alert(1)\"\n[x]",
	}
	tr := engine.Transcript{Title: evil[0], Session: evil[1], Subagent: evil[2]}
	for _, e := range evil {
		raw, _ := json.Marshal(map[string]string{"file_path": e, "old_string": e, "new_string": e + e, e: e})
		tr.Messages = append(tr.Messages,
			engine.Message{UUID: e, Role: "user", Text: e, Thinking: e, Model: e},
			engine.Message{UUID: e, Role: "assistant", Text: e, Uses: []engine.ToolUse{
				{ID: "1", Name: e, Summary: e, Input: raw}, {ID: "2", Name: "Edit", Summary: e, Input: raw}}},
			engine.Message{UUID: e, Role: "tool", Results: []engine.ToolResult{{UseID: "1", Name: e, Text: e}, {UseID: "3", Name: e, Text: e}}})
	}
	got := written(t, plain(HTML), tr)
	for _, bad := range []string{
		`(?i)<(script|img|iframe|object|embed|link|base|form)\b`, `(?i)<[a-z]+(\s+[a-z-]+="[^"]*")*\s+on[a-z]+\s*=`,
		`(?i)<[a-z][^>]*(href|src)="\s*(javascript|vbscript|data|file):`, `(?i)<style>[^<]*(@import|url\()`,
	} {
		if found := regexp.MustCompile(bad).FindString(got); found != "" {
			t.Errorf("the page has %q", found)
		}
	}
	if n := strings.Count(got, "<style>"); n != 1 {
		t.Errorf("the page has %d style sheets, want its own", n)
	}
	if !strings.Contains(got, "&lt;img src=x onerror=alert(1)&gt;") {
		t.Error("HTML in a transcript is not shown as text")
	}
}

func TestChanges(t *testing.T) {
	tests := []struct{ before, after, want string }{
		{"", "a\nb", "+a\n+b\n"},
		{"a", "", "-a\n"},
		{"a\nb\nc", "a\nx\nc", " a\n-b\n+x\n c\n"},
		{"a\n", "a\nb\n", " a\n+b\n"},
	}
	for _, test := range tests {
		if got := changes(agent.Edit{Old: test.before, New: test.after}); got != test.want {
			t.Errorf("from %q to %q is %q, want %q", test.before, test.after, got, test.want)
		}
	}
}

func TestFields(t *testing.T) {
	tests := []struct {
		input string
		want  []field
	}{
		{`{"b":"x\ny","a":1,"c":{"d":[]}}`, []field{{"b", "x\ny"}, {"a", "1"}, {"c", `{"d":[]}`}}},
		{`[1]`, []field{{"", "[1]"}}},
		{`{"a":`, []field{{"", `{"a":`}}},
		{`{}`, nil},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, fields(json.RawMessage(test.input))); diff != "" {
			t.Errorf("fields of %s (-want +got):\n%s", test.input, diff)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := number(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
	}
}

// broken fails after some bytes.
type broken struct{ left int }

var errBroken = errors.New("the disk is full")

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

// TestBrokenWriter holds that no document is taken for whole that is not.
func TestBrokenWriter(t *testing.T) {
	for name, make := range documents(nil) {
		whole := len(written(t, make, sample()))
		for _, n := range []int{0, 100, whole / 2, whole - 1} {
			if err := Whole(make(&broken{n}), sample()); !errors.Is(err, errBroken) {
				t.Errorf("%s on a disk with %d bytes gave %v", name, n, err)
			}
		}
	}
}
