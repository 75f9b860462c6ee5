// Package render writes transcripts for people: as Markdown, as one HTML page,
// and as one JSON document. The tools, the resources and the export share it,
// so that a conversation reads the same wherever it is seen.
//
// A [Document] is written page by page and keeps no more than a turn of it, so
// that a transcript may be of any length. Nothing here decides what is shown:
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

// clock writes a time for people; all times are UTC.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// JSON returns a Document that is one JSON object: the session, and all of its
// messages.
func JSON(w io.Writer) Document { return &jsonDocument{output: output{w: w}} }

type jsonDocument struct {
	output
	some bool
}

func (d *jsonDocument) Begin(t engine.Transcript) error {
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
	}
	return d.err
}

func (d *jsonDocument) End() error {
	d.put("\n  ]\n}\n")
	return d.err
}

func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return "null" // what is written here is plain data
	}
	return string(raw)
}
