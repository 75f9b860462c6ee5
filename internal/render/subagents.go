package render

import (
	"slices"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// ReadSubagent gives a page function all of the conversation of a sub-agent,
// oldest first. It returns the function's error.
type ReadSubagent func(name string, page func(engine.Transcript) error) error

// subagents are those of a document that writes their conversations, each once:
// where it was begun, or else at the end.
type subagents struct {
	read    ReadSubagent // nil: sub-agents are only named
	names   []string     // all of the session
	written map[string]bool
}

func newSubagents(read ReadSubagent) *subagents {
	return &subagents{read: read, written: map[string]bool{}}
}

// begin takes the names. The document of a sub-agent has only those in it that
// it began.
func (s *subagents) begin(t engine.Transcript) {
	if t.Subagent == "" {
		s.names = t.Subagents
	}
	s.written[t.Subagent] = true
}

// take reports whether a sub-agent is to be written now; it counts as written
// then.
func (s *subagents) take(name string) bool {
	if s.read == nil || name == "" || s.written[name] {
		return false
	}
	s.written[name] = true
	return true
}

// left are those that were not written.
func (s *subagents) left() []string {
	if s.read == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.names), func(name string) bool { return s.written[name] })
}
