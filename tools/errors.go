package tools

import (
	"context"
	"errors"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// errPanic stands for a panic, whose own text belongs into the log.
var errPanic = errors.New("panic in a tool")

// failure is the structured content of a result that is an error.
type failure struct {
	Error *engine.Error `json:"error"`
}

// errorResult is the one place that puts an error on the wire.
func errorResult(e *engine.Error) *mcp.CallToolResult {
	r := mcp.NewToolResultStructured(failure{e}, e.Error())
	r.IsError = true
	return r
}

// asError returns err as an error of the engine. An end of the call's context
// is the caller's own doing (it cancelled, or went away) and not a fault.
func asError(err error) *engine.Error {
	var e *engine.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled):
		return engine.Errorf(engine.Interrupted, "A turn that was begun goes on: call wait_for_session.",
			"the call was cancelled before it was answered.")
	case errors.Is(err, context.DeadlineExceeded):
		return engine.Errorf(engine.Timeout, "A turn that was begun goes on: call wait_for_session.",
			"the time of the call was over before it was answered.")
	}
	return engine.AsError(err)
}

// invalid is the error of arguments that cannot be used.
func invalid(next, format string, args ...any) *engine.Error {
	return engine.Errorf(engine.InvalidArgument, next, format, args...)
}
