package loopmodel

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options configure a server. The zero value works.
type Options struct {
	// Logf is told of every request; nil means that nobody is.
	Logf func(format string, args ...any)
	// HeldTimeout bounds GET /loop/held; zero means 30 seconds.
	HeldTimeout time.Duration
}

// A Server answers as the model. It owns the goroutines that it started, and
// Close waits for them.
type Server struct {
	options Options
	url     string
	http    *http.Server
	ctx     context.Context // of all requests
	cancel  context.CancelFunc
	gates   gates
	running sync.WaitGroup // handlers, and the goroutine that accepts

	mu       sync.Mutex
	closed   bool
	requests []Request
	spent    map[string]int // how often a !status answered, by directive.key
}

// ErrClosed is returned by Held when the server was closed meanwhile.
var ErrClosed = errors.New("loopmodel: server closed")

// Start opens a server on a free port of 127.0.0.1. The caller must Close it.
func Start(o Options) (*Server, error) {
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	if o.HeldTimeout == 0 {
		o.HeldTimeout = 30 * time.Second
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the loopback model: %w", err)
	}
	s := &Server{options: o, url: "http://" + l.Addr().String(), spent: make(map[string]int)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.http = &http.Server{
		Handler:     s.owned(s.routes()),
		BaseContext: func(net.Listener) context.Context { return s.ctx },
		ErrorLog:    log.New(logWriter(o.Logf), "", 0),
	}
	s.running.Go(func() { s.http.Serve(l) })
	return s, nil
}

// URL is the base URL of the API, without a slash at its end.
func (s *Server) URL() string { return s.url }

// Close cuts off every request that is still open, those held included, and
// waits until nothing of the server runs. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.http.Close()
	s.running.Wait()
}

// Requests returns the requests to /v1/messages so far, in the order in which
// they came. The slice is the caller's own.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Release lets go all requests that are held under name, and all that will
// ever come there.
func (s *Server) Release(name string) { s.gates.release(name) }

// Held returns nil as soon as a request is being held under name, the error of
// ctx if that ends first, and ErrClosed if the server does.
func (s *Server) Held(ctx context.Context, name string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.ctx, func() { cancel(ErrClosed) })()
	if err := s.gates.held(ctx, name); err != nil {
		return fmt.Errorf("waiting for a request held under %q: %w", name, context.Cause(ctx))
	}
	return nil
}

// owned makes Close wait for the handler's calls.
func (s *Server) owned(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.enter() {
			panic(http.ErrAbortHandler)
		}
		defer s.running.Done()
		h.ServeHTTP(w, r)
	})
}

func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.running.Add(1)
	}
	return !s.closed
}

// record keeps a request.
func (s *Server) record(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
}

// spend says whether a !status answers this time, and counts that it does.
func (s *Server) spend(d directive) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.times > 0 && s.spent[d.key] >= d.times {
		return false
	}
	s.spent[d.key]++
	return true
}

// logWriter hands the lines of a log.Logger to a Logf.
type logWriter func(format string, args ...any)

func (f logWriter) Write(line []byte) (int, error) {
	f("%s", strings.TrimSpace(string(line)))
	return len(line), nil
}
