package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/claude-sessions/claude-sessions/internal/daemon"
	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// checkLeftBehind tells what nobody looks after any more, and mends it if that
// is asked for. The engine does both where one runs; else nobody can start one
// meanwhile.
func checkLeftBehind(ctx context.Context, r *report, dataDir string, fix bool) {
	ctx, cancel := context.WithTimeout(ctx, 2*doctorPatience)
	defer cancel()
	req := engine.CheckupRequest{Fix: fix}
	found, running, err := daemon.Checkup(ctx, dataDir, req)
	if err == nil && !running {
		found, err = examine(ctx, dataDir, req)
	}
	if errors.Is(err, sessionstore.ErrInUse) {
		r.note("left behind", "not looked for: an embedded engine has the data folder, and looks after it")
		return
	}
	if err != nil {
		r.fault("left behind", fmt.Sprintf("it cannot be told: %v", err), "if the engine is of an older version, it is replaced once nothing runs; look at its log else")
		return
	}
	if found.Going > 0 {
		r.note("turns", fmt.Sprintf("%d go on by themselves; the next engine takes over what comes of them", found.Going))
	}
	for _, f := range found.Faults {
		switch {
		case f.Failed != "":
			r.fault(f.Kind, f.Found, "it could not be mended: "+f.Failed)
		case f.Mended != "":
			r.mended(f.Kind, f.Found+" Mended: "+f.Mended+".")
		default:
			r.fault(f.Kind, f.Found, "run mcp-server doctor --fix")
		}
	}
	if len(found.Faults) == 0 {
		r.note("left behind", "nothing")
	}
}

func (r *report) mended(what, found string) { fmt.Fprintf(r.out, "MENDED %-12s %s\n", what, found) }

// examine looks for what was left behind where no engine runs.
func examine(ctx context.Context, dataDir string, req engine.CheckupRequest) (found engine.Checkup, err error) {
	dir := filepath.Join(dataDir, "store")
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		return found, nil // nothing was ever begun here
	}
	err = daemon.Alone(ctx, dataDir, func() error {
		store, err := sessionstore.Open(dir, sessionstore.Options{})
		if err != nil {
			return err
		}
		defer store.Close()
		found, err = engine.Examine(ctx, store, dataDir, req)
		return err
	})
	return found, err
}
