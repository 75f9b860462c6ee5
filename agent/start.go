package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Codes of a StartError.
const (
	CodeInvalid        = "invalid_argument" // an option that Claude Code would not take
	CodeClaudeNotFound = "claude_not_found"
	CodeCwdMissing     = "cwd_missing"
	CodeInternal       = "internal" // anything else
)

// StartError tells why no process was started.
type StartError struct {
	Code string // one of the codes above
	Err  error
}

func (e *StartError) Error() string { return "starting claude: " + e.Err.Error() }
func (e *StartError) Unwrap() error { return e.Err }

const (
	// tailSize is how much of stderr is kept, in bytes.
	tailSize = 8 << 10
	// stderrWait bounds the wait for stderr once the process has ended: a
	// grandchild may hold it.
	stderrWait = 250 * time.Millisecond
)

// Start starts Claude Code and returns its Run. Ctx bounds the start only; the
// Run lives until its input is closed, it is stopped, or it ends by itself.
// The error is a *StartError. That a session to resume is not there shows
// only later: in a Result and the Exit, with CodeSessionMissing.
func Start(ctx context.Context, o Options) (*Run, error) {
	if err := ctx.Err(); err != nil {
		return nil, &StartError{Code: CodeInternal, Err: err}
	}
	if err := errors.Join(o.checkSession(), Check(o)); err != nil {
		return nil, &StartError{Code: CodeInvalid, Err: err}
	}
	if info, err := os.Stat(o.Dir); err != nil || !info.IsDir() {
		return nil, &StartError{Code: CodeCwdMissing, Err: fmt.Errorf("there is no directory %s", o.Dir)}
	}
	run, err := start(o)
	if err != nil {
		return nil, &StartError{Code: startCode(err), Err: err}
	}
	return run, nil
}

func startCode(err error) string {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return CodeClaudeNotFound
	}
	return CodeInternal
}

// start wires up the child's four owned things: stdin through a queue, stdout
// through a pipe whose end we judge ourselves, stderr into a bounded tail, and
// its exit.
func start(o Options) (*Run, error) {
	cmd := exec.Command(o.Command, args(o)...)
	cmd.Dir = o.Dir
	cmd.Env = markedEnv(o)
	cmd.WaitDelay = stderrWait
	ownGroup(cmd)
	stderr := &tail{limit: tailSize}
	cmd.Stderr = stderr

	started, cleanup := func() {}, func() {}
	if o.MCPServers != nil {
		var err error
		if started, cleanup, err = giveConfig(cmd, mcpConfig(o.MCPServers)); err != nil {
			return nil, err
		}
	}
	defer started()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		cleanup()
		return nil, fmt.Errorf("making a pipe for stdin: %w", err)
	}
	stdout, theirs, err := os.Pipe()
	if err != nil {
		cleanup()
		return nil, fmt.Errorf("making a pipe for stdout: %w", err)
	}
	defer theirs.Close()
	cmd.Stdout = theirs
	if err := cmd.Start(); err != nil {
		cleanup()
		stdout.Close()
		return nil, err
	}
	return newRun(cmd, o, newInput(stdin), &output{pipe: stdout}, stderr, cleanup), nil
}

// markedEnv is the environment with the marks of the run and its session.
func markedEnv(o Options) []string {
	env := []string{} // nil would mean our own
	for _, v := range o.Env {
		if name, _, _ := strings.Cut(v, "="); name != RunIDVar && name != SessionVar {
			env = append(env, v)
		}
	}
	if o.RunID != "" {
		env = append(env, RunIDVar+"="+o.RunID)
	}
	if o.SessionID != "" {
		env = append(env, SessionVar+"="+o.SessionID)
	}
	return env
}

func mcpConfig(servers json.RawMessage) []byte {
	return slices.Concat([]byte(`{"mcpServers":`), servers, []byte(`}`))
}
