package agent

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// escapeSequence is what terminals take for a colour, a movement, a title or a
// link, and an escape character that begins none of these.
var escapeSequence = regexp.MustCompile(`(?s)(?:\x1b\[|\x{9b})[0-?]*[ -/]*[@-~]` +
	`|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)` +
	`|\x1b[PX^_][^\x1b]*\x1b\\` +
	`|\x1b[ -/]+[0-~]` +
	`|\x1b[0-OQ-WYZ\\` + "`" + `-~]?`)

// plain is a text without the escape sequences of terminals.
func plain(text string) string {
	if !strings.Contains(text, "\x1b") && !strings.Contains(text, "\u009b") {
		return text
	}
	return escapeSequence.ReplaceAllString(text, "")
}

// escapedSequence is an escapeSequence as JSON writes it.
var escapedSequence = regexp.MustCompile(`\\u(?:001[bB]\[|009[bB])[0-?]*[ !#-/]*[@-\[\]-~]` +
	`|\\u001[bB]\][^"\\]*(?:\\u0007|\\u001[bB]\\\\)` +
	`|\\u001[bB]`)

// plainJSON is plain for the strings of a value.
func plainJSON(value json.RawMessage) json.RawMessage {
	var out []byte
	done := 0
	for _, at := range escapedSequence.FindAllIndex(value, -1) {
		slashes := at[0] - len(bytes.TrimRight(value[:at[0]], `\`))
		if slashes%2 == 1 {
			continue // a backslash of the text, and what follows it
		}
		out = append(out, value[done:at[0]]...)
		done = at[1]
	}
	if done == 0 {
		return value
	}
	return append(out, value[done:]...)
}
