package corpus

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/internal/loopmodel"
)

// seedTurns are the turns of the seeds that WriteSeeds makes, each by how many
// words are said in it. Claude Code adds 160 KB of its own to each session.
var seedTurns = [][]int{
	{120, 300, 80},
	{60, 150, 400, 220, 90},
	{900, 700, 350},
	{40, 80, 60, 110, 90, 70, 100},
	{1500, 600, 200, 400},
	{200, 30, 500, 45},
}

// WriteSeeds lets Claude Code, the binary at claude, write transcripts below
// dir, in sessions of several turns with long answers, edits and commands. It
// takes some seconds, and touches nothing outside of dir.
func WriteSeeds(ctx context.Context, claude, dir string) error {
	model, err := loopmodel.Start(loopmodel.Options{})
	if err != nil {
		return err
	}
	defer model.Close()
	for i, turns := range seedTurns {
		s := &seedSession{
			work:    filepath.Join(dir, fmt.Sprintf("work-%d", i)),
			env:     append(loopmodel.Env(model.URL(), filepath.Join(dir, "home")), "CLAUDE_CODE_TMPDIR="+dir),
			speaker: newSpeaker(rand.New(rand.NewPCG(3, uint64(i)))),
		}
		if err := s.write(ctx, claude, turns); err != nil {
			return fmt.Errorf("writing seed %d: %w", i, err)
		}
	}
	return nil
}

// seedSession is a session that becomes a seed.
type seedSession struct {
	work    string
	env     []string
	speaker speaker
	files   int
}

func (s *seedSession) write(ctx context.Context, claude string, turns []int) error {
	if err := os.MkdirAll(s.work, 0o700); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, claude, "--output-format=stream-json", "--verbose", "--input-format=stream-json",
		"--permission-mode=acceptEdits", "--allowedTools=Bash Read Write Edit")
	cmd.Env, cmd.Dir = s.env, s.work
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	talked := s.talk(in, bufio.NewReader(out), turns)
	if err := errors.Join(talked, in.Close(), cmd.Wait()); err != nil {
		return fmt.Errorf("%w\n%s", err, complaints.Bytes())
	}
	return nil
}

// talk plays the turns, one after the other.
func (s *seedSession) talk(in io.Writer, out *bufio.Reader, turns []int) error {
	for i, words := range turns {
		prompt, err := s.prompt(i, words)
		if err != nil {
			return err
		}
		line, err := json.Marshal(map[string]any{
			"type": "user", "message": map[string]any{"role": "user", "content": prompt},
			"parent_tool_use_id": nil, "session_id": "", "uuid": uuid.NewString(),
		})
		if err != nil {
			return err
		}
		if _, err := in.Write(append(line, '\n')); err != nil {
			return err
		}
		if err := awaitResult(out); err != nil {
			return err
		}
	}
	return nil
}

func awaitResult(out *bufio.Reader) error {
	for {
		line, err := out.ReadBytes('\n')
		if err != nil {
			return fmt.Errorf("waiting for a result: %w", err)
		}
		if bytes.Contains(line, []byte(`"type":"result"`)) {
			return nil
		}
	}
}

// prompt is what is asked in a turn, with the script of its answer: by turns a
// file that is written, changed and looked at, and an explanation alone.
func (s *seedSession) prompt(turn, words int) (string, error) {
	answer, err := s.file(s.speaker.prose(words))
	if err != nil {
		return "", err
	}
	lines := []string{s.speaker.prose(15 + words/20)}
	if turn%2 == 1 {
		path := filepath.Join(s.work, fmt.Sprintf("part-%d.go", turn))
		first := s.speaker.word()
		lines = append(lines,
			tool("Write", map[string]any{"file_path": path, "content": first + "\n\n" + s.speaker.prose(words/2)}),
			tool("Edit", map[string]any{"file_path": path, "old_string": first + "\n", "new_string": s.speaker.prose(10) + "\n"}),
			tool("Bash", map[string]any{"command": "ls -la && wc part-*", "description": s.speaker.prose(4)}))
	}
	return strings.Join(append(lines, "!sayfile "+answer), "\n"), nil
}

func tool(name string, input map[string]any) string {
	raw, _ := json.Marshal(input) // plain data
	return "!tool " + name + " " + string(raw)
}

func (s *seedSession) file(text string) (path string, err error) {
	s.files++
	path = filepath.Join(s.work, fmt.Sprintf("answer-%d.md", s.files))
	return path, os.WriteFile(path, []byte(text), 0o600)
}
