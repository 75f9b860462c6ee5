package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/agent"
)

// TestEras compares the model with Claude Code over a transcript of each era.
func TestEras(t *testing.T) {
	c := newTruth(t)
	files, err := filepath.Glob(filepath.Join("..", "..", "agent", "testdata", "eras", "[0-9]*.jsonl"))
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			transcript, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			session := uuid.NewString()
			if err := os.MkdirAll(filepath.Dir(c.path(session)), 0o700); err != nil {
				t.Fatal(err)
			}
			// All that is said gets the form of the words that a request is searched for.
			marked := marks{}
			for raw := range bytes.Lines(transcript) {
				marked.line(t, raw)
			}
			if err := os.WriteFile(c.path(session), marked.lines, 0o600); err != nil {
				t.Fatal(err)
			}
			parent, r := conversation(marked.lines), newReader(marked.lines)
			if problem := r.compare("a resume", c.fork(t, session, ""), parent.SentUpTo("")); problem != "" {
				t.Error(problem)
			}
			pinned := c.fork(t, session, parent.ForkPoint())
			if problem := r.compare("a fork", pinned, parent.SentUpTo("")); problem != "" {
				t.Error(problem)
			}
			if err := agent.VerifyFork(parent, conversation(pinned.lines), parent.ForkPoint()); err != nil {
				t.Error(err)
			}
		})
	}
}

// marks puts a word of its own into all that is said in a transcript.
type marks struct {
	lines []byte
	words int
}

func (m *marks) line(t *testing.T, raw []byte) {
	t.Helper()
	var l map[string]any
	if err := json.Unmarshal(raw, &l); err != nil {
		t.Fatal(err)
	}
	mark := func(v any, field string) {
		if o, ok := v.(map[string]any); ok {
			if text, ok := o[field].(string); ok {
				m.words++
				o[field] = fmt.Sprintf("%s zq%dq", text, m.words)
			}
		}
	}
	mark(l["message"], "content")
	if l["type"] == "system" {
		mark(map[string]any(l), "content")
	}
	if message, ok := l["message"].(map[string]any); ok {
		blocks, _ := message["content"].([]any)
		for _, b := range blocks {
			mark(b, "text")
			mark(b, "content")
		}
	}
	marked, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	m.lines = append(append(m.lines, marked...), '\n')
}
