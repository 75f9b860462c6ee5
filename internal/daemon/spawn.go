package daemon

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
)

// start starts an engine and returns once it answers. The caller holds
// start.lock.
func start(ctx context.Context, o ClientOptions) (*conn, error) {
	log, err := openChildLog(o.DataDir)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	exited, err := spawn(ctx, o, log)
	if err != nil {
		return nil, err
	}
	cn, err := awaitEngine(ctx, o, exited)
	if errors.Is(err, errKilled) {
		return nil, err
	}
	if err != nil {
		return nil, notStarted(err, log.tail())
	}
	return cn, nil
}

// spawn starts the process of an engine. The channel gets its end, if this
// process lives to see it.
func spawn(ctx context.Context, o ClientOptions, log *childLog) (<-chan error, error) {
	cmd, err := o.Spawn(ctx)
	if err != nil {
		return nil, err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, nil, log.file
	detach(cmd, o.DataDir)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	// Nobody waits for this goroutine: it reaps an engine that outlives us.
	exited := make(chan error, 1)
	go func() { exited <- exitError(cmd) }()
	return exited, nil
}

// errKilled tells that an engine did not come up because it was killed: that is
// no fault of its own, and another may come up.
var errKilled = errors.New("it was killed")

func exitError(cmd *exec.Cmd) error {
	err := cmd.Wait()
	if state := cmd.ProcessState; state != nil && !state.Exited() {
		return fmt.Errorf("%w: %w", errKilled, err)
	}
	if err != nil {
		return fmt.Errorf("it ended: %w", err)
	}
	return errors.New("it ended at once")
}

// awaitEngine greets until an engine answers. The one that exited may have
// found another in its place.
func awaitEngine(ctx context.Context, o ClientOptions, exited <-chan error) (*conn, error) {
	var ended error
	for {
		cn, err := greet(ctx, o)
		if err == nil {
			return cn, nil
		}
		if ended != nil {
			return nil, ended
		}
		select {
		case ended = <-exited: // and greet once more
		default:
			if ctxErr := pause(ctx, startInterval); ctxErr != nil {
				return nil, fmt.Errorf("it does not answer: %w", err)
			}
		}
	}
}
