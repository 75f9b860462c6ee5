//go:build unix

// Package e2e plays stories over the built server: real processes, real stdio,
// clients that hold their end open. testdata/fake runs them with a stand-in for
// Claude Code, which is quick and can be made to fail in any way; testdata/real
// with Claude Code itself and a scripted model on loopback.
//
// A story is a testscript. Beside its standard commands there are those of
// commands_test.go.
package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/claude-sessions/claude-sessions/internal/fakeclaude"
)

// binaries are the folder of the built server and of the fake Claude Code.
var binaries string

func TestMain(m *testing.M) {
	if fakeclaude.Active() {
		os.Exit(fakeclaude.Main())
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binaries = dir
	for build, name := range []string{"mcp-server", "mcp-server-next"} {
		if err := buildServer(filepath.Join(dir, name), build+1); err != nil {
			fmt.Fprintln(os.Stderr, "building the server:", err)
			return 1
		}
	}
	return m.Run()
}

// buildServer builds the server as the given build: a higher one is newer.
func buildServer(path string, build int) error {
	args := []string{"build", "-o", path, "-ldflags", fmt.Sprintf("-X main.build=%d -X main.version=build-%d", build, build)}
	if raceEnabled {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "../../cmd/mcp-server")...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}
