package render

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/engine"
)

//go:embed page.css page.html
var files embed.FS

// HTML returns a Document that is one page with all that it needs: no script,
// nothing from outside, light or dark as the reader's system is. Calls of tools
// are folded, each below a line that says what it did, and so are sub-agents,
// each below the call that began it.
func HTML(w io.Writer, read ReadSubagent) Document {
	css, err := files.ReadFile("page.css")
	d := &page{output: &output{w: w, err: err}, text: newMarkup(), agents: newSubagents(read)}
	d.css = template.CSS(css) // our own
	d.page, err = template.New("").Funcs(template.FuncMap{
		"markup": d.text.html, "clock": clock, "tokens": tokens, "cost": cost, "number": number, "missing": missing,
		"machine": machine, "subagent": d.subagent,
	}).ParseFS(files, "page.html")
	if d.err == nil {
		d.err = err
	}
	return d
}

// page is an HTML page. A turn is written when the next one begins: only then
// are its tokens and the results of its tools known.
type page struct {
	*output
	page   *template.Template
	text   *markup
	css    template.CSS
	agents *subagents
	anchor string // what ids of turns begin with: "" but for sub-agents

	turn  *turn // the one that is being gathered; nil before the first
	turns int
}

// turn is a prompt and all until the next.
type turn struct {
	Number   int // 0: what stands before the first prompt
	Anchor   string
	Messages []*message
	Note     *engine.TurnNote
	Tokens   engine.Tokens
	Began    time.Time
	Model    string

	uses map[string]*use // by id
}

type message struct {
	engine.Message
	Uses    []*use
	Results []engine.ToolResult // of uses that are not in the turn
}

type use struct {
	engine.ToolUse
	What    string // the summary without the tool's name
	Changes []change
	Fields  []field
	Result  *engine.ToolResult
}

// change is an edit with its lines, each of a kind: added, removed or kept.
type change struct {
	Path  string
	Lines []diffLine
}

type diffLine struct{ Kind, Text string }

func (d *page) Begin(t engine.Transcript) error {
	d.agents.begin(t)
	d.execute("head", struct {
		engine.Transcript
		CSS template.CSS
	}{t, d.css})
	return d.err
}

func (d *page) Add(messages []engine.Message) error {
	for _, m := range messages {
		prompt := m.Role == agent.SpeakerUser && !m.Local
		if d.turn == nil || prompt {
			d.flush()
			d.turn = &turn{Number: d.turns, Anchor: d.anchor, Began: m.Time, uses: map[string]*use{}}
		}
		if prompt {
			d.turns++
			d.turn.Number = d.turns
		}
		d.turn.add(m)
	}
	return d.err
}

func (d *page) End() error {
	d.flush()
	if left := d.agents.left(); len(left) > 0 {
		d.execute("left", left)
	}
	d.execute("foot", nil)
	return d.err
}

// subagent writes the conversation of a sub-agent, unless it was written before.
// Templates call it where it belongs: all before that is written then.
func (d *page) subagent(name string) (template.HTML, error) {
	if !d.agents.take(name) || d.err != nil {
		return "", d.err
	}
	inner := &page{output: d.output, page: d.page, text: d.text, agents: d.agents, anchor: fmt.Sprintf("agent-%d-", len(d.agents.written))}
	d.execute("begin agent", name)
	d.fail(d.agents.read(name, func(t engine.Transcript) error { return inner.Add(t.Messages) }))
	inner.flush()
	d.execute("end agent", nil)
	return "", d.err
}

func (d *page) flush() {
	if d.turn != nil {
		d.execute("turn", d.turn)
	}
	d.turn = nil
}

func (d *page) execute(name string, data any) {
	if d.err == nil {
		d.err = d.page.ExecuteTemplate(d.w, name, data)
	}
}

// add takes a message of the turn; results go to their uses.
func (t *turn) add(m engine.Message) {
	shown := &message{Message: m}
	if m.Turn != nil {
		t.Note = m.Turn
	}
	if m.Model != "" {
		t.Model = m.Model
	}
	if m.Tokens != nil {
		t.Tokens.Input += m.Tokens.Input
		t.Tokens.Output += m.Tokens.Output
		t.Tokens.CacheRead += m.Tokens.CacheRead
		t.Tokens.CacheCreation += m.Tokens.CacheCreation
	}
	for _, u := range m.Uses {
		folded := newUse(u)
		t.uses[u.ID] = folded
		shown.Uses = append(shown.Uses, folded)
	}
	for _, r := range m.Results {
		if u := t.uses[r.UseID]; u != nil && u.Result == nil {
			u.Result = &r
		} else {
			shown.Results = append(shown.Results, r)
		}
	}
	if m.Text != "" || m.Thinking != "" || len(shown.Uses) > 0 || len(shown.Results) > 0 {
		t.Messages = append(t.Messages, shown)
	}
}

func newUse(u engine.ToolUse) *use {
	folded := &use{ToolUse: u, What: strings.TrimPrefix(strings.TrimPrefix(u.Summary, u.Name), ": ")}
	for _, e := range agent.Edits(u.Name, u.Input) {
		folded.Changes = append(folded.Changes, change{e.Path, diffLines(changes(e))})
	}
	if len(folded.Changes) == 0 && u.Input != nil {
		folded.Fields = fields(u.Input)
	}
	return folded
}

func diffLines(text string) []diffLine {
	var lines []diffLine
	for line := range strings.Lines(text) {
		kind := "kept"
		switch line[0] {
		case '+':
			kind = "added"
		case '-':
			kind = "removed"
		}
		lines = append(lines, diffLine{kind, line})
	}
	return lines
}

// Began is the sub-agent that a use began; "" if that is not known.
func (u *use) Began() string {
	if u.Subagent == "" && u.Result != nil {
		return u.Result.Subagent
	}
	return u.Subagent
}

// Lines says how long a result is.
func (u *use) Lines() string {
	if u.Result == nil {
		return ""
	}
	n := strings.Count(strings.TrimSpace(u.Result.Text), "\n") + 1
	switch {
	case strings.TrimSpace(u.Result.Text) == "":
		return "no output"
	case n == 1:
		return "1 line"
	}
	return fmt.Sprintf("%s lines", number(int64(n)))
}

// machine writes a time for programs.
func machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }
