package fakeclaude

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// bash runs a command as the real CLI does: in a session of its own, so that a
// signal to the CLI's group does not reach it, and with the CLI's environment.
func (p *process) bash(ctx context.Context, command string) (string, error) {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Env = append(os.Environ(),
		"CLAUDECODE=1", "CLAUDE_CODE_CHILD_SESSION=1", "CLAUDE_CODE_ENTRYPOINT=sdk-cli",
		"CLAUDE_CODE_SESSION_ID="+p.session.id, fmt.Sprintf("CLAUDE_PID=%d", os.Getpid()))
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	ownSession(cmd)
	cmd.Cancel = func() error { killGroup(cmd); return nil }
	err := p.start(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	p.setTool(nil)
	return bashResult(strings.TrimRight(out.String(), "\n"), err)
}

// start starts the tool's process so that watchTerm sees it, or it never runs.
func (p *process) start(cmd *exec.Cmd) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tool = cmd
	return cmd.Start()
}

func (p *process) setTool(cmd *exec.Cmd) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tool = cmd
}

func bashResult(out string, err error) (string, error) {
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return "", fmt.Errorf("Exit code %d\n%s", exit.ExitCode(), out)
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return "", err
	case out == "":
		return "(Bash completed with no output)", nil
	}
	return out, nil
}
