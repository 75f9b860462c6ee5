//go:build unix

package daemon

import (
	"syscall"
	"testing"
)

func TestSignalEndsTheEngineWell(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		h := newHome(t)
		cmd := h.child("engine", "1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the engine is up", func() bool {
			_, running, err := Status(t.Context(), h.dir)
			return running && err == nil
		})
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("after %v: %v", sig, err)
		}
	}
}
