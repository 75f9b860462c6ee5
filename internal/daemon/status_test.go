package daemon

import (
	"errors"
	"testing"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// Checkup asks an engine that runs, and starts none.
func TestCheckup(t *testing.T) {
	h := newHome(t)
	if _, running, err := Checkup(t.Context(), h.dir, engine.CheckupRequest{}); running || err != nil {
		t.Errorf("without an engine: running is %t, %v", running, err)
	}
	ran := false
	if err := Alone(t.Context(), h.dir, func() error { ran = true; return nil }); err != nil || !ran {
		t.Errorf("Alone without an engine: ran is %t, %v", ran, err)
	}
	h.serve(t, &fake{}, ServeOptions{})
	list(t, h.client(t, ClientOptions{}))
	if found, running, err := Checkup(t.Context(), h.dir, engine.CheckupRequest{}); found.Going != 1 || !running || err != nil {
		t.Errorf("got %+v, running is %t, %v", found, running, err)
	}
	if found, _, err := Checkup(t.Context(), h.dir, engine.CheckupRequest{Fix: true}); len(found.Faults) != 1 || err != nil {
		t.Errorf("with fix: got %+v, %v", found, err)
	}
	if err := Alone(t.Context(), h.dir, func() error { return nil }); !errors.Is(err, ErrRunning) {
		t.Errorf("Alone beside an engine: %v", err)
	}
}

func TestStatus(t *testing.T) {
	h := newHome(t)
	if info, running, err := Status(t.Context(), h.dir); running || err != nil {
		t.Errorf("with no engine: got %+v, %v, %v", info, running, err)
	}
	s := h.serve(t, &fake{}, ServeOptions{})
	info, running, err := Status(t.Context(), h.dir)
	if !running || err != nil || info.PID == 0 {
		t.Errorf("with an engine: got %+v, %v, %v", info, running, err)
	}
	if n := s.backend.greeted(); n != 0 {
		t.Errorf("asking made %d callers known", n)
	}
	s.stop()
	if err := s.wait(t); err != nil {
		t.Fatal(err)
	}
	if _, running, err := Status(t.Context(), h.dir); running || err != nil {
		t.Errorf("after the engine: got %v, %v", running, err)
	}
}
