package agent

import (
	"bytes"
	"encoding/json"
)

// EntryID returns the uuid of a transcript's line; "" if it has none.
func EntryID(line json.RawMessage) string {
	if Bulky(line) || !bytes.Contains(line, []byte(`"uuid"`)) {
		return ""
	}
	var e struct {
		UUID string `json:"uuid"`
	}
	_ = json.Unmarshal(line, &e) // of another shape: none
	return e.UUID
}

// Bulky tells whether a line only remembers a request to the API or the state
// of files: such lines are most of a transcript's bytes, and Claude Code needs
// none of them to go on.
func Bulky(line json.RawMessage) bool {
	return bytes.HasPrefix(line, []byte(`{"type":"api-request`))
}
