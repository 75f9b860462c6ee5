package daemon

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

func TestManyClientsOneEngine(t *testing.T) {
	h := newHome(t)
	var wg sync.WaitGroup
	pids := make(chan int, 50)
	for range cap(pids) {
		c := h.client(t, ClientOptions{Spawn: h.spawn("engine", "1")})
		wg.Go(func() {
			info, err := c.Info(t.Context())
			if err != nil {
				t.Errorf("Info: %v", err)
			}
			pids <- info.PID
		})
	}
	wg.Wait()
	if n := len(h.children); n != 1 {
		t.Errorf("%d engines were started, want 1", n)
	}
	want := h.onlyEngine(t)
	for range cap(pids) {
		if got := strconv.Itoa(<-pids); got != want {
			t.Errorf("served by process %s, want %s", got, want)
		}
	}
}

func TestManyProcessesOneEngine(t *testing.T) {
	h := newHome(t)
	var wg sync.WaitGroup
	pids := make(chan string, 8)
	for range cap(pids) {
		cmd := child("client", h.dir, h.socket, "1")
		wg.Go(func() {
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("client: %v\n%s", err, out)
			}
			pids <- strings.TrimSpace(string(out))
		})
	}
	wg.Wait()
	want := h.onlyEngine(t)
	for range cap(pids) {
		if got := <-pids; got != want {
			t.Errorf("served by process %s, want %s", got, want)
		}
	}
	h.kill(t, want)
}

// onlyEngine returns the pid of the one engine that ever opened its store.
func (h *home) onlyEngine(t *testing.T) string {
	t.Helper()
	opens := h.notes(t, "opens")
	if len(opens) != 1 {
		t.Errorf("%d engines opened the store, want 1", len(opens))
	}
	return opens[len(opens)-1]
}

// kill ends a process that a test of h began.
func (h *home) kill(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	p, err := os.FindProcess(n)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Error(err)
	}
}

func TestKilledEngineIsReplacedInMidCall(t *testing.T) {
	h := newHome(t)
	c := h.client(t, ClientOptions{Spawn: h.spawn("engine", "1")})
	call := engine.Call{OnProgress: func(p engine.Progress) { h.kill(t, p.Text) }}
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	got, err := c.Start(ctx, call, engine.StartRequest{})
	if err != nil || got.Next != "done" {
		t.Fatalf("Start = %+v, %v; want the second engine's answer", got, err)
	}

	keys := h.notes(t, "keys")
	if len(keys) != 2 {
		t.Fatalf("engines were asked %d times, want 2: %q", len(keys), keys)
	}
	pid1, key1, _ := strings.Cut(keys[0], " ")
	pid2, key2, _ := strings.Cut(keys[1], " ")
	if pid1 == pid2 || key1 != key2 || !strings.HasPrefix(key1, "auto-") {
		t.Errorf("asked under %q, want two engines and one key of the client's", keys)
	}
}

func TestKilledEngineIsReplacedByTheNextCall(t *testing.T) {
	h := newHome(t)
	c := h.client(t, ClientOptions{Spawn: h.spawn("engine", "1")})
	list(t, c)
	h.kill(t, h.onlyEngine(t))
	list(t, c)
	if opens := h.notes(t, "opens"); len(opens) != 2 {
		t.Errorf("%d engines opened the store, want 2", len(opens))
	}
}

func TestCallThatGetsNoAnswerIsGivenUp(t *testing.T) {
	h := newHome(t)
	h.serve(t, &fake{start: func(context.Context, engine.Call, engine.StartRequest) (engine.Answer, error) {
		panic(http.ErrAbortHandler)
	}}, ServeOptions{})
	_, err := h.client(t, ClientOptions{}).Start(t.Context(), engine.Call{}, engine.StartRequest{})
	if got := codeOf(t, err); got != engine.Unavailable {
		t.Errorf("got %s, want %s", got, engine.Unavailable)
	}
}

func TestStartFailureTellsTheLog(t *testing.T) {
	h := newHome(t)
	if err := os.WriteFile(h.dir+"/"+LogName, []byte("of an earlier engine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Dial(t.Context(), ClientOptions{DataDir: h.dir, Spawn: h.spawn("broken", "1")})
	if got := codeOf(t, err); got != engine.Unavailable {
		t.Errorf("got %s, want %s", got, engine.Unavailable)
	}
	text := err.Error()
	if !strings.Contains(text, "the store is in pieces") || strings.Contains(text, "earlier") || !strings.Contains(text, "doctor") {
		t.Errorf("got %q, want what this engine logged, and what to do", text)
	}
}

func TestStartFailureWithoutAProcess(t *testing.T) {
	h := newHome(t)
	_, err := Dial(t.Context(), ClientOptions{DataDir: h.dir, Spawn: func(context.Context) (*exec.Cmd, error) {
		return nil, errors.New("no such binary")
	}})
	if got := codeOf(t, err); got != engine.Unavailable || !strings.Contains(err.Error(), "no such binary") {
		t.Errorf("got %v", err)
	}
}

func TestNoSpawnNoEngine(t *testing.T) {
	h := newHome(t)
	_, err := Dial(t.Context(), ClientOptions{DataDir: h.dir})
	if got := codeOf(t, err); got != engine.Unavailable {
		t.Errorf("got %s, want %s", got, engine.Unavailable)
	}
}

func TestClientGivesUpWhenItsCallerDoes(t *testing.T) {
	h := newHome(t)
	lock := newLock(h.dir, startLock)
	if locked, err := lock.TryLock(); err != nil || !locked {
		t.Fatal(locked, err)
	}
	defer lock.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := Dial(ctx, ClientOptions{DataDir: h.dir, Spawn: h.spawn("engine", "1")})
	if got := codeOf(t, err); got != engine.Unavailable {
		t.Errorf("got %s, want %s", got, engine.Unavailable)
	}
}

func TestCopiedDataFolderIsNotServedByTheFirst(t *testing.T) {
	first, second := newHome(t), newHome(t)
	first.serve(t, &fake{}, ServeOptions{})
	if err := writeAddress(second.dir, first.socket); err != nil {
		t.Fatal(err)
	}
	_, err := Dial(t.Context(), ClientOptions{DataDir: second.dir})
	if err == nil || !strings.Contains(err.Error(), "it serves "+first.dir) {
		t.Errorf("got %v, want to be told that another folder is served", err)
	}
}
