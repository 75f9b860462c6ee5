package daemon

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// ErrRunning says that another engine serves the data folder.
var ErrRunning = errors.New("another engine serves this data folder")

const (
	engineLock = "engine.lock"
	startLock  = "start.lock"

	lockPatience = 25 * time.Second // more than an engine takes to stop
	lockInterval = 20 * time.Millisecond
	// runningPatience is how long the holder must have been there to count as
	// running: one that is about to stop may take connections for a moment.
	runningPatience = 300 * time.Millisecond
)

// newLock returns a lock in the data folder, not yet taken. Its file stays for
// ever: who unlinks a lock lets two have it.
func newLock(dataDir, name string) *flock.Flock {
	return flock.New(filepath.Join(dataDir, name), flock.SetPermissions(0o600))
}

// lockEngine makes this process the engine of the data folder until the lock
// is closed. An engine that is stopping is waited for; one that takes
// connections is [ErrRunning].
func lockEngine(ctx context.Context, dataDir string) (*flock.Flock, error) {
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	lock := newLock(dataDir, engineLock)
	for began := time.Now(); ; {
		locked, err := lock.TryLock()
		if err != nil {
			return nil, fmt.Errorf("locking data folder: %w", err)
		}
		if locked {
			return lock, nil
		}
		if time.Since(began) > runningPatience && answers(ctx, dataDir) {
			return nil, ErrRunning
		}
		if err := pause(ctx, lockInterval); err != nil {
			return nil, fmt.Errorf("waiting for %s: %w", lock.Path(), err)
		}
	}
}

// pause waits for d, or returns ctx's error when that is over sooner.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
