package tools

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// plainPage is a page in the middle of a transcript.
func plainPage(format string) engine.Transcript {
	return engine.Transcript{
		Session: parentID, Title: "main", Format: format, Shown: 2, Tokens: 90, PrevCursor: "older", NextCursor: "newer",
		Messages: []engine.Message{
			{UUID: turnID, Role: "user", Text: "Count the files.", TurnID: turnID},
			{UUID: "a", Role: "assistant", Text: "There are 12 files."},
		},
		Next: "Older messages: cursor prev_cursor.",
	}
}

// TestReadTranscript holds that a page is told once, as Markdown or as JSON, and
// that the Markdown has no structured content beside it, for which hosts would
// drop it.
func TestReadTranscript(t *testing.T) {
	tests := []struct {
		format, want string
		messages     int
	}{
		{engine.FormatMarkdown, `# main

Session ` + "`" + parentID + "`" + `

## user · turn · ` + "`" + turnID + "`" + `

Count the files.

## assistant · ` + "`a`" + `

There are 12 files.

prev_cursor (older): older
next_cursor (newer): newer
Next: Older messages: cursor prev_cursor.`, 0},
		{engine.FormatJSON, `2 messages of main in the structured content, messages.

prev_cursor (older): older
next_cursor (newer): newer
Next: Older messages: cursor prev_cursor.`, 2},
	}
	for _, test := range tests {
		f := &fake{read: func() (engine.Transcript, error) { return plainPage(test.format), nil }}
		result := use(t, connect(t, f, Options{}, eras[0]), "read_transcript", `{"session":"main"}`)
		if diff := cmp.Diff(test.want, text(t, result)); diff != "" {
			t.Errorf("text as %s (-want +got):\n%s", test.format, diff)
		}
		if test.messages == 0 {
			if result.StructuredContent != nil {
				t.Errorf("structured content as %s is %v", test.format, result.StructuredContent)
			}
			continue
		}
		var got engine.Transcript
		structured(t, result, &got)
		if len(got.Messages) != test.messages || got.PrevCursor != "older" || got.NextCursor != "newer" || got.Shown != 2 {
			t.Errorf("structured content as %s is %+v", test.format, got)
		}
	}
}

// TestReadFullMessage has all that a message can have.
func TestReadFullMessage(t *testing.T) {
	page := plainPage(engine.FormatJSON)
	page.Messages = []engine.Message{{
		UUID: "a", Role: "assistant", Tokens: &engine.Tokens{Input: 1}, Turn: &engine.TurnNote{Status: "completed"}, Cut: 1,
		Uses:    []engine.ToolUse{{ID: "t", Name: "Bash", Summary: "Bash: ls", Input: json.RawMessage(`{"command":"ls"}`), Cut: 1}},
		Results: []engine.ToolResult{{UseID: "t", Name: "Bash", Text: "x", Failed: true, Cut: 1}},
	}}
	f := &fake{read: func() (engine.Transcript, error) { return page, nil }}
	result := use(t, connect(t, f, Options{}, eras[0]), "read_transcript", `{"session":"main"}`)
	if raw, _ := json.Marshal(result.StructuredContent); !strings.Contains(string(raw), `"tool_use_id":"t"`) {
		t.Errorf("structured content is %s", raw)
	}
}
