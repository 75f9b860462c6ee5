package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// Backend is what Serve puts behind the socket: an engine.
type Backend interface {
	// For returns the engine as caller sees it.
	For(caller engine.Caller) API
	Info(ctx context.Context) (engine.Info, error)
	Checkup(ctx context.Context, req engine.CheckupRequest) (engine.Checkup, error)
	// Busy reports whether a run or a queued turn exists. It is called often,
	// under a lock, and must not call back.
	Busy() bool
	// Close ends everything. It is called once, when calls may still be
	// returning.
	Close(ctx context.Context) error
}

// API is an engine as one caller sees it. Errors that are no *engine.Error
// reach the caller as internal ones.
type API interface {
	Start(ctx context.Context, call engine.Call, req engine.StartRequest) (engine.Answer, error)
	Resume(ctx context.Context, call engine.Call, req engine.ResumeRequest) (engine.Answer, error)
	Fork(ctx context.Context, call engine.Call, req engine.ForkRequest) (engine.Answer, error)
	List(ctx context.Context, call engine.Call, req engine.ListRequest) (engine.List, error)
	Get(ctx context.Context, call engine.Call, req engine.GetRequest) (engine.Details, error)
	Read(ctx context.Context, call engine.Call, req engine.ReadRequest) (engine.Transcript, error)
	Complete(ctx context.Context, call engine.Call, req engine.CompleteRequest) (engine.Completion, error)
	Lines(ctx context.Context, call engine.Call, req engine.LinesRequest) (engine.Lines, error)
	Search(ctx context.Context, call engine.Call, req engine.SearchRequest) (engine.SearchResult, error)
	Reindex(ctx context.Context, call engine.Call, req engine.ReindexRequest) (engine.ReindexResult, error)
	Prune(ctx context.Context, call engine.Call, req engine.PruneRequest) (engine.PruneResult, error)
	Changes(ctx context.Context, call engine.Call, req engine.ChangesRequest) (engine.Changes, error)
	WaitFor(ctx context.Context, call engine.Call, req engine.WaitRequest) (engine.Waited, error)
	Interrupt(ctx context.Context, call engine.Call, req engine.InterruptRequest) (engine.Interruption, error)
	Reply(ctx context.Context, call engine.Call, req engine.ReplyRequest) (engine.Replied, error)
	Requests(ctx context.Context, call engine.Call, req engine.RequestsRequest) (engine.OpenRequests, error)
	Update(ctx context.Context, call engine.Call, req engine.UpdateRequest) (engine.Updated, error)
	Delete(ctx context.Context, call engine.Call, req engine.DeleteRequest) (engine.Deletion, error)
}

// ServeOptions say what Serve serves. DataDir and Open are needed.
type ServeOptions struct {
	DataDir string        // as DataDir returned it
	Socket  string        // path of the socket, at most 100 bytes, in a private folder; "" finds a place
	Version string        // told to clients
	Build   string        // a number that grows from build to build; else the build is unknown and always older
	Idle    time.Duration // how long to stay with nothing to do; 0 is 10 minutes
	Open    func(ctx context.Context) (Backend, error)
	Log     *slog.Logger // nil logs nothing
}

const (
	defaultIdle = 10 * time.Minute
	// closePatience bounds Backend.Close. What it leaves undone, the next
	// engine recovers as after a crash.
	closePatience = 20 * time.Second
	// flushPatience is how long the last answers may take to go out.
	flushPatience = time.Second
)

// Serve is the engine of a data folder until ctx ends, the process is told to
// stop by SIGTERM or SIGINT, nothing needed it for a time, or a newer build
// takes over; all these return nil. Calls in flight are waited for in the last
// two cases; in the first two they are cut off, and their callers ask the next
// engine. If another engine serves the data folder, Serve returns ErrRunning.
func Serve(ctx context.Context, o ServeOptions) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := serve(ctx, o)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // told to stop before it was up
	}
	return err
}

func serve(ctx context.Context, o ServeOptions) (err error) {
	if err := checkPrivate(o.DataDir); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	lock, err := lockEngine(ctx, o.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()

	s := newServer(o)
	// Bound before the store is open: clients wait in the backlog meanwhile.
	if s.door, err = openDoor(o.DataDir, s.paths()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.door.close()) }()
	if s.backend, err = o.Open(ctx); err != nil {
		return fmt.Errorf("opening the engine: %w", err)
	}
	return s.run(ctx)
}

// server is a running engine process.
type server struct {
	ServeOptions
	epoch    string
	registry *registry
	taken    chan struct{} // closed when a newer build was promised the place at once
	backend  Backend

	succession atomic.Bool // a newer build waits for this engine to end

	// Used by the goroutine of Serve alone.
	door    *door
	http    *http.Server
	serving sync.WaitGroup
}

func newServer(o ServeOptions) *server {
	if o.Idle == 0 {
		o.Idle = defaultIdle
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &server{ServeOptions: o, epoch: uuid.NewString(), registry: newRegistry(), taken: make(chan struct{})}
}

// paths returns where the socket may be.
func (s *server) paths() []string {
	if s.Socket != "" {
		return []string{s.Socket}
	}
	return socketPaths(s.DataDir, os.Getenv("XDG_RUNTIME_DIR"), os.TempDir())
}

// run serves until there is a reason to stop, and stops.
func (s *server) run(ctx context.Context) error {
	// Calls end with the engine, not with the signal: closing the registry
	// comes first, so that they are answered with "ask again".
	calls, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	s.http = &http.Server{
		Handler:           s.handler(),
		BaseContext:       func(net.Listener) context.Context { return calls },
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	s.registry.touch() // what opening took was no idleness
	s.Log.Info("engine is up", "pid", os.Getpid(), "version", s.Version, "build", s.Build, "socket", s.door.path)
	s.serveDoor()
	s.Log.Info("engine stops", "reason", s.watch(ctx))
	return s.stop(cut)
}

// stop ends what still goes on. The door is closed first: from then on clients
// find no engine, start one, and that one waits for our lock. Calls that wait
// for a turn see how the engine's closing ends it; what waits longer is cut off.
func (s *server) stop(cut context.CancelFunc) error {
	err := s.door.close()
	if closeErr := s.closeBackend(); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("closing the engine: %w", closeErr))
	}
	cut()
	ctx, cancel := context.WithTimeout(context.Background(), flushPatience)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
	s.serving.Wait()
	return err
}

// closeBackend returns in time even if Close does not: an engine that never
// ends would keep the next one out for ever.
func (s *server) closeBackend() error {
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	closed := make(chan error, 1)
	go func() { closed <- s.backend.Close(ctx) }()
	select {
	case err := <-closed:
		return err
	case <-time.After(closePatience + flushPatience):
		return ctx.Err()
	}
}

// serveDoor answers at the door until that is closed.
func (s *server) serveDoor() {
	l := s.door.listener
	s.serving.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
			s.Log.Error("socket failed", "error", err)
		}
	})
}
