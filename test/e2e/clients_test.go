//go:build unix

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/claude-sessions/claude-sessions/internal/daemon"
	"github.com/claude-sessions/claude-sessions/internal/fakeclaude"
)

// Fifty clients that start at once over a data folder without an engine all get
// served, by one engine.
func TestFiftyClients(t *testing.T) {
	const clients = 50
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	claude := fakeclaude.Command(t)
	env := []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir(), "GORACE=atexit_sleep_ms=0",
		"CLAUDE_SESSIONS_DATA_DIR=" + data, "CLAUDE_SESSIONS_CLAUDE=" + claude}
	t.Setenv("XDG_RUNTIME_DIR", "") // the engine's socket is looked for where the servers put it

	all := make([]*mcpClient, clients)
	errs := make([]error, clients)
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() { all[i], errs[i] = callFirst(fmt.Sprint("client-", i), dir, env) })
	}
	wg.Wait()
	t.Cleanup(func() { endEngine(t, data) })
	for i, c := range all {
		if c != nil {
			defer c.leave()
		}
		if errs[i] != nil {
			t.Errorf("client %d: %v", i, errs[i])
		}
	}
	if engines := enginesOf(t, data); len(engines) != 1 {
		t.Errorf("there are %d engines: %s", len(engines), engines)
	}
	if _, running, err := daemon.Status(context.Background(), data); !running || err != nil {
		t.Errorf("the engine does not answer: %v", err)
	}
}

// callFirst connects a client and makes its first call.
func callFirst(name, dir string, env []string) (*mcpClient, error) {
	c, err := connect(name, dir, filepath.Join(binaries, "mcp-server"), env, nil)
	if err != nil {
		return nil, err
	}
	r, err := c.call("list_sessions", "{}")
	if err == nil && r.IsError {
		err = fmt.Errorf("the call failed: %s", r.Text)
	}
	return c, err
}

// enginesOf are the ids of the engine processes of a data folder.
func enginesOf(t *testing.T, data string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(files) == 0 {
		t.Skip("this platform does not show the command lines of processes")
	}
	var found []string
	for _, file := range files {
		line, err := os.ReadFile(file) // one that has ended meanwhile has none
		if err == nil && bytes.Contains(line, []byte("\x00engine\x00-data-dir="+data+"\x00")) {
			found = append(found, filepath.Base(filepath.Dir(file)))
		}
	}
	return found
}
