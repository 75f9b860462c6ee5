package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// The pauses between looks for an engine: of the many who wait for another
// client to start it, and of the one who started it.
const (
	waitInterval  = 15 * time.Millisecond
	startInterval = 3 * time.Millisecond
)

// reach returns a conn to the engine of the data folder, which it starts where
// there is none, and attends it. An older engine is replaced if it has nothing
// to do. An error that is no *engine.Error means that another try may do.
func reach(ctx context.Context, o ClientOptions) (*conn, error) {
	cn, err := findOrStart(ctx, o)
	if err != nil {
		return nil, reachError(err)
	}
	if cn.Protocol == 0 {
		cn.close()
		return nil, otherProtocol(cn.welcome)
	}
	if err := cn.attend(ctx); err != nil {
		cn.close()
		return nil, err
	}
	return cn, nil
}

func reachError(err error) error {
	var known *engine.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, errKilled) {
		return err
	}
	return notStarted(err, "")
}

// findOrStart greets an engine that is good enough, or takes start.lock and
// sees to it that there is one. Who waits for the lock goes on looking: the
// holder may be starting what we need.
func findOrStart(ctx context.Context, o ClientOptions) (*conn, error) {
	lock := newLock(o.DataDir, startLock)
	defer lock.Close()
	for {
		cn, err := greet(ctx, o)
		if err == nil && !newer(o.Build, cn.Build) {
			return cn, nil
		}
		if o.Spawn == nil {
			return cn, err
		}
		if err == nil {
			cn.close()
		}
		locked, err := lock.TryLock()
		if err != nil {
			return nil, fmt.Errorf("locking the start of an engine: %w", err)
		}
		if locked {
			return startOrReplace(ctx, o)
		}
		if err := pause(ctx, waitInterval); err != nil {
			return nil, fmt.Errorf("waiting for another client to start the engine: %w", err)
		}
	}
}

// startOrReplace is for the holder of start.lock: otherwise old and new clients
// could replace each other's engines for ever.
func startOrReplace(ctx context.Context, o ClientOptions) (*conn, error) {
	cn, err := greet(ctx, o)
	if err != nil {
		return start(ctx, o)
	}
	if !newer(o.Build, cn.Build) {
		return cn, nil
	}
	answer, err := exchange[successionAnswer](ctx, cn, pathHandover, succession{Version: o.Version, Build: o.Build}, nil)
	if err == nil && !answer.Accepted {
		return cn, nil // it is busy, and stops by itself later
	}
	cn.close()
	return start(ctx, o)
}
