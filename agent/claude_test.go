package agent

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/internal/loopmodel"
)

// claudeVar names a Claude Code binary to test with. The tests named
// TestClaude… need one; they use neither an account nor a network.
const claudeVar = "CLAUDE_SESSIONS_TEST_CLAUDE"

// A stage is a model and a home for real runs.
type stage struct {
	*testing.T
	model *loopmodel.Server
	home  string
	dir   string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	if os.Getenv(claudeVar) == "" {
		t.Skipf("%s names no Claude Code binary", claudeVar)
	}
	model, err := loopmodel.Start(loopmodel.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(model.Close)
	return &stage{T: t, model: model, home: t.TempDir(), dir: t.TempDir()}
}

func (s *stage) env() []string {
	return append(loopmodel.Env(s.model.URL(), s.home), "CLAUDE_CODE_TMPDIR="+filepath.Join(s.home, "tmp"))
}

func (s *stage) options() Options {
	return Options{Command: os.Getenv(claudeVar), Dir: s.dir, Env: s.env(), SessionID: uuid.NewString(), RunID: uuid.NewString()}
}

// turn prompts and returns the turn's result.
func (s *stage) turn(r *Run, text string) Result {
	s.Helper()
	if err := r.Prompt(uuid.NewString(), text); err != nil {
		s.Fatal(err)
	}
	return next[Result](s.T, r)
}

// session makes a session of one turn for each text, and returns its id.
func (s *stage) session(texts ...string) string {
	s.Helper()
	o := s.options()
	r := startRun(s.T, o)
	for _, text := range texts {
		if got := s.turn(r, text); !got.OK {
			s.Fatalf("turn %q: %+v", text, got)
		}
	}
	if err := exit(s.T, r); err != nil {
		s.Fatal(err)
	}
	return o.SessionID
}

// conversation reads a session's transcript.
func (s *stage) conversation(id string) *Conversation {
	s.Helper()
	path, err := FindTranscript(ConfigDir(s.env()), s.dir, id)
	if err != nil {
		s.Fatal(err)
	}
	return read(s.T, path)
}

func read(t *testing.T, path string) *Conversation {
	t.Helper()
	c := NewConversation()
	for line, err := range ReadLines(path, 0) {
		if err != nil {
			t.Fatal(err)
		}
		c.Add(line)
	}
	return c
}
