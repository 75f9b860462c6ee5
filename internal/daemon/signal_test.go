//go:build unix

package daemon

import (
	"context"
	"os/exec"
	"syscall"
	"testing"

	"github.com/claude-sessions/claude-sessions/internal/engine"
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

// An engine that is killed while it comes up is started again, so that no call
// hears of it; one that is killed every time is given up.
func TestEngineKilledAtItsStart(t *testing.T) {
	for name, c := range map[string]struct {
		kills int
		want  engine.Code
	}{"once": {1, ""}, "always": {100, engine.Unavailable}} {
		t.Run(name, func(t *testing.T) {
			h, spawned := newHome(t), 0
			client := h.client(t, ClientOptions{Spawn: func(ctx context.Context) (*exec.Cmd, error) {
				if spawned++; spawned <= c.kills {
					return exec.Command("sh", "-c", "kill -9 $$"), nil
				}
				return h.spawn("engine", "1")(ctx)
			}})
			_, err := client.List(t.Context(), engine.Call{}, engine.ListRequest{})
			got := engine.Code("")
			if err != nil {
				got = codeOf(t, err)
			}
			if got != c.want {
				t.Errorf("List: got %q, %v; want %q", got, err, c.want)
			}
			if want := min(c.kills+1, maxTries); spawned != want {
				t.Errorf("%d engines were started, want %d", spawned, want)
			}
		})
	}
}
