package agent

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

// Bounds of what of one entry can be searched for, in bytes: people paste logs,
// and tools are given whole files.
const (
	maxSaying = 64 << 10
	maxInput  = 8 << 10 // of one string of a tool's input
)

// A Saying is what can be searched for in an entry of a transcript: the words
// of a prompt or of an answer, or what a tool was told (commands, file names,
// texts), but neither results of tools nor thoughts nor what Claude Code adds
// of its own.
type Saying struct {
	UUID string
	Role string // "user" or "assistant"
	Tool bool   // it is what a tool was told, and nothing else
	Time time.Time
	Text string // valid UTF-8, at most 64 KiB, with the name of each tool
}

// ParseSaying reads a line of a transcript, which is valid JSON: of any other
// line it says something or other. It is false for a line in which there is
// nothing to search for. Lines of other kinds, most of a transcript's bytes, cost
// no decoding.
func ParseSaying(line json.RawMessage) (Saying, bool) {
	if !maySay(line) {
		return Saying{}, false
	}
	e := parseValid(line, nil)
	if e.UUID == "" || e.Meta || e.APIError || e.Type != "user" && e.Type != "assistant" {
		return Saying{}, false
	}
	said := parseSaved(e.Message)
	if said.Model == synthetic {
		return Saying{}, false
	}
	text, tool := sayings(said.blocks())
	if text == "" || e.Type == "user" && !asked(text) {
		return Saying{}, false
	}
	return Saying{UUID: e.UUID, Role: e.Type, Tool: tool, Time: e.Time, Text: text}, true
}

// maySay tells at a glance what cannot be an entry of the conversation.
func maySay(line []byte) bool {
	if kind, ok := bytes.CutPrefix(line, []byte(`{"type":`)); ok {
		return bytes.HasPrefix(kind, []byte(`"user"`)) || bytes.HasPrefix(kind, []byte(`"assistant"`))
	}
	if bytes.Contains(line, []byte(`"tool_result"`)) && !bytes.Contains(line, []byte(`"tool_use"`)) {
		return false // within a text the quotes would be escaped
	}
	return bytes.Contains(line, []byte(`"user"`)) || bytes.Contains(line, []byte(`"assistant"`))
}

// asked tells whether a user's text is a person's, or a program's in its place.
func asked(text string) bool {
	return !strings.HasPrefix(text, interruptedText) && !strings.HasPrefix(text, "<local-command-")
}

// sayings joins what is to be found of a message's parts. tool tells that
// nothing of it is text. A result of a tool makes it nothing at all.
func sayings(blocks []block) (text string, tool bool) {
	var parts []string
	tool = true
	for _, b := range blocks {
		switch b.Type {
		case "text":
			tool = tool && strings.TrimSpace(b.Text) == ""
			parts = append(parts, b.Text)
		case "tool_use", "server_tool_use":
			parts = append(parts, b.Name)
			parts = inputWords(parts, b.Input)
		case "tool_result":
			return "", false
		}
	}
	text = strings.TrimSpace(strings.Join(parts, "\n"))
	return cutText(text, maxSaying), tool
}

// inputWords adds all strings of a tool's input, in its own order.
func inputWords(parts []string, input json.RawMessage) []string {
	jsonscan.Strings(input, func(s string) { parts = append(parts, cutText(s, maxInput)) })
	return parts
}

// cutText is s, or its first limit bytes, as valid UTF-8.
func cutText(s string, limit int) string {
	return strings.ToValidUTF8(s[:min(len(s), limit)], "")
}
