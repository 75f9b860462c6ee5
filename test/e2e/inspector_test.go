//go:build unix

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/daemon"
	"github.com/claude-sessions/claude-sessions/internal/loopmodel"
)

// inspectorVar names the folder in which the MCP Inspector is installed.
const inspectorVar = "CLAUDE_SESSIONS_TEST_INSPECTOR"

// inspectorToolError is the Inspector's exit status for a tool that failed.
const inspectorToolError = 5

// inspector is the MCP Inspector in CLI mode, over a server and a data folder.
// Each call is a process of its own, with a server of its own: what they share
// is the engine.
type inspector struct {
	t       *testing.T
	command []string
	env     []string
	server  map[string]string // variables that the server gets
}

func newInspector(t *testing.T) *inspector {
	dir, claude := os.Getenv(inspectorVar), os.Getenv(claudeVar)
	if dir == "" || claude == "" {
		t.Skip("the MCP Inspector or Claude Code is not there: make test gets them and names them with " + inspectorVar + " and " + claudeVar)
	}
	t.Setenv("XDG_RUNTIME_DIR", "")
	model, err := loopmodel.Start(loopmodel.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(model.Close)
	home, data := t.TempDir(), filepath.Join(t.TempDir(), "data")
	in := &inspector{
		t: t,
		command: []string{nodeOf(dir), filepath.Join(dir, "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"),
			"--cli", filepath.Join(binaries, "mcp-server"), "--format", "json", "-q"},
		env:    []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "MCP_INSPECTOR_SECRET_STORE=memory"},
		server: map[string]string{"CLAUDE_SESSIONS_DATA_DIR": data, "CLAUDE_SESSIONS_CLAUDE": claude, "TMPDIR": os.TempDir()},
	}
	for _, v := range loopmodel.Env(model.URL(), home) {
		name, value, _ := strings.Cut(v, "=")
		in.server[name] = value
	}
	t.Cleanup(func() { endEngine(t, data) })
	return in
}

// nodeOf is the Node that the Inspector wants; where npm had none for this
// machine, its own.
func nodeOf(dir string) string {
	arch := map[string]string{"amd64": "x64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	node := filepath.Join(dir, "node_modules", "node-"+runtime.GOOS+"-"+arch, "bin", "node")
	if _, err := os.Stat(node); err != nil {
		return "node"
	}
	return node
}

func endEngine(t *testing.T, data string) {
	info, running, err := daemon.Status(context.Background(), data)
	if err != nil || !running {
		t.Errorf("the engine should be there still: %v", err)
		return
	}
	p, err := agent.Identify(info.PID)
	if err != nil {
		t.Errorf("looking at the engine: %v", err)
		return
	}
	_ = syscall.Kill(p.PID, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := agent.WaitGone(ctx, p); err != nil {
		t.Errorf("the engine does not end: %v", err)
	}
}

// run carries out one method, and returns the answer and the exit status.
func (in *inspector) run(args ...string) (map[string]any, int) {
	in.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	line := append(in.command[1:len(in.command):len(in.command)], args...)
	for name, value := range in.server {
		line = append(line, "-e", name+"="+value)
	}
	cmd := exec.CommandContext(ctx, in.command[0], line...)
	cmd.Env = in.env
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		in.t.Fatalf("running the Inspector: %v", err)
	}
	var answer struct {
		Result map[string]any `json:"result"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		in.t.Fatalf("the Inspector's answer to %q: %v\n%s\n%s", args, err, out, stderr.String())
	}
	return answer.Result, cmd.ProcessState.ExitCode()
}

func (in *inspector) call(tool string, args map[string]any) (result, int) {
	in.t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		in.t.Fatal(err)
	}
	answer, status := in.run("--method", "tools/call", "--tool-name", tool, "--tool-args-json", string(raw))
	return result{Structured: answer["structuredContent"]}, status
}

// want checks a field of a result.
func (in *inspector) want(r result, path, want string) {
	in.t.Helper()
	got, err := r.field(path)
	if err != nil || got != want {
		in.t.Errorf("%s = %q, %v; want %q in %v", path, got, err, want, r.Structured)
	}
}

func TestInspectorLintsTheSchemas(t *testing.T) {
	in := newInspector(t)
	// Something is to start the engine, for the clean-up to end.
	in.call("list_sessions", map[string]any{})
	answer, status := in.run("--method", "tools/list", "--strict")
	if status != 0 {
		t.Errorf("exit status %d: the schemas are not clean", status)
	}
	if tools, _ := answer["tools"].([]any); len(tools) != 12 {
		t.Errorf("%d tools are listed; want 12", len(tools))
	}
}

func TestInspectorCallsAllTools(t *testing.T) {
	in := newInspector(t)
	work := t.TempDir()
	r, status := in.call("start_session", map[string]any{"name": "main", "cwd": work, "prompt": "hello\n!say hi"})
	if status != 0 {
		t.Fatalf("start_session: exit status %d, %v", status, r.Structured)
	}
	in.want(r, "turn.result", "hi")
	r, _ = in.call("resume_session", map[string]any{"session": "main", "prompt": "again\n!recall"})
	in.want(r, "turn.result", "1. hello\n2. again")
	r, _ = in.call("fork_session", map[string]any{"session": "main", "name": "fork", "prompt": "fork\n!recall"})
	in.want(r, "turn.result", "1. hello\n2. again\n3. fork")
	in.want(r, "session.fork_verified", "true")

	// A turn goes on when the process that asked for it has ended.
	r, _ = in.call("resume_session", map[string]any{"session": "fork", "prompt": "slow\n!delay 1s\n!say done", "wait_seconds": 0, "idempotency_key": "slow"})
	in.want(r, "turn.result", "")
	r, _ = in.call("resume_session", map[string]any{"session": "fork", "prompt": "slow\n!delay 1s\n!say done", "idempotency_key": "slow"})
	in.want(r, "turn.result", "done")

	r, _ = in.call("list_sessions", map[string]any{"view": "tree"})
	in.want(r, "total", "2")
	in.want(r, "sessions.1.depth", "1")

	r, status = in.call("resume_session", map[string]any{"session": "nobody", "prompt": "x"})
	in.want(r, "error.code", "not_found")
	if status != inspectorToolError {
		t.Errorf("exit status %d for a failed tool; want %d", status, inspectorToolError)
	}
}
