package daemon

import (
	"context"
	"errors"
	"fmt"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// What to do about the errors that a Client makes itself.
const (
	nextDoctor = "Run `mcp-server doctor` to see what is wrong, then try again."
	nextList   = "What was begun goes on: call wait_for_session, or list_sessions to see it."
)

// errClosed ends the calls of a client that was closed.
var errClosed = engine.Errorf(engine.Unavailable, nextList, "this server is shutting down.")

// callEnded tells why ctx ended.
func callEnded(ctx context.Context) *engine.Error {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errClosed):
		return errClosed
	case errors.Is(cause, context.DeadlineExceeded):
		return engine.Errorf(engine.Timeout, nextList, "the engine did not answer in time.")
	default:
		return engine.Errorf(engine.Interrupted, nextList, "the call was cancelled.")
	}
}

// engineLost is for a call that no engine answered.
func engineLost() *engine.Error {
	return engine.Errorf(engine.Unavailable, nextDoctor, "the engine went away and did not answer again.")
}

// notStarted is for an engine that did not come up. tail is what it logged.
func notStarted(err error, tail string) *engine.Error {
	if tail != "" {
		err = fmt.Errorf("%w; its log says:\n%s", err, tail)
	}
	return engine.Errorf(engine.Unavailable, nextDoctor, "the engine could not be started: %w", err)
}

// otherProtocol is for an engine that shares no protocol with this binary.
func otherProtocol(theirs welcome) *engine.Error {
	return engine.Errorf(engine.Unavailable,
		"Let its turns end and restart all clients, so that they use the same version.",
		"an engine of another version (%s) is at work; it speaks protocol %d to %d, this server speaks %d to %d",
		theirs.Version, theirs.ProtocolMin, theirs.ProtocolMax, protocolMin, protocolMax)
}
