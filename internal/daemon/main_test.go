package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The test binary is its own child: these variables say what to be, and where.
const (
	envRole   = "DAEMON_TEST_ROLE" // engine, client, broken; none runs the tests
	envDir    = "DAEMON_TEST_DIR"
	envSocket = "DAEMON_TEST_SOCKET"
	envBuild  = "DAEMON_TEST_BUILD"
)

// patient is how long a test waits for what must come.
const patient = time.Minute

func TestMain(m *testing.M) {
	roles := map[string]func() error{
		"":       nil,
		"engine": beEngine,
		"client": beClient,
		"broken": func() error { return errors.New("the store is in pieces") },
	}
	role := roles[os.Getenv(envRole)]
	if role == nil {
		os.Exit(m.Run())
	}
	if err := role(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func beEngine() error {
	dir := os.Getenv(envDir)
	log := OpenLog(dir)
	defer log.Close()
	return Serve(context.Background(), ServeOptions{
		DataDir: dir,
		Socket:  os.Getenv(envSocket),
		Version: "test",
		Idle:    time.Minute, // should the tests be cut off
		Build:   os.Getenv(envBuild),
		Log:     slog.New(slog.NewTextHandler(log, nil)),
		Open: func(context.Context) (Backend, error) {
			return &fake{start: hangOnce}, note("opens", os.Getpid())
		},
	})
}

// beClient prints which engine serves it.
func beClient() error {
	dir := os.Getenv(envDir)
	c := NewClient(ClientOptions{DataDir: dir, Spawn: func(context.Context) (*exec.Cmd, error) {
		return child("engine", dir, os.Getenv(envSocket), os.Getenv(envBuild)), nil
	}})
	defer c.Close()
	info, err := c.Info(context.Background())
	fmt.Println(info.PID)
	return err
}

// child returns the test binary in a role.
func child(role, dir, socket, build string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envRole+"="+role, envDir+"="+dir, envSocket+"="+socket, envBuild+"="+build)
	return cmd
}

// note appends a line to a file beside the data folder.
func note(name string, what ...any) error {
	path := filepath.Join(filepath.Dir(os.Getenv(envDir)), name)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	fmt.Fprintln(f, what...)
	return f.Close()
}

// home is a data folder of a test, with a place for its socket and its child
// processes, which are killed when the test ends.
type home struct {
	dir, socket string

	mu       sync.Mutex
	children []*exec.Cmd
}

func newHome(t testing.TB) *home {
	t.Helper()
	// Short, as a socket's path must be.
	scratch, err := os.MkdirTemp("", "cs")
	if err != nil {
		t.Fatal(err)
	}
	h := &home{dir: filepath.Join(scratch, "data"), socket: filepath.Join(scratch, "s")}
	if err := os.Mkdir(h.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.killAll(t)
		if err := os.RemoveAll(scratch); err != nil {
			t.Error(err)
		}
	})
	return h
}

// killAll returns when no engine is left.
func (h *home) killAll(t testing.TB) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, cmd := range h.children {
		if cmd.Process != nil {
			cmd.Process.Kill()
		}
	}
	lock := newLock(h.dir, engineLock)
	eventually(t, "the engine ends", func() bool {
		locked, err := lock.TryLock()
		return locked || err != nil
	})
	lock.Close()
}

// child returns the test binary in a role; it is killed with the test.
func (h *home) child(role, build string) *exec.Cmd {
	cmd := child(role, h.dir, h.socket, build)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.children = append(h.children, cmd)
	return cmd
}

// spawn is for ClientOptions.
func (h *home) spawn(role, build string) func(context.Context) (*exec.Cmd, error) {
	return func(context.Context) (*exec.Cmd, error) { return h.child(role, build), nil }
}

// notes returns the lines that children wrote with note.
func (h *home) notes(t testing.TB, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(h.dir), name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// eventually waits for something to become true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patient)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		case <-tick.C:
		}
	}
}

// receive waits for a value.
func receive[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patient):
		t.Fatalf("waited in vain: %s", what)
		panic("unreachable")
	}
}
