package loopmodel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// A claude runs the real CLI in a scratch home and a scratch directory.
type claude struct {
	t       *testing.T
	binary  string
	env     []string
	workdir string
}

func newClaude(t *testing.T, s *Server) *claude {
	binary := os.Getenv("CLAUDE_SESSIONS_TEST_CLAUDE")
	if binary == "" {
		t.Skip("CLAUDE_SESSIONS_TEST_CLAUDE does not name a Claude Code binary")
	}
	home, workdir := t.TempDir(), t.TempDir()
	return &claude{t: t, binary: binary, env: Env(s.URL(), home), workdir: workdir}
}

// run starts the CLI for one prompt and returns the text of the result.
func (c *claude) run(prompt string, args ...string) string {
	c.t.Helper()
	line, err := json.Marshal(object{
		"type": "user", "message": object{"role": "user", "content": prompt},
		"parent_tool_use_id": nil, "session_id": "", "uuid": uuid.NewString(),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	args = append([]string{"--output-format=stream-json", "--input-format=stream-json", "--verbose",
		"--permission-mode=acceptEdits"}, args...)
	cmd := exec.CommandContext(soon(c.t), c.binary, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = c.workdir, c.env, bytes.NewReader(append(line, '\n'))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("running the CLI: %v\n%s\n%s", err, out, stderr.String())
	}
	return c.result(out)
}

func (c *claude) result(out []byte) string {
	c.t.Helper()
	for line := range bytes.Lines(out) {
		var m struct {
			Type, Subtype, Result string
		}
		if json.Unmarshal(line, &m) == nil && m.Type == "result" {
			if m.Subtype != "success" {
				c.t.Fatalf("the turn failed: %s", line)
			}
			return m.Result
		}
	}
	c.t.Fatalf("no result in:\n%s", out)
	return ""
}

func TestClaudeCode(t *testing.T) {
	s := startServer(t)
	c := newClaude(t, s)
	id := uuid.NewString()
	file := filepath.Join(c.workdir, "note.txt")
	input, err := json.Marshal(object{"file_path": file, "content": "scripted"})
	if err != nil {
		t.Fatal(err)
	}

	prompt := fmt.Sprintf("write a note\n!think hm\n!say I write.\n!tool Write %s\n!say Written.", input)
	if got := c.run(prompt, "--session-id="+id); got != "Written." {
		t.Errorf("the first turn ends with %q", got)
	}
	if got, err := os.ReadFile(file); string(got) != "scripted" {
		t.Errorf("the tool wrote %q (%v)", got, err)
	}
	want := "1. write a note\n2. what did I say?"
	if got := c.run("what did I say?\n!recall", "--resume="+id); got != want {
		t.Errorf("resumed: got %q, want %q", got, want)
	}
	if n := len(s.Requests()); n != 3 {
		t.Errorf("got %d requests, want 3", n)
	}
	for _, r := range s.Requests() {
		if r.Side || r.SessionID != id || r.APIKey != FakeKey || len(r.ToolNames) == 0 {
			t.Errorf("got side=%t session=%s key=%s tools=%d", r.Side, r.SessionID, r.APIKey, len(r.ToolNames))
		}
	}
}
