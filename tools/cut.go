package tools

import (
	"fmt"
	"unicode/utf8"
)

// What an answer may hold. Hosts give a model the text, the structured
// content, or both; both together stay under 10,000 tokens, also where a token
// is no more than three bytes.
const (
	maxTextResult = 6_000  // bytes of a turn's result in the text
	maxResult     = 18_000 // bytes of a turn's result in the structured content
	maxEcho       = 600    // bytes of what the caller knows or can do without: prompts, notes, reasons
	maxDenials    = 12     // denials told
)

// cutBytes returns s, or as much of its beginning as fits into limit bytes and
// a note on how much that is.
func cutBytes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%s… [cut: the first %d of %d bytes]", s[:end], end, len(s))
}

// newestBytes returns s, or "…" and as much of its end as fits into limit bytes.
func newestBytes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	begin := len(s) - limit
	for begin < len(s) && !utf8.RuneStart(s[begin]) {
		begin++
	}
	return "…" + s[begin:]
}
