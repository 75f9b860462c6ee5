// Package render writes transcripts for people: as Markdown, as one HTML page,
// and as one JSON document. The tools, the resources and the export share it,
// so that a conversation reads the same wherever it is seen.
//
// A [Document] is written page by page and keeps no more than a turn of it, so
// that a transcript may be of any length. One that is given a [ReadSubagent] reads
// the conversations of sub-agents when it comes to their place. Nothing here decides what is shown:
// that is the reader's, and what it has cut is told as cut.
//
// The words of a transcript are not to be trusted: HTML in them is shown as
// text, and a page loads nothing from outside.
package render

import (
	"encoding/json"
	"io"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// A Document takes a transcript in pages, oldest first: Begin, any number of
// Add, End. The first error of its writer is kept and returned by all that
// follows. It is for one goroutine.
type Document interface {
	// Begin writes what stands before the messages. Those of t are not written.
	Begin(t engine.Transcript) error
	Add(messages []engine.Message) error
	End() error
}

// Whole writes a transcript that is there in one page.
func Whole(d Document, t engine.Transcript) error {
	_ = d.Begin(t) // its error comes again
	_ = d.Add(t.Messages)
	return d.End()
}

// output is a writer that keeps its first error.
type output struct {
	w   io.Writer
	err error
}

func (o *output) put(parts ...string) {
	for _, p := range parts {
		if o.err != nil {
			return
		}
		_, o.err = io.WriteString(o.w, p)
	}
}

// fail keeps the error of a reader, as if the writer had it.
func (o *output) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// clock writes a time for people; all times are UTC.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// JSON returns a Document that is one JSON object: the session, all of its
// messages, and the messages of its sub-agents.
func JSON(w io.Writer, read ReadSubagent) Document {
	return &jsonDocument{output: output{w: w}, agents: newSubagents(read), begunBy: map[string]string{}}
}

type jsonDocument struct {
	output
	agents *subagents
	some   bool // messages were written in the present list

	begun   []string          // sub-agents that were met in messages, in that order
	begunBy map[string]string // ids of uses of tools, by sub-agent
}

func (d *jsonDocument) Begin(t engine.Transcript) error {
	d.agents.begin(t)
	d.put("{\n")
	for _, field := range []struct{ name, value string }{
		{"session_id", t.Session}, {"title", t.Title}, {"inherited_from", t.Inherited}, {"subagent", t.Subagent},
	} {
		if field.value != "" {
			d.put(`  "`, field.name, `": `, encode(field.value), ",\n")
		}
	}
	d.put(`  "messages": [`)
	return d.err
}

func (d *jsonDocument) Add(messages []engine.Message) error {
	for _, m := range messages {
		if d.some {
			d.put(",")
		}
		d.some = true
		d.put("\n    ", encode(m))
		d.note(m)
	}
	return d.err
}

// note remembers which sub-agents a message tells of.
func (d *jsonDocument) note(m engine.Message) {
	note := func(name, use string) {
		if name == "" || d.begunBy[name] != "" {
			return
		}
		d.begunBy[name] = use
		d.begun = append(d.begun, name)
	}
	for _, u := range m.Uses {
		note(u.Subagent, u.ID)
	}
	for _, r := range m.Results {
		note(r.Subagent, r.UseID)
	}
}

func (d *jsonDocument) End() error {
	d.put("\n  ]")
	open, end := ",\n  \"subagents\": [\n    ", ""
	for name := d.next(); name != "" && d.err == nil; name = d.next() {
		d.put(open)
		d.subagent(name)
		open, end = ",\n    ", "\n  ]"
	}
	d.put(end)
	d.put("\n}\n")
	return d.err
}

// next is the sub-agent to be written now: those that were begun by what was
// written come first.
func (d *jsonDocument) next() string {
	for len(d.begun) > 0 {
		name := d.begun[0]
		if d.begun = d.begun[1:]; d.agents.take(name) {
			return name
		}
	}
	for _, name := range d.agents.left() {
		if d.agents.take(name) {
			return name
		}
	}
	return ""
}

func (d *jsonDocument) subagent(name string) {
	d.put(`{"id": `, encode(name))
	if use := d.begunBy[name]; use != "" {
		d.put(`, "begun_by": `, encode(use))
	}
	d.put(`, "messages": [`)
	d.some = false
	err := d.agents.read(name, func(t engine.Transcript) error { return d.Add(t.Messages) })
	d.put("\n    ]}")
	d.fail(err)
}

func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return "null" // what is written here is plain data
	}
	return string(raw)
}
