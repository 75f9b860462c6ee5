package tools

import (
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/internal/render"
)

func readTranscript() tool {
	return define(spec[engine.ReadRequest, engine.Transcript]{
		name:  "read_transcript",
		title: "Read a Claude Code session",
		description: `Reads the conversation of a session, a page at a time, without resuming it: it costs nothing and changes nothing.
Use it to see what a session did and why, before you resume, fork or compare it. It starts with the newest messages; from and cursor lead anywhere else. Messages stand in the order in which they were said. A uuid can be given as from here and as at to fork_session.
By default uses of tools are shown in a line each. To see all of one message, give its uuid as from, with include_tools full and limit 1.
The page is Markdown, as text; with format json it is structured content instead. What does not fit into max_tokens is on the next page.
Returns prev_cursor (older messages) and next_cursor (newer ones) where there are any, and the names of the session's sub-agents, which subagent reads; the use of a tool that began one names it.`,
		hints: hints{readOnly: true, idempotent: true},
		tune:  func(in *jsonschema.Schema) { withhold(in, "all_subagents") },
		call:  Sessions.Read,
		plain: func(t engine.Transcript) bool { return t.Format != engine.FormatJSON },
		bound: func(t engine.Transcript) engine.Transcript { return t }, // the engine has bounded it
		show:  showTranscript,
	})
}

// showTranscript is the page as Markdown, with the ways on below it. As JSON
// it is a line on what the structured content has.
func showTranscript(t engine.Transcript) string {
	var b strings.Builder
	if t.Format == engine.FormatJSON {
		b.WriteString(count(t.Shown, "message") + " of " + oneline.Cut(t.Title, 80) + " in the structured content, messages.\n")
	} else {
		_ = render.Whole(render.Markdown(&b, nil), t) // a Builder takes everything
	}
	if t.PrevCursor != "" {
		b.WriteString("\nprev_cursor (older): " + t.PrevCursor)
	}
	if t.NextCursor != "" {
		b.WriteString("\nnext_cursor (newer): " + t.NextCursor)
	}
	if t.Next != "" {
		b.WriteString("\nNext: " + t.Next)
	}
	return strings.TrimSpace(b.String())
}

// withhold takes an argument that only programs of ours give out of a schema.
func withhold(in *jsonschema.Schema, name string) {
	delete(in.Properties, name)
	in.PropertyOrder = slices.DeleteFunc(in.PropertyOrder, func(n string) bool { return n == name })
}
