//go:build unix

package fakeclaude

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestTerm(t *testing.T) {
	w := newWorld(t)
	c := w.start("--allowedTools", "Bash")
	c.prompt(`!tool Bash {"command":"echo $$ > part; mv part pid; exec sleep 60"}`)
	waitFor(t, filepath.Join(w.dir, "pid"))
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	lines := c.drain()
	if c.exit() != 143 || slices.Contains(kinds(lines), "result/success") {
		t.Errorf("exit status %d, output %q", c.exit(), kinds(lines))
	}
	if got := ofType(lines[len(lines)-1].Entries, "cost-state"); len(got) != 1 {
		t.Errorf("the costs are not saved: %q", kinds(lines))
	}
	b, err := os.ReadFile(filepath.Join(w.dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	waitGone(t, pid)
}

func TestTermWhenNobodyReads(t *testing.T) {
	w := newWorld(t)
	c := w.startDeaf()
	c.prompt("!touch " + filepath.Join(w.gates, "here") + "\n!big 1000000")
	waitFor(t, filepath.Join(w.gates, "here"))
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := c.exit(); got != 143 {
		t.Errorf("exit status %d", got)
	}
}

func waitGone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(patience); !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH); {
		if isZombie(pid) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d lives on", pid)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// isZombie tells of a process that is dead but that nobody has waited for, as
// may be in a container without an init.
func isZombie(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(b), ") Z ")
}

func TestIgnoreTerm(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	c.prompt("!ignoreterm\n!hold gate\n!say still here")
	waitFor(t, filepath.Join(w.gates, "gate.held"))
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := touch(filepath.Join(w.gates, "gate")); err != nil {
		t.Fatal(err)
	}
	if r := c.untilType("result"); r.Result != "still here" {
		t.Errorf("result %s", r.raw)
	}
	c.end(0)
}

func TestGrandchild(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	c.ask("!grandchild 60s")
	pid := w.records("grandchild")[0].PID
	defer syscall.Kill(pid, syscall.SIGKILL)
	c.stdin.Close()
	if got := c.exit(); got != 0 {
		t.Errorf("exit status %d", got)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("the grandchild is gone: %v", err)
	}
	if group, err := syscall.Getpgid(pid); err != nil || group != pid {
		t.Errorf("group of the grandchild %d, want its own; %v", group, err)
	}
	select {
	case <-c.stdoutClosed:
		t.Error("the grandchild does not hold the pipe")
	default:
	}
	if b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ"); err == nil &&
		!strings.Contains(string(b), "CLAUDE_TEST_MARK=here") {
		t.Error("the grandchild does not carry the environment")
	}
}
