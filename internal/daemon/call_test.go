package daemon

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

func TestCallsReachTheEngine(t *testing.T) {
	h := newHome(t)
	h.serve(t, &fake{}, ServeOptions{})
	c := h.client(t, ClientOptions{Caller: engine.Caller{Cwd: "/here"}})
	call := engine.Call{Client: "vscode"}

	started, err := c.Start(t.Context(), call, engine.StartRequest{IdempotencyKey: "k"})
	if err != nil || started.Session.ID != "k" || started.Session.Cwd != "/here" {
		t.Errorf("Start = %+v, %v; want the key and the caller's folder", started.Session, err)
	}
	resumed, err := c.Resume(t.Context(), call, engine.ResumeRequest{Session: "s", IdempotencyKey: "k"})
	if err != nil || resumed.Session.ID != "s" || resumed.Next != "vscode resumes k" {
		t.Errorf("Resume = %+v, %v", resumed, err)
	}
	forked, err := c.Fork(t.Context(), call, engine.ForkRequest{Session: "p"})
	if err != nil || forked.Session.ParentID != "p" || !strings.HasPrefix(forked.Next, "vscode forks auto-") {
		t.Errorf("Fork = %+v, %v; want a key of the client's", forked, err)
	}
	found, err := c.Search(t.Context(), call, engine.SearchRequest{Query: "q"})
	if err != nil || found.NextCursor != "q" {
		t.Errorf("Search = %+v, %v", found, err)
	}
	pruned, err := c.Prune(t.Context(), call, engine.PruneRequest{MaxBytes: new(int64(7))})
	if err != nil || pruned.Kept != 7 {
		t.Errorf("Prune = %+v, %v", pruned, err)
	}
	told := ""
	reindexed, err := c.Reindex(t.Context(), engine.Call{OnProgress: func(p engine.Progress) { told = p.Text }}, engine.ReindexRequest{})
	if err != nil || reindexed.Sessions != 2 || told != "indexed 1 of 2 sessions" {
		t.Errorf("Reindex = %+v, %v, told %q", reindexed, err, told)
	}
	list(t, c)
	if info, err := c.Info(t.Context()); err != nil || info.PID == 0 {
		t.Errorf("Info = %+v, %v", info, err)
	}
}

func TestProgressComesWhileTheCallWaits(t *testing.T) {
	h := newHome(t)
	seen := make(chan string)
	h.serve(t, &fake{start: func(ctx context.Context, call engine.Call, _ engine.StartRequest) (engine.Answer, error) {
		for _, text := range []string{"one", "two"} {
			call.OnProgress(engine.Progress{SessionID: "s", Text: text})
			// The next step waits until the client has heard of this one.
			select {
			case got := <-seen:
				if got != text {
					return engine.Answer{}, errors.New("out of order: " + got)
				}
			case <-ctx.Done():
				return engine.Answer{}, ctx.Err()
			}
		}
		return engine.Answer{Next: "done"}, nil
	}}, ServeOptions{})
	call := engine.Call{OnProgress: func(p engine.Progress) { seen <- p.Text }}
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	got, err := h.client(t, ClientOptions{}).Start(ctx, call, engine.StartRequest{})
	if err != nil || got.Next != "done" {
		t.Errorf("Start = %+v, %v", got, err)
	}
}

func TestNoProgressUnlessAskedFor(t *testing.T) {
	h := newHome(t)
	h.serve(t, &fake{start: func(_ context.Context, call engine.Call, _ engine.StartRequest) (engine.Answer, error) {
		if call.OnProgress != nil {
			return engine.Answer{}, errors.New("progress is asked for")
		}
		return engine.Answer{}, nil
	}}, ServeOptions{})
	if _, err := h.client(t, ClientOptions{}).Start(t.Context(), engine.Call{}, engine.StartRequest{}); err != nil {
		t.Error(err)
	}
}

func TestErrorsCrossTheSocket(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"of the engine", engine.Errorf(engine.NameTaken, "Choose another.", "main is taken"), "name_taken: main is taken. Choose another."},
		{"wrapped", errors.Join(engine.Errorf(engine.Busy, "", "at work")), "busy: at work"},
		{"internal", errors.New("disk on fire"), engine.AsError(errors.New("disk on fire")).Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHome(t)
			h.serve(t, &fake{start: func(context.Context, engine.Call, engine.StartRequest) (engine.Answer, error) {
				return engine.Answer{}, tt.err
			}}, ServeOptions{})
			_, err := h.client(t, ClientOptions{}).Start(t.Context(), engine.Call{}, engine.StartRequest{})
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// hanging returns a backend whose Start tells begun and then waits for its
// context, whose end it tells ended.
func hanging() (f *fake, begun, ended chan struct{}) {
	begun, ended = make(chan struct{}, 8), make(chan struct{}, 8)
	return &fake{start: func(ctx context.Context, _ engine.Call, _ engine.StartRequest) (engine.Answer, error) {
		begun <- struct{}{}
		<-ctx.Done()
		ended <- struct{}{}
		return engine.Answer{}, ctx.Err()
	}}, begun, ended
}

func TestCallEndsWithItsCaller(t *testing.T) {
	tests := []struct {
		name string
		end  func(cancel context.CancelFunc, c *Client)
		want engine.Code
	}{
		{"cancelled", func(cancel context.CancelFunc, _ *Client) { cancel() }, engine.Interrupted},
		{"client closed", func(_ context.CancelFunc, c *Client) { c.Close() }, engine.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHome(t)
			backend, begun, ended := hanging()
			h.serve(t, backend, ServeOptions{})
			c := h.client(t, ClientOptions{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			result := make(chan error, 1)
			go func() {
				_, err := c.Start(ctx, engine.Call{}, engine.StartRequest{})
				result <- err
			}()
			receive(t, "the call begins", begun)
			tt.end(cancel, c)
			if got := codeOf(t, receive(t, "the call returns", result)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			receive(t, "the engine hears of it", ended)
		})
	}
}

func TestCallEndsAtItsDeadline(t *testing.T) {
	h := newHome(t)
	backend, _, ended := hanging()
	h.serve(t, backend, ServeOptions{})
	c := h.client(t, ClientOptions{})
	list(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.Start(ctx, engine.Call{}, engine.StartRequest{})
	if got := codeOf(t, err); got != engine.Timeout {
		t.Errorf("got %s, want %s", got, engine.Timeout)
	}
	receive(t, "the engine hears of it", ended)
}

func TestClosedClientRefusesCalls(t *testing.T) {
	h := newHome(t)
	h.serve(t, &fake{}, ServeOptions{})
	c := h.client(t, ClientOptions{})
	list(t, c)
	c.Close()
	_, err := c.List(t.Context(), engine.Call{}, engine.ListRequest{})
	if got := codeOf(t, err); got != engine.Unavailable {
		t.Errorf("got %s, want %s", got, engine.Unavailable)
	}
}

func TestUnknownCallerSaysHelloAgain(t *testing.T) {
	h := newHome(t)
	s := h.serve(t, &fake{}, ServeOptions{})
	c := h.client(t, ClientOptions{})
	list(t, c)

	_, err := exchange[engine.List](t.Context(), c.conn, pathList, envelope[engine.ListRequest]{CallerID: "stranger"}, nil)
	if !errors.Is(err, refusedUnknown) {
		t.Errorf("a stranger's call: got %v, want %v", err, refusedUnknown)
	}
	c.conn.CallerID = "stranger"
	list(t, c)
	if got := s.backend.greeted(); got != 2 {
		t.Errorf("the client said hello %d times, want 2", got)
	}
}

func TestRequestThatIsTooLarge(t *testing.T) {
	h := newHome(t)
	h.serve(t, &fake{}, ServeOptions{})
	req := engine.StartRequest{Prompt: strings.Repeat("x", maxRequest)}
	_, err := h.client(t, ClientOptions{}).Start(t.Context(), engine.Call{}, req)
	if got := codeOf(t, err); got != engine.InvalidArgument {
		t.Errorf("got %s, want %s", got, engine.InvalidArgument)
	}
}

func TestUnknownRoute(t *testing.T) {
	h := newHome(t)
	h.serve(t, &fake{}, ServeOptions{})
	_, err := exchange[struct{}](t.Context(), newConn(h.dir), "/v1/merge", struct{}{}, nil)
	if got := codeOf(t, err); got != engine.Unavailable {
		t.Errorf("got %s, want %s", got, engine.Unavailable)
	}
}

func TestWaitShrinksByTheTimeSpent(t *testing.T) {
	five := 5
	tests := []struct {
		asked *int
		spent time.Duration
		want  int // -1: nil
	}{
		{nil, 900 * time.Millisecond, -1},
		{&five, 900 * time.Millisecond, 5},
		{&five, 2500 * time.Millisecond, 3},
		{&five, time.Minute, 0},
		{nil, 10 * time.Second, engine.DefaultWaitSeconds - 10},
	}
	for _, tt := range tests {
		got := -1
		if left := waitLeft(tt.asked, tt.spent); left != nil {
			got = *left
		}
		if got != tt.want {
			t.Errorf("after %v: got %d, want %d", tt.spent, got, tt.want)
		}
	}
}

func BenchmarkStartOfAnEngine(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		h := newHome(b)
		c := h.client(b, ClientOptions{Spawn: h.spawn("engine", "1")})
		b.StartTimer()
		list(b, c)
	}
}

func BenchmarkCall(b *testing.B) {
	h := newHome(b)
	h.serve(b, &fake{}, ServeOptions{})
	c := h.client(b, ClientOptions{})
	list(b, c)
	for b.Loop() {
		if _, err := c.Start(b.Context(), engine.Call{}, engine.StartRequest{Prompt: "hello"}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestCallIsBounded(t *testing.T) {
	h := newHome(t)
	h.serve(t, &fake{start: func(ctx context.Context, _ engine.Call, _ engine.StartRequest) (engine.Answer, error) {
		<-ctx.Done()
		return engine.Answer{}, ctx.Err()
	}}, ServeOptions{})
	_, err := h.client(t, ClientOptions{CallLimit: 100 * time.Millisecond}).Start(t.Context(), engine.Call{}, engine.StartRequest{})
	if got := engine.AsError(err); got.Code != engine.Timeout {
		t.Errorf("got %v, want %s", err, engine.Timeout)
	}
}
