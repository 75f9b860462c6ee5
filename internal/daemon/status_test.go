package daemon

import "testing"

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
