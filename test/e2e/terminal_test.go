//go:build unix

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/internal/loopmodel"
)

// terminal is somebody who uses plain Claude Code, in a home and a project of
// their own, and knows nothing of us.
type terminal struct {
	t      *testing.T
	claude string
	home   string
	dir    string // the project, a git repository
	env    []string
	model  *loopmodel.Server
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	claude := os.Getenv(claudeVar)
	if claude == "" {
		t.Skip("the real Claude Code is not there: make test gets it and names it with " + claudeVar)
	}
	model, err := loopmodel.Start(loopmodel.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(model.Close)
	home := t.TempDir()
	term := &terminal{t: t, claude: claude, home: home, dir: filepath.Join(home, "project"), model: model}
	term.env = append(loopmodel.Env(model.URL(), home), "CLAUDE_CODE_TMPDIR="+filepath.Join(home, "tmp"))
	term.run("", "git", "init", "--quiet", "--initial-branch="+branch, term.dir)
	term.run("", "git", "-C", term.dir, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "--allow-empty", "-m", "begin")
	return term
}

// branch is what the terminal's project is on.
const branch = "feature/oracle"

// run carries out a command in the project.
func (term *terminal) run(stdin, name string, args ...string) {
	term.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env, cmd.Stdin = term.env, strings.NewReader(stdin)
	if info, err := os.Stat(term.dir); err == nil && info.IsDir() {
		cmd.Dir = term.dir
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		term.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// session makes a session of one turn for each prompt, each with a process of
// its own, and returns its id.
func (term *terminal) session(prompts ...string) string {
	term.t.Helper()
	id := uuid.NewString()
	for i, prompt := range prompts {
		if i > 0 {
			term.goOn(id, prompt)
			continue
		}
		term.run(prompt, term.claude, "-p", "--session-id="+id)
	}
	return id
}

// goOn gives a session one more turn.
func (term *terminal) goOn(id, prompt string, args ...string) {
	term.t.Helper()
	term.run(prompt, term.claude, append(args, "-p", "--resume="+id)...)
}

// live is a Claude Code that stays open, as an editor keeps it.
type live struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Reader
}

// open starts one, for a new session or with --resume.
func (term *terminal) open(args ...string) *live {
	term.t.Helper()
	l := &live{t: term.t}
	l.cmd = exec.Command(term.claude, append([]string{"--output-format=stream-json", "--verbose", "--input-format=stream-json"}, args...)...)
	l.cmd.Env, l.cmd.Dir = term.env, term.dir
	out, err := l.cmd.StdoutPipe()
	if err == nil {
		l.in, err = l.cmd.StdinPipe()
	}
	if err == nil {
		err = l.cmd.Start()
	}
	if err != nil {
		term.t.Fatalf("starting Claude Code: %v", err)
	}
	l.lines = bufio.NewReader(out)
	return l
}

func (l *live) send(message any) {
	l.t.Helper()
	raw, err := json.Marshal(message)
	if err == nil {
		_, err = l.in.Write(append(raw, '\n'))
	}
	if err != nil {
		l.t.Fatalf("writing to Claude Code: %v", err)
	}
}

// prompt sends a prompt: a string, or blocks.
func (l *live) prompt(content any) {
	l.t.Helper()
	l.send(map[string]any{"type": "user", "message": map[string]any{"role": "user", "content": content},
		"parent_tool_use_id": nil, "session_id": "", "uuid": uuid.NewString()})
}

// control sends a control request and waits until it is answered.
func (l *live) control(request map[string]any) {
	l.t.Helper()
	l.send(map[string]any{"type": "control_request", "request_id": uuid.NewString(), "request": request})
	if line := l.await("control_response"); !strings.Contains(line, `"subtype":"success"`) {
		l.t.Fatalf("the control request %v was refused: %s", request, line)
	}
}

// await reads on until a message of a type.
func (l *live) await(kind string) string {
	l.t.Helper()
	for {
		line, err := l.lines.ReadString('\n')
		var message struct{ Type string }
		if json.Unmarshal([]byte(line), &message) == nil && message.Type == kind {
			return line
		}
		if err != nil {
			l.t.Fatalf("waiting for a %s of Claude Code: %v", kind, err)
		}
	}
}

// turn prompts and waits for the result.
func (l *live) turn(content any) {
	l.t.Helper()
	l.prompt(content)
	l.await("result")
}

// close ends the process as its host does.
func (l *live) close() {
	l.t.Helper()
	_ = l.in.Close()
	_, _ = io.Copy(io.Discard, l.lines)
	if err := l.cmd.Wait(); err != nil {
		l.t.Fatalf("Claude Code ends: %v", err)
	}
}

// kill ends the process at once.
func (l *live) kill() {
	_ = l.cmd.Process.Kill()
	_, _ = io.Copy(io.Discard, l.lines)
	_ = l.cmd.Wait() // it was killed
}

// transcript is the file of a session.
func (term *terminal) transcript(id string) string {
	term.t.Helper()
	files, err := filepath.Glob(filepath.Join(term.home, ".claude", "projects", "*", id+".jsonl"))
	if err != nil || len(files) != 1 {
		term.t.Fatalf("the transcript of %s: %q, %v", id, files, err)
	}
	return files[0]
}

// held waits until the model is held by a prompt.
func (term *terminal) held(name string) {
	term.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := term.model.Held(ctx, name); err != nil {
		term.t.Fatal(fmt.Errorf("waiting for !hold %s: %w", name, err))
	}
}

// wrote waits until a session's transcript has a prompt: Claude Code writes it
// some time after the model was asked, and not at all if it is killed before.
func (term *terminal) wrote(id, prompt string) {
	term.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		found, _ := filepath.Glob(filepath.Join(term.home, ".claude", "projects", "*", id+".jsonl")) // the pattern is good
		for _, path := range found {
			raw, err := os.ReadFile(path)
			if err != nil {
				term.t.Fatal(err)
			}
			for line := range strings.Lines(string(raw)) {
				if strings.Contains(line, `"type":"user"`) && strings.Contains(line, prompt) {
					return
				}
			}
		}
		if time.Now().After(deadline) {
			term.t.Fatalf("the prompt %q was never written", prompt)
		}
	}
}
