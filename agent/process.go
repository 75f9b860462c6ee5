package agent

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNoProcess is returned by Identify for a pid that no process has.
var ErrNoProcess = errors.New("no such process")

// pollEvery is how often a process that is no child is looked at.
const pollEvery = 20 * time.Millisecond

// Identify names the process that has a pid now. The error is ErrNoProcess, or
// why the system did not tell.
func Identify(pid int) (Process, error) {
	started, _, err := inspect(pid)
	if err != nil {
		return Process{}, fmt.Errorf("looking at process %d: %w", pid, err)
	}
	return Process{PID: pid, StartTime: started}, nil
}

// identified is Identify for a process that is known to be there.
func identified(pid int) Process {
	p, err := Identify(pid)
	if err != nil {
		return Process{PID: pid}
	}
	return p
}

// Alive tells whether p still runs. A process that has ended and only waits to
// be reaped does not; neither does a later one with the same pid.
func Alive(p Process) bool {
	started, running, err := inspect(p.PID)
	return err == nil && running && started == p.StartTime
}

// Terminate asks p, and the group that it leads, to end. A process that is
// gone is no error. On Windows this is Kill.
func Terminate(p Process) error { return p.signal(terminate) }

// Kill ends p and the group that it leads. A process that is gone is no error.
func Kill(p Process) error { return p.signal(kill) }

// signal never reaches a process that merely has the pid of one long gone.
func (p Process) signal(s endSignal) error {
	if !Alive(p) {
		return nil
	}
	if err := signalOne(p.PID, s); err != nil {
		return fmt.Errorf("signalling process %d: %w", p.PID, err)
	}
	return nil
}

// WaitGone returns nil when p has ended, or the error of ctx.
func WaitGone(ctx context.Context, p Process) error {
	return poll(ctx, func() bool { return !Alive(p) })
}

// poll calls done at short intervals until it is true or ctx ends.
func poll(ctx context.Context, done func() bool) error {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
