package agent

import (
	"context"
	"fmt"
	"time"
)

const (
	// termWait is how long processes get to end after SIGTERM.
	termWait = 3 * time.Second
	// killWait is how long the system gets to end processes after SIGKILL.
	killWait = 5 * time.Second
)

// Stop ends the run and returns when none of its processes is left, or with an
// error that names those that are. It closes the input and waits up to grace
// for the orderly end, in which a running turn is finished; then come SIGTERM
// and SIGKILL, to the child's group and to all processes with the run's mark.
// When ctx ends, nothing is waited for any more: what is left is killed.
//
// Events must be read meanwhile. Stop may be called more than once, and for a
// run that has ended: it then ends what its tools have left behind.
func (r *Run) Stop(ctx context.Context, grace time.Duration) error {
	r.in.close()
	if !r.waitGone(ctx, grace) {
		_ = signalGroup(r.process.PID, terminate)
		_ = (&hunt{runID: r.runID}).strike(terminate)
		if !r.waitGone(ctx, termWait) {
			_ = signalGroup(r.process.PID, kill)
		}
	}
	if _, err := EndLeftovers(ctx, r.runID, termWait); err != nil {
		return fmt.Errorf("stopping run %s: %w", r.runID, err)
	}
	if !r.waitGone(context.WithoutCancel(ctx), killWait) {
		return fmt.Errorf("stopping run %s: process %d outlived SIGKILL", r.runID, r.process.PID)
	}
	return nil
}

// waitGone tells whether the child ended within a time and before ctx did.
func (r *Run) waitGone(ctx context.Context, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-r.gone:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	select {
	case <-r.gone: // both were ready
		return true
	default:
		return false
	}
}
