package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

func TestEngineEndsWhenNothingNeedsIt(t *testing.T) {
	h := newHome(t)
	s := h.serve(t, &fake{}, ServeOptions{Idle: 20 * time.Millisecond})
	if err := s.wait(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if !s.backend.closed.Load() {
		t.Error("the backend was not closed")
	}
	if _, err := os.Lstat(h.socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

func TestEngineEndsAfterItsLastClient(t *testing.T) {
	h := newHome(t)
	s := h.serve(t, &fake{}, ServeOptions{Idle: 20 * time.Millisecond})
	s.backend.busy.Store(true) // until the clients are there
	killed, closed := h.client(t, ClientOptions{}), h.client(t, ClientOptions{})
	list(t, killed)
	list(t, closed)
	s.backend.busy.Store(false)
	closed.Close()
	killed.conn.leave() // as the end of its process would
	if err := s.wait(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestIdleTimeBeginsAfresh(t *testing.T) {
	tests := []struct {
		name string
		// use keeps the engine from being idle until it returns.
		use func(t *testing.T, s *server)
	}{
		{"a client attends", func(t *testing.T, s *server) {
			id, err := s.registry.add(fakeAPI{})
			if err != nil {
				t.Fatal(err)
			}
			leave, err := s.registry.attend(id)
			if err != nil {
				t.Fatal(err)
			}
			defer leave()
			time.Sleep(time.Hour)
		}},
		{"a call is in flight", func(t *testing.T, s *server) {
			id, err := s.registry.add(fakeAPI{})
			if err != nil {
				t.Fatal(err)
			}
			_, end, err := s.registry.begin(id)
			if err != nil {
				t.Fatal(err)
			}
			defer end()
			time.Sleep(time.Hour)
		}},
		{"a turn runs", func(_ *testing.T, s *server) {
			busy := &s.backend.(*fake).busy
			busy.Store(true)
			defer busy.Store(false)
			time.Sleep(time.Hour)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHome(t)
			d, err := openDoor(h.dir, []string{h.socket})
			if err != nil {
				t.Fatal(err)
			}
			defer d.close()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(ServeOptions{DataDir: h.dir, Socket: h.socket})
				s.backend, s.door = &fake{}, d
				var ended time.Time
				go func() {
					s.watch(t.Context())
					ended = time.Now()
				}()
				tt.use(t, s)
				used := time.Now()
				time.Sleep(time.Hour)
				synctest.Wait()
				if got := ended.Sub(used); got < defaultIdle-time.Second || got > defaultIdle+time.Second {
					t.Errorf("ended %v after the last use, want about %v", got, defaultIdle)
				}
			})
		})
	}
}

func TestStoppedEngineLeavesItsCallsToTheNext(t *testing.T) {
	h := newHome(t)
	backend, begun, ended := hanging()
	first := h.serve(t, backend, ServeOptions{})
	c := h.client(t, ClientOptions{Spawn: h.spawn("engine", "1")})
	h.hangNoMore(t)
	result := make(chan error, 1)
	go func() {
		got, err := c.Start(t.Context(), engine.Call{}, engine.StartRequest{})
		if err == nil && got.Next != "done" {
			err = fmt.Errorf("answered %+v", got)
		}
		result <- err
	}()
	receive(t, "the call begins", begun)
	first.stop()
	receive(t, "the call is cut off", ended)
	if err := first.wait(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if err := receive(t, "the call is answered", result); err != nil {
		t.Errorf("Start: %v", err)
	}
}

func TestSecondEngineIsRefused(t *testing.T) {
	h := newHome(t)
	h.serve(t, &fake{}, ServeOptions{})
	err := Serve(t.Context(), ServeOptions{DataDir: h.dir, Open: func(context.Context) (Backend, error) {
		t.Error("the store was opened twice")
		return nil, nil
	}})
	if !errors.Is(err, ErrRunning) {
		t.Errorf("got %v, want %v", err, ErrRunning)
	}
}

func TestFailureToOpenEndsTheEngine(t *testing.T) {
	h := newHome(t)
	broken := errors.New("broken")
	err := Serve(t.Context(), ServeOptions{DataDir: h.dir, Socket: h.socket, Open: func(context.Context) (Backend, error) {
		return nil, broken
	}})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	h.serve(t, &fake{}, ServeOptions{})
	list(t, h.client(t, ClientOptions{}))
}

func TestStopWhileTheStoreOpens(t *testing.T) {
	h := newHome(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := Serve(ctx, ServeOptions{DataDir: h.dir, Socket: h.socket, Open: func(ctx context.Context) (Backend, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	if err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func TestBackendThatDoesNotCloseIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(ServeOptions{})
		backend := stuck{&fake{}, make(chan struct{})}
		defer close(backend.free)
		s.backend = backend
		began := time.Now()
		err := s.closeBackend()
		if got, want := time.Since(began), closePatience+flushPatience; !errors.Is(err, context.DeadlineExceeded) || got != want {
			t.Errorf("got %v after %v, want %v after %v", err, got, context.DeadlineExceeded, want)
		}
	})
}

// stuck is a backend whose Close does not care for its context.
type stuck struct {
	*fake
	free chan struct{}
}

func (s stuck) Close(context.Context) error {
	<-s.free
	return nil
}

func TestClientsWaitWhileTheStoreOpens(t *testing.T) {
	h := newHome(t)
	opening, open := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- Serve(ctx, ServeOptions{DataDir: h.dir, Socket: h.socket, Open: func(context.Context) (Backend, error) {
			close(opening)
			<-open
			return &fake{}, nil
		}})
	}()
	receive(t, "the store is being opened", opening)
	if !answers(ctx, h.dir) {
		t.Error("nobody takes connections while the store opens")
	}
	greeted := make(chan error, 1)
	go func() {
		_, err := greet(t.Context(), ClientOptions{DataDir: h.dir})
		greeted <- err
	}()
	close(open)
	if err := receive(t, "hello is answered", greeted); err != nil {
		t.Error(err)
	}
	cancel()
	if err := receive(t, "the engine ends", served); err != nil {
		t.Error(err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	h := newHome(t)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: h.socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	h.serve(t, &fake{}, ServeOptions{})
	list(t, h.client(t, ClientOptions{}))
}

func TestSweptSocketIsMadeAgain(t *testing.T) {
	h := newHome(t)
	s := h.serve(t, &fake{}, ServeOptions{Idle: 100 * time.Millisecond})
	s.backend.busy.Store(true)
	list(t, h.client(t, ClientOptions{}))
	if err := os.Remove(h.socket); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the engine answers again", func() bool { return answers(t.Context(), h.dir) })
	list(t, h.client(t, ClientOptions{}))
}

func TestEnvironmentStaysInMemory(t *testing.T) {
	const secret = "sk-very-secret-0123456789"
	h := newHome(t)
	log := OpenLog(h.dir)
	defer log.Close()
	s := h.serve(t, &fake{}, ServeOptions{Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	c := h.client(t, ClientOptions{Caller: engine.Caller{Env: []string{"TOKEN=" + secret}}})
	list(t, c)
	if got := s.backend.callers[0].Env; len(got) != 1 || got[0] != "TOKEN="+secret {
		t.Fatalf("the engine got environment %q", got)
	}
	c.Close()
	s.stop()
	if err := s.wait(t); err != nil {
		t.Error(err)
	}

	logged := false
	err := filepath.WalkDir(filepath.Dir(h.dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the environment is in %s", path)
		}
		logged = logged || bytes.Contains(text, []byte("client said hello"))
		return err
	})
	if err != nil || !logged {
		t.Errorf("walking the data folder: %v; found the log: %v", err, logged)
	}
}

func TestProtocolThatIsNotShared(t *testing.T) {
	h := newHome(t)
	d, err := openDoor(h.dir, []string{h.socket})
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	old := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reply(w, frame{Result: welcome{ProtocolMin: 7, ProtocolMax: 8, Version: "9.0", DataDir: h.dir}})
	})}
	go old.Serve(d.listener)
	defer old.Close()
	_, err = Dial(t.Context(), ClientOptions{DataDir: h.dir})
	if got := codeOf(t, err); got != engine.Unavailable || !bytes.Contains([]byte(err.Error()), []byte("(9.0)")) {
		t.Errorf("got %v, want to be told of version 9.0", err)
	}
}

func TestCommonProtocol(t *testing.T) {
	tests := []struct{ low, high, want int }{
		{1, 1, 1}, {0, 5, 1}, {2, 5, 0}, {0, 0, 0},
	}
	for _, tt := range tests {
		if got := (greeting{ProtocolMin: tt.low, ProtocolMax: tt.high}).commonProtocol(); got != tt.want {
			t.Errorf("%d to %d: got %d, want %d", tt.low, tt.high, got, tt.want)
		}
	}
}
