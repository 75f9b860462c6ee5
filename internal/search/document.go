package search

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// kind is what a document is. The numbers are stored.
type kind int

const (
	prompt kind = iota + 1
	answer
	toolInput
	label // name, title, note and tags of a session
)

// The roles of hits.
const (
	RoleUser      = "user"
	RoleAssistant = "assistant"
	RoleTitle     = "title" // what a session is called; it is no message
)

func (k kind) role() string {
	switch k {
	case prompt:
		return RoleUser
	case label:
		return RoleTitle
	}
	return RoleAssistant
}

// document is what is found or not found as a whole.
type document struct {
	id      int64
	session int64
	sub     string
	uuid    []byte // packed; empty for a label
	kind    kind
	time    time.Time
	text    string
}

// said makes the document of an entry; false if there is nothing to search for.
func said(e sessionstore.Entry) (document, bool) {
	s, ok := agent.ParseSaying(e.Raw)
	if !ok {
		return document{}, false
	}
	d := document{uuid: packUUID(s.UUID), kind: answer, time: s.Time, text: s.Text}
	switch {
	case s.Role == "user":
		d.kind = prompt
	case s.Tool:
		d.kind = toolInput
	}
	return d, true
}

// labelOf is what a session is called, by people and by Claude Code. Of a
// session of which the store has no transcript, its record has to do.
func labelOf(s sessionstore.Session, hasTranscript bool) string {
	parts := []string{s.Name, s.GivenTitle, s.CLITitle, strings.Join(s.Tags, " "), s.Note}
	if !hasTranscript {
		parts = append(parts, s.FirstPrompt, s.LastPrompt, s.LastResult)
	}
	var lines []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			lines = append(lines, p)
		}
	}
	return strings.Join(lines, "\n")
}

// Row ids rise with time, so that the newest hits come first at no cost: the
// seconds since epoch, and a number that keeps those of a second apart. Labels,
// which are few, stand before all messages.
const (
	epoch    = 1_577_836_800 // 2020
	slots    = 64            // to the second
	labelBit = 1 << 61
)

// place is the row id that d should have.
func (d *document) place() int64 {
	h := fnv.New64a()
	var session [8]byte
	binary.LittleEndian.PutUint64(session[:], uint64(d.session))
	h.Write(session[:])
	h.Write(d.uuid)
	id := max(0, d.time.Unix()-epoch)*slots + int64(h.Sum64()%slots)
	if d.kind == label {
		id |= labelBit
	}
	return id
}

// packUUID halves what a uuid takes. What is no uuid stays as it is.
func packUUID(s string) []byte {
	if raw, err := hex.DecodeString(strings.ReplaceAll(s, "-", "")); err == nil && len(raw) == 16 && unpackUUID(raw) == s {
		return raw
	}
	return []byte(s)
}

func unpackUUID(b []byte) string {
	if len(b) != 16 {
		return string(b)
	}
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
