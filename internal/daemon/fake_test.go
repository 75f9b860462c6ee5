package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// startFunc stands in for the Start of an engine.
type startFunc func(context.Context, engine.Call, engine.StartRequest) (engine.Answer, error)

// fake is a Backend. Its zero value answers everything at once.
type fake struct {
	start  startFunc
	busy   atomic.Bool
	closed atomic.Bool

	mu      sync.Mutex
	callers []engine.Caller
}

func (f *fake) For(c engine.Caller) API {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.callers = append(f.callers, c)
	return fakeAPI{f, c}
}

func (f *fake) Checkup(_ context.Context, req engine.CheckupRequest) (engine.Checkup, error) {
	if !req.Fix {
		return engine.Checkup{Going: 1}, nil
	}
	return engine.Checkup{Faults: []engine.Fault{{Kind: "lease", Mended: "released"}}}, nil
}

func (f *fake) Info(context.Context) (engine.Info, error) {
	return engine.Info{PID: os.Getpid()}, nil
}

func (f *fake) Busy() bool { return f.busy.Load() }

func (f *fake) Close(context.Context) error {
	if f.closed.Swap(true) {
		return errors.New("closed twice")
	}
	return nil
}

// greeted returns how often a caller said hello.
func (f *fake) greeted() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.callers)
}

type fakeAPI struct {
	*fake
	caller engine.Caller
}

func (a fakeAPI) Start(ctx context.Context, call engine.Call, req engine.StartRequest) (engine.Answer, error) {
	if a.start != nil {
		return a.start(ctx, call, req)
	}
	return engine.Answer{Session: engine.Session{ID: req.IdempotencyKey, Cwd: a.caller.Cwd}}, nil
}

func (a fakeAPI) Resume(_ context.Context, call engine.Call, req engine.ResumeRequest) (engine.Answer, error) {
	return engine.Answer{Session: engine.Session{ID: req.Session}, Next: call.Client + " resumes " + req.IdempotencyKey}, nil
}

func (a fakeAPI) Fork(_ context.Context, call engine.Call, req engine.ForkRequest) (engine.Answer, error) {
	return engine.Answer{Session: engine.Session{ParentID: req.Session}, Next: call.Client + " forks " + req.IdempotencyKey}, nil
}

func (a fakeAPI) List(_ context.Context, _ engine.Call, req engine.ListRequest) (engine.List, error) {
	return engine.List{Total: req.Limit}, nil
}

func (a fakeAPI) Get(_ context.Context, _ engine.Call, req engine.GetRequest) (engine.Details, error) {
	return engine.Details{Session: engine.Session{ID: req.Session}}, nil
}

func (a fakeAPI) Complete(_ context.Context, _ engine.Call, req engine.CompleteRequest) (engine.Completion, error) {
	return engine.Completion{Values: []string{req.Begun}}, nil
}

func (a fakeAPI) Read(_ context.Context, _ engine.Call, req engine.ReadRequest) (engine.Transcript, error) {
	input := json.RawMessage(req.Cursor) // any text of the request
	return engine.Transcript{Session: req.Session, Messages: []engine.Message{{Uses: []engine.ToolUse{{Input: input}}}}}, nil
}

func (a fakeAPI) Lines(_ context.Context, _ engine.Call, req engine.LinesRequest) (engine.Lines, error) {
	return engine.Lines{Lines: []byte(req.Session), Next: req.From + 1}, nil
}

func (a fakeAPI) Search(_ context.Context, _ engine.Call, req engine.SearchRequest) (engine.SearchResult, error) {
	return engine.SearchResult{NextCursor: req.Query}, nil
}

func (a fakeAPI) Reindex(_ context.Context, call engine.Call, _ engine.ReindexRequest) (engine.ReindexResult, error) {
	call.OnProgress(engine.Progress{Text: "indexed 1 of 2 sessions"})
	return engine.ReindexResult{Sessions: 2}, nil
}

func (a fakeAPI) Prune(_ context.Context, _ engine.Call, req engine.PruneRequest) (engine.PruneResult, error) {
	return engine.PruneResult{Kept: *req.MaxBytes}, nil
}

// Changes has news only for those who know nothing yet.
func (a fakeAPI) Changes(ctx context.Context, _ engine.Call, req engine.ChangesRequest) (engine.Changes, error) {
	if req.Since == nil {
		return engine.Changes{Seq: 7}, nil
	}
	<-ctx.Done()
	return engine.Changes{}, ctx.Err()
}

func (a fakeAPI) Reply(_ context.Context, _ engine.Call, req engine.ReplyRequest) (engine.Replied, error) {
	return engine.Replied{Next: req.Session}, nil
}

func (a fakeAPI) Interrupt(_ context.Context, _ engine.Call, req engine.InterruptRequest) (engine.Interruption, error) {
	return engine.Interruption{Next: req.Session}, nil
}

func (a fakeAPI) Requests(ctx context.Context, _ engine.Call, req engine.RequestsRequest) (engine.OpenRequests, error) {
	if req.WaitSeconds > 0 {
		<-ctx.Done()
	}
	return engine.OpenRequests{Seq: 9}, ctx.Err()
}

func (a fakeAPI) Update(_ context.Context, _ engine.Call, req engine.UpdateRequest) (engine.Updated, error) {
	return engine.Updated{Next: req.Session}, nil
}

func (a fakeAPI) Delete(_ context.Context, _ engine.Call, req engine.DeleteRequest) (engine.Deletion, error) {
	return engine.Deletion{AlreadyDeleted: req.Sessions}, nil
}

// WaitFor waits for nothing but the engine's end if there is something to wait
// for.
func (a fakeAPI) WaitFor(ctx context.Context, call engine.Call, req engine.WaitRequest) (engine.Waited, error) {
	if len(req.Sessions) == 0 {
		return engine.Waited{Seq: 8}, nil
	}
	call.OnProgress(engine.Progress{Text: "waiting"})
	<-ctx.Done()
	return engine.Waited{}, ctx.Err()
}

// hangOnce is a Start of child engines: the first of them never answers, after
// it told its pid.
func hangOnce(ctx context.Context, call engine.Call, req engine.StartRequest) (engine.Answer, error) {
	if err := note("keys", os.Getpid(), req.IdempotencyKey); err != nil {
		return engine.Answer{}, err
	}
	first, err := os.OpenFile(hungMark(os.Getenv(envDir)), os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return engine.Answer{Next: "done"}, nil
	}
	if err != nil {
		return engine.Answer{}, err
	}
	first.Close()
	call.OnProgress(engine.Progress{Text: strconv.Itoa(os.Getpid())})
	<-ctx.Done()
	return engine.Answer{}, ctx.Err()
}

// hungMark is the file that says that an engine has hung.
func hungMark(dir string) string { return filepath.Join(filepath.Dir(dir), "hung") }

// hangNoMore makes all child engines answer.
func (h *home) hangNoMore(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(hungMark(h.dir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// served is an engine in this process.
type served struct {
	backend *fake
	stop    context.CancelFunc
	done    chan error
}

// serve runs an engine until the test ends, or stop is called. Of o, only what
// differs from the usual need be set.
func (h *home) serve(t testing.TB, backend *fake, o ServeOptions) *served {
	t.Helper()
	o.DataDir, o.Socket = h.dir, h.socket
	ctx, cancel := context.WithCancel(context.Background())
	s := &served{backend: backend, stop: cancel, done: make(chan error, 1)}
	opened := make(chan struct{})
	o.Open = func(context.Context) (Backend, error) {
		close(opened)
		return backend, nil
	}
	go func() {
		defer close(s.done)
		s.done <- Serve(ctx, o)
	}()
	t.Cleanup(func() {
		cancel()
		for range s.done {
		}
	})
	receive(t, "the engine opens", opened)
	return s
}

// wait returns what Serve returned.
func (s *served) wait(t testing.TB) error {
	t.Helper()
	return receive(t, "the engine ends", s.done)
}

// client returns a client of h's engine that is closed with the test.
func (h *home) client(t testing.TB, o ClientOptions) *Client {
	t.Helper()
	o.DataDir = h.dir
	c := NewClient(o)
	t.Cleanup(func() { c.Close() })
	return c
}

// list asks for something that tells nothing but that there is an engine.
func list(t testing.TB, c *Client) {
	t.Helper()
	got, err := c.List(t.Context(), engine.Call{}, engine.ListRequest{Limit: 7})
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	if got.Total != 7 {
		t.Fatalf("List passed on a limit of %d, want 7", got.Total)
	}
}

// codeOf returns the code of an *engine.Error.
func codeOf(t testing.TB, err error) engine.Code {
	t.Helper()
	var e *engine.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v of type %T, want an *engine.Error", err, err)
	}
	return e.Code
}
