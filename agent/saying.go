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
// of a prompt or of an answer, a shell command or a note that a person wrote, or
// what a tool was told (commands, file names, texts), but neither results nor
// thoughts nor what Claude Code adds of its own.
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
	if e.UUID == "" {
		return Saying{}, false
	}
	var said savedMessage
	var blocks []block
	if e.said() {
		said = parseSaved(e.Message)
		blocks = said.blocks()
	}
	s := Saying{UUID: e.UUID, Time: e.Time}
	switch is := e.classify(&said, blocks); is.kind {
	case answerLine:
		s.Role = "assistant"
		s.Text, s.Tool = sayings(blocks)
	case promptLine, commandLine, bashInputLine, memoryLine, compactSummaryLine, taskLine, peerLine:
		s.Role, s.Text = "user", cutText(strings.TrimSpace(plain(is.shown())), maxSaying)
	}
	return s, s.Text != ""
}

// maySay tells at a glance what cannot be an entry of the conversation.
func maySay(line []byte) bool {
	if kind, ok := bytes.CutPrefix(line, []byte(`{"type":`)); ok {
		return bytes.HasPrefix(kind, []byte(`"user"`)) || bytes.HasPrefix(kind, []byte(`"assistant"`)) ||
			bytes.HasPrefix(kind, []byte(`"attachment"`)) && bytes.Contains(kind, []byte(`"queued_command"`))
	}
	if bytes.Contains(line, []byte(`"tool_result"`)) && !bytes.Contains(line, []byte(`"tool_use"`)) {
		return false // within a text the quotes would be escaped
	}
	if isAttachment(line) {
		return bytes.Contains(line, []byte(`"queued_command"`))
	}
	return bytes.Contains(line, []byte(`"user"`)) || bytes.Contains(line, []byte(`"assistant"`)) || bytes.Contains(line, []byte(`"queued_command"`))
}

// sayings joins what is to be found of a message's parts. tool tells that
// nothing of it is text.
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
		}
	}
	text = strings.TrimSpace(plain(strings.Join(parts, "\n")))
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
