package daemon

import (
	"context"
	"testing"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

func TestNewerBuildReplacesAnIdleEngine(t *testing.T) {
	h := newHome(t)
	old := h.serve(t, &fake{}, ServeOptions{Build: "100"})
	staying := h.client(t, ClientOptions{Build: "100", Spawn: h.spawn("engine", "100")})
	list(t, staying)

	list(t, h.client(t, ClientOptions{Build: "200", Spawn: h.spawn("engine", "200")}))
	if err := old.wait(t); err != nil {
		t.Errorf("the old engine: %v", err)
	}
	// The old client goes on with the new engine, and leaves it be.
	list(t, staying)
	h.onlyEngine(t)
	if got := staying.conn.Build; got != "200" {
		t.Errorf("the old client is served by build %s, want 200", got)
	}
}

func TestBusyEngineEndsItsTurnsFirst(t *testing.T) {
	h := newHome(t)
	backend, begun, ended := hanging()
	backend.busy.Store(true)
	old := h.serve(t, backend, ServeOptions{Build: "100"})
	newClient := h.client(t, ClientOptions{Build: "200", Spawn: h.spawn("engine", "200")})
	list(t, newClient)
	if got := newClient.conn.Build; got != "100" {
		t.Fatalf("served by build %s, want the busy one, 100", got)
	}
	if n := len(h.children); n != 0 {
		t.Errorf("%d engines were started beside the busy one", n)
	}

	// A call in flight keeps the engine, too.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go newClient.Start(ctx, engine.Call{}, engine.StartRequest{})
	receive(t, "the call begins", begun)
	backend.busy.Store(false)
	answer, err := exchange[successionAnswer](t.Context(), newClient.conn, pathHandover, succession{Build: "200"}, nil)
	if want := (successionAnswer{Busy: true}); err != nil || answer != want {
		t.Errorf("asked in mid-call: got %+v, %v; want %+v", answer, err, want)
	}
	cancel()
	receive(t, "the call ends", ended)
	if err := old.wait(t); err != nil {
		t.Errorf("the old engine: %v", err)
	}
	list(t, newClient)
	if got := newClient.conn.Build; got != "200" {
		t.Errorf("served by build %s, want 200", got)
	}
}

// A wait for sessions keeps no engine either, tells its progress, and is sent
// again to the next engine, less the time that it has waited.
func TestWaitGoesOnWithTheNextEngine(t *testing.T) {
	h := newHome(t)
	old := h.serve(t, &fake{}, ServeOptions{Build: "100"})
	c := h.client(t, ClientOptions{Build: "100", Spawn: h.spawn("engine", "100")})
	list(t, c)
	begun := make(chan string, 2)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := c.WaitFor(ctx, engine.Call{OnProgress: func(p engine.Progress) { begun <- p.Text }}, engine.WaitRequest{Sessions: []string{"s"}})
		ended <- err
	}()
	if got := receive(t, "the wait begins", begun); got != "waiting" {
		t.Errorf("progress is %q", got)
	}
	list(t, h.client(t, ClientOptions{Build: "200", Spawn: h.spawn("engine", "200")}))
	if err := old.wait(t); err != nil {
		t.Errorf("the old engine: %v", err)
	}
	receive(t, "the wait begins again", begun)
	cancel()
	if err := receive(t, "the wait ends", ended); err == nil {
		t.Error("a wait that its caller cancelled gave an answer")
	}
	if now, err := c.WaitFor(t.Context(), engine.Call{}, engine.WaitRequest{}); err != nil || now.Seq != 8 {
		t.Errorf("WaitFor gave %+v, %v", now, err)
	}
}

// A caller that waits for what others do keeps no engine from making room.
func TestFollowerDoesNotHoldAnEngine(t *testing.T) {
	h := newHome(t)
	old := h.serve(t, &fake{}, ServeOptions{Build: "100"})
	c := h.client(t, ClientOptions{Build: "100", Spawn: h.spawn("engine", "100")})
	list(t, c)
	now, err := c.Changes(t.Context(), engine.Call{}, engine.ChangesRequest{})
	if err != nil || now.Seq != 7 {
		t.Fatalf("changes are %+v, %v", now, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := c.Changes(ctx, engine.Call{}, engine.ChangesRequest{Since: &now.Seq})
		ended <- err
	}()
	list(t, h.client(t, ClientOptions{Build: "200", Spawn: h.spawn("engine", "200")}))
	if err := old.wait(t); err != nil {
		t.Errorf("the old engine: %v", err)
	}
	select {
	case err := <-ended:
		t.Errorf("the follower ended with the old engine: %v", err)
	default: // it asks the next one
	}
	cancel()
	if err := receive(t, "the follower ends", ended); err == nil {
		t.Error("the follower was told of something")
	}
}

func TestEngineIsNotReplacedByWhatIsNotNewer(t *testing.T) {
	for _, build := range []string{"100", "99", "", "dev"} {
		h := newHome(t)
		h.serve(t, &fake{}, ServeOptions{Build: "100"})
		c := h.client(t, ClientOptions{Build: build, Spawn: h.spawn("engine", build)})
		list(t, c)
		got, err := exchange[successionAnswer](t.Context(), c.conn, pathHandover, succession{Build: build}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.Accepted || got.Busy || c.conn.Build != "100" {
			t.Errorf("build %q: %+v, served by %s", build, got, c.conn.Build)
		}
	}
}

func TestNewer(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"2", "1", true},
		{"10", "9", true},
		{"1", "1", false},
		{"1", "2", false},
		{"1", "", true},
		{"", "", false},
		{"v2", "1", false},
		{"", "-5", false},
	}
	for _, tt := range tests {
		if got := newer(tt.a, tt.b); got != tt.want {
			t.Errorf("newer(%q, %q) = %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}
