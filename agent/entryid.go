package agent

import (
	"bytes"
	"encoding/json"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

// EntryID returns the uuid of a transcript's line; "" if it has none.
func EntryID(line json.RawMessage) string {
	if Bulky(line) || !bytes.Contains(line, []byte(`"uuid"`)) {
		return ""
	}
	return jsonscan.String(line, "uuid")
}

// CopiedFrom returns the uuid that a line has in the transcript of which the
// Agent SDK copied it; "" if it was not copied under another uuid.
func CopiedFrom(line json.RawMessage) string {
	if Bulky(line) || !bytes.Contains(line, []byte(`"forkedFrom"`)) {
		return ""
	}
	return parseEntry(line, nil).ForkedFrom.Message
}

// Bulky tells whether a line only remembers a request to the API or the state
// of files: such lines are most of a transcript's bytes, and Claude Code needs
// none of them to go on.
func Bulky(line json.RawMessage) bool {
	return bytes.HasPrefix(line, []byte(`{"type":"api-request`))
}
