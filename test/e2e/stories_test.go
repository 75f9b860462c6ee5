//go:build unix

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/daemon"
	"github.com/claude-sessions/claude-sessions/internal/fakeclaude"
	"github.com/claude-sessions/claude-sessions/internal/loopmodel"
)

// claudeVar names the real Claude Code for the tests.
const claudeVar = "CLAUDE_SESSIONS_TEST_CLAUDE"

// olderVar names older versions of it, as PATH names folders.
const olderVar = "CLAUDE_SESSIONS_TEST_OLDER_CLAUDES"

// fakeLogName is the fake's log in the folder of a story.
const fakeLogName = "fake.log"

func TestFakeStories(t *testing.T) {
	play(t, "testdata/fake", func(s *story) error {
		bin := filepath.Join(s.env.WorkDir, "bin")
		if err := os.Mkdir(bin, 0o700); err != nil {
			return err
		}
		claude, err := fakeclaude.Install(bin, fakeclaude.LogVar+"="+filepath.Join(s.env.WorkDir, fakeLogName),
			fakeclaude.GatesVar+"="+filepath.Join(s.env.WorkDir, "gates"))
		if err != nil {
			return err
		}
		s.env.Setenv("CLAUDE_SESSIONS_CLAUDE", claude)
		s.env.Setenv("ANTHROPIC_API_KEY", "fake-key")
		return nil
	})
}

func TestRealStories(t *testing.T) {
	claude := os.Getenv(claudeVar)
	if claude == "" {
		t.Skip("the real Claude Code is not there: make test gets it and names it with " + claudeVar)
	}
	playReal(t, "testdata/real", claude)
}

// Each older version that is pinned plays the short stories, the oldest that is
// supported among them; the newest plays all stories.
func TestVersions(t *testing.T) {
	older := filepath.SplitList(os.Getenv(olderVar))
	if len(older) == 0 {
		t.Skip("older versions of Claude Code are not there: make test gets them and names them with " + olderVar)
	}
	oldest := false
	for _, claude := range older {
		version, err := agent.Version(t.Context(), claude, os.Environ())
		if err != nil {
			t.Fatal(err)
		}
		oldest = oldest || version == agent.OldestVersion
		t.Run(version, func(t *testing.T) { playReal(t, "testdata/versions", claude) })
	}
	if !oldest {
		t.Errorf("%s, the oldest version that is supported, is not one of %q", agent.OldestVersion, older)
	}
}

// playReal plays the stories of a folder with a Claude Code and a scripted model.
func playReal(t *testing.T, dir, claude string) {
	play(t, dir, func(s *story) error {
		model, err := loopmodel.Start(loopmodel.Options{})
		if err != nil {
			return err
		}
		s.model = model
		s.env.Defer(model.Close)
		for _, v := range loopmodel.Env(model.URL(), s.env.Getenv("HOME")) {
			name, value, _ := strings.Cut(v, "=")
			if name != "PATH" {
				s.env.Setenv(name, value)
			}
		}
		s.env.Setenv("CLAUDE_SESSIONS_CLAUDE", claude)
		return nil
	})
}

// play runs the stories of a folder, each in a place of its own.
func play(t *testing.T, dir string, setup func(*story) error) {
	// The engine's socket is looked for where the servers of the stories put it.
	t.Setenv("XDG_RUNTIME_DIR", "")
	testscript.Run(t, testscript.Params{
		Dir: dir, Cmds: commands(), RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			s := &story{env: env, clients: map[string]*mcpClient{}, calls: map[string]chan called{}}
			env.Values[storyKey{}] = s
			for _, sub := range []string{"home", "data", "gates", "w"} {
				if err := os.MkdirAll(filepath.Join(env.WorkDir, sub), 0o700); err != nil {
					return err
				}
			}
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("CLAUDE_CONFIG_DIR", filepath.Join(env.WorkDir, "home", ".claude"))
			env.Setenv("CLAUDE_SESSIONS_DATA_DIR", filepath.Join(env.WorkDir, "data"))
			env.Setenv("TMPDIR", os.TempDir())
			env.Setenv("SERVER", filepath.Join(binaries, "mcp-server"))
			env.Setenv("GORACE", "atexit_sleep_ms=0") // else each server takes a second to leave
			env.Setenv("PATH", binaries+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Defer(func() { s.end(env.T().(testing.TB)) })
			return setup(s)
		},
	})
}

// end closes what a story has left open, and makes sure that no process stays
// behind.
func (s *story) end(t testing.TB) {
	for _, c := range s.clients {
		if err := c.leave(); err != nil {
			t.Errorf("the client %s leaves: %v", c.name, err)
		}
	}
	endPlace(t, s.env.Getenv("CLAUDE_SESSIONS_DATA_DIR"))
}

// endPlace ends the engine of a data folder, and makes sure that no process of
// its sessions stays behind and that its log tells of no race.
func endPlace(t testing.TB, data string) {
	if info, running, _ := daemon.Status(context.Background(), data); running {
		p, err := agent.Identify(info.PID)
		if err == nil {
			_ = syscall.Kill(p.PID, syscall.SIGTERM)
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			err = agent.WaitGone(ctx, p)
		}
		if err != nil {
			t.Errorf("ending the engine: %v", err)
		}
	}
	left := processesOf(data)
	for deadline := time.Now().Add(5 * time.Second); len(left) > 0 && time.Now().Before(deadline); left = processesOf(data) {
		time.Sleep(20 * time.Millisecond)
	}
	log, _ := os.ReadFile(filepath.Join(data, daemon.LogName)) // an embedded engine has none
	if len(left) > 0 {
		t.Errorf("processes stay behind: %s\n%s", left, log)
	}
	if bytes.Contains(log, []byte("DATA RACE")) {
		t.Errorf("the engine has a data race:\n%s", log)
	}
}

// processesOf are the processes that run for the sessions of a data folder:
// they have it in their environment.
func processesOf(data string) []string {
	var found []string
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		env, err := os.ReadFile(file)
		if err == nil && bytes.Contains(env, []byte("CLAUDE_SESSIONS_RUN=")) && bytes.Contains(env, []byte("CLAUDE_SESSIONS_DATA_DIR="+data+"\x00")) {
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
			found = append(found, fmt.Sprintf("%s %q", filepath.Base(filepath.Dir(file)), line))
		}
	}
	return found
}
