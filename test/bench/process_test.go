package bench

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/daemon"
	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// usage is what a process has used; memory in MB.
type usage struct {
	cpu                   time.Duration
	peak, resident, files int
}

// info asks the engine how it is.
func (p *place) info() engine.Info {
	p.b.Helper()
	info, running, err := daemon.Status(context.Background(), p.data)
	if err != nil || !running {
		p.b.Fatalf("asking the engine: running %v, %v", running, err)
	}
	return info
}

// settled waits until the engine has its spare process, nothing runs, and no
// Claude Code is still at its own start.
func (p *place) settled() {
	p.b.Helper()
	const look, idle = 200 * time.Millisecond, 20 * time.Millisecond
	before := time.Duration(0)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(look) {
		used := p.runs()
		if info := p.info(); info.Spare && info.Running == 0 && used-before <= idle {
			return
		}
		before = used
	}
	p.b.Fatal("the engine does not come to rest")
}

// runs is the processor time of all processes that the engine runs, where /proc
// tells.
func (p *place) runs() (used time.Duration) {
	p.b.Helper()
	found, err := agent.MarkedWith("CLAUDE_SESSIONS_DATA_DIR=" + p.data)
	if err != nil {
		p.b.Fatal(err)
	}
	for _, run := range found {
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", run.PID)); err == nil {
			used += ticks(string(stat))
		}
	}
	return used
}

// engine tells what the engine's process has used so far, where /proc tells.
func (p *place) engine() usage {
	p.b.Helper()
	dir := fmt.Sprintf("/proc/%d/", p.info().PID)
	status, err := os.ReadFile(dir + "status")
	if err != nil {
		return usage{}
	}
	stat, err := os.ReadFile(dir + "stat")
	if err != nil {
		return usage{}
	}
	return usage{cpu: ticks(string(stat)), peak: memory(string(status), "VmHWM"), resident: memory(string(status), "VmRSS"), files: memory(string(status), "RssFile")}
}

// ticks reads user and system time, hundredths of a second each, which stand
// after the name in parentheses.
func ticks(stat string) time.Duration {
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

func memory(status, name string) int {
	_, rest, _ := strings.Cut(status, name+":")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kb, _ := strconv.Atoi(fields[0])
	return kb / 1024
}

// treeSize is how many bytes the files below a folder have.
func treeSize(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // it went away meanwhile
		}
		if info, err := d.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}
