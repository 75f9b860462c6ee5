package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// Markdown returns a Document in Markdown: each message under a heading that
// tells who, when and its uuid. What people and models wrote is left as they
// wrote it. The conversation of a sub-agent stands below the use of the tool that
// began it, under a deeper heading.
func Markdown(w io.Writer, read ReadSubagent) Document {
	return &markdown{output: output{w: w}, agents: newSubagents(read), level: 2}
}

type markdown struct {
	output
	agents *subagents
	level  int // of the headings of messages
}

// maxLevel is the deepest heading that Markdown has.
const maxLevel = 6

// heading begins a heading that is so much deeper than those of messages.
func (d *markdown) heading(deeper int) string {
	return "\n" + strings.Repeat("#", min(d.level+deeper, maxLevel)) + " "
}

func (d *markdown) Begin(t engine.Transcript) error {
	d.agents.begin(t)
	d.put("# ", line(t.Title, 120), "\n\nSession `", t.Session, "`")
	if t.Subagent != "" {
		d.put(", sub-agent `", t.Subagent, "`")
	}
	if t.Inherited != "" {
		d.put(", which has not run: this is the conversation of `", t.Inherited, "` that it begins with")
	}
	d.put("\n")
	if t.Subagent == "" && len(t.Subagents) > 0 {
		d.put("\nSub-agents: `", strings.Join(t.Subagents, "`, `"), "`\n")
	}
	return d.err
}

func (d *markdown) Add(messages []engine.Message) error {
	for _, m := range messages {
		d.message(m)
	}
	return d.err
}

func (d *markdown) End() error {
	for i, name := range d.agents.left() {
		if i == 0 {
			d.put(d.heading(0), "Other sub-agents\n")
		}
		d.subagent(name)
	}
	return d.err
}

// subagent writes the conversation of a sub-agent, unless it was written before.
func (d *markdown) subagent(name string) {
	if !d.agents.take(name) || d.err != nil {
		return
	}
	d.put(d.heading(1), "Sub-agent `", name, "`\n")
	d.level += 2
	d.fail(d.agents.read(name, func(t engine.Transcript) error { return d.Add(t.Messages) }))
	d.level -= 2
	d.put("\n*End of sub-agent `", name, "`.*\n")
}

func (d *markdown) message(m engine.Message) {
	d.put(d.heading(0), strings.Join(facts(m), " · "), "\n")
	if m.Thinking != "" {
		d.put("\n> ", strings.ReplaceAll("*thinking:* "+m.Thinking, "\n", "\n> "), "\n")
	}
	if m.Text != "" {
		d.put("\n", strings.TrimRight(m.Text, "\n"), "\n")
	}
	if m.Cut > 0 {
		d.put("\n", missing(len(m.Text)+len(m.Thinking), m.Cut), "\n")
	}
	for _, u := range m.Uses {
		d.use(u)
		d.subagent(u.Subagent)
	}
	for _, r := range m.Results {
		d.result(r)
		d.subagent(r.Subagent)
	}
}

// facts are what stands in the heading of a message.
func facts(m engine.Message) []string {
	list := []string{m.Role}
	if at := clock(m.Time); at != "" {
		list = append(list, at)
	}
	if m.Model != "" {
		list = append(list, m.Model)
	}
	if m.Tokens != nil {
		list = append(list, tokens(*m.Tokens))
	}
	switch {
	case m.Turn != nil:
		list = append(list, fmt.Sprintf("turn %s, %s", m.Turn.Status, cost(m.Turn.Usage.Cost)))
	case m.TurnID != "":
		list = append(list, "turn")
	}
	return append(list, "`"+m.UUID+"`")
}

func (d *markdown) use(u engine.ToolUse) {
	d.put("\n- **", escape(u.Summary), "**")
	if u.Subagent != "" {
		d.put(", sub-agent `", u.Subagent, "`")
	}
	d.put("\n")
	if u.Input == nil && u.Cut == 0 {
		return
	}
	if edits := agent.Edits(u.Name, u.Input); len(edits) > 0 {
		for _, e := range edits {
			d.put("\n`", e.Path, "`\n\n", fence("diff", changes(e)))
		}
	} else {
		d.fields(u)
	}
	if u.Cut > 0 {
		d.put("\n", missing(len(u.Input), u.Cut), "\n")
	}
}

// fields writes the arguments of a tool: the short ones on a line each.
func (d *markdown) fields(u engine.ToolUse) {
	for _, f := range fields(u.Input) {
		if strings.Contains(f.Value, "\n") || len(f.Value) > 100 {
			d.put("\n", f.Name, ":\n\n", fence("", f.Value))
		} else {
			d.put("  - ", f.Name, ": `", strings.ReplaceAll(f.Value, "`", "'"), "`\n")
		}
	}
}

// result writes what a tool gave: on a line, if that holds it.
func (d *markdown) result(r engine.ToolResult) {
	name := r.Name
	if name == "" {
		name = "result"
	}
	if r.Failed {
		name += " failed"
	}
	d.put("\n- *", escape(name), "*:")
	short := strings.TrimSpace(r.Text)
	switch {
	case short == "":
		d.put(" no output\n")
	case len(short) <= 200 && (r.Cut > 0 || !strings.Contains(short, "\n")):
		d.put(" `", strings.ReplaceAll(line(short, 200), "`", "'"), "`\n")
	default:
		d.put("\n\n", fence("", r.Text))
	}
	if r.Cut > 0 {
		d.put("  ", missing(len(r.Text), r.Cut), "\n")
	}
}

// fence puts text between lines that it does not hold itself.
func fence(language, text string) string {
	mark := "```"
	for strings.Contains(text, mark) {
		mark += "`"
	}
	return mark + language + "\n" + strings.TrimRight(text, "\n") + "\n" + mark + "\n"
}

// escape keeps the signs of emphasis in a short text what they are.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "`", "\\`", "<", `\<`).Replace(line(text, 200))
}
