package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// Leftovers returns the processes that carry the mark of a run: its child and
// whatever its tools have started, in whichever group or session. The calling
// process is never among them. Where a platform does not show the environment
// of processes, and for runID "", there are none.
func Leftovers(runID string) ([]Process, error) {
	if runID == "" {
		return nil, nil
	}
	pids, err := marked(RunIDVar + "=" + runID)
	if err != nil {
		return nil, fmt.Errorf("looking for processes of run %s: %w", runID, err)
	}
	var left []Process
	for _, pid := range pids {
		if p, err := Identify(pid); err == nil && pid != os.Getpid() && Alive(p) {
			left = append(left, p)
		}
	}
	return left, nil
}

// EndLeftovers ends the processes that carry the mark of a run: SIGTERM, up to
// grace for them to end, then SIGKILL until none is left. When ctx ends the
// grace does too. It returns how many there were at first, and an error that
// names those that could not be ended.
func EndLeftovers(ctx context.Context, runID string, grace time.Duration) (int, error) {
	h := hunt{runID: runID}
	if err := h.strike(terminate); err != nil || len(h.seen) == 0 {
		return 0, err
	}
	n := len(h.seen)
	patient, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if poll(patient, func() bool { return h.look() == nil && len(h.alive()) == 0 }) == nil {
		return n, nil
	}
	hard, cancelHard := context.WithTimeout(context.WithoutCancel(ctx), killWait)
	defer cancelHard()
	if poll(hard, func() bool { return h.strike(kill) == nil && len(h.alive()) == 0 }) != nil {
		return n, fmt.Errorf("ending leftovers of run %s: %w: %v", runID, errNotEnded, h.alive())
	}
	return n, nil
}

var errNotEnded = errors.New("processes outlived SIGKILL")

// A hunt remembers every process that it has met: one that is about to end has
// no environment any more, and so no mark, but is there still. And they may
// start others meanwhile: it looks again and again.
type hunt struct {
	runID string
	seen  []Process
}

// look adds the marked processes of now.
func (h *hunt) look() error {
	found, err := Leftovers(h.runID)
	for _, p := range found {
		if !slices.Contains(h.seen, p) {
			h.seen = append(h.seen, p)
		}
	}
	return err
}

// strike signals all that are or were marked.
func (h *hunt) strike(s endSignal) error {
	err := h.look()
	for _, p := range h.seen {
		_ = p.signal(s) // gone meanwhile, or not ours: alive tells
	}
	return err
}

func (h *hunt) alive() []Process {
	return slices.DeleteFunc(slices.Clone(h.seen), func(p Process) bool { return !Alive(p) })
}
