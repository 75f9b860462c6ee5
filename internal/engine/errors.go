package engine

import (
	"errors"
	"fmt"
	"strings"
)

// Code is what kind of error happened. The set is fixed; it is part of the
// face to callers.
type Code string

// The codes of all errors.
const (
	InvalidArgument  Code = "invalid_argument"
	NotFound         Code = "not_found"
	Ambiguous        Code = "ambiguous"
	NameTaken        Code = "name_taken"
	Busy             Code = "busy"
	SessionMissing   Code = "session_missing" // no transcript anywhere
	CwdMissing       Code = "cwd_missing"
	ClaudeNotFound   Code = "claude_not_found"
	NotLoggedIn      Code = "not_logged_in"
	APIError         Code = "api_error"
	RateLimited      Code = "rate_limited"
	BudgetExceeded   Code = "budget_exceeded"
	TurnLimit        Code = "turn_limit"
	PermissionDenied Code = "permission_denied" // the operator has not allowed it
	Interrupted      Code = "interrupted"
	Timeout          Code = "timeout"
	Conflict         Code = "conflict"
	Unavailable      Code = "unavailable"
	Internal         Code = "internal"
)

// Error is what every method of the engine returns when it fails. Message says
// what happened, Next what to do about it; both are sentences for people and
// models, and name nothing of the inside.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	Next    string `json:"next,omitempty"`
	cause   error
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.sentence() }

// sentence is what an error says, and what to do.
func (e *Error) sentence() string {
	switch {
	case e.Next == "":
		return e.Message
	case strings.HasSuffix(e.Message, "."), strings.HasSuffix(e.Message, "?"):
		return e.Message + " " + e.Next
	}
	return e.Message + ". " + e.Next // a message of somebody else's
}

// Unwrap gives the cause, which is for logs only and does not cross processes.
func (e *Error) Unwrap() error { return e.cause }

// Errorf makes an Error. next may be empty.
func Errorf(code Code, next, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Next: next, cause: errors.Unwrap(err)}
}

// AsError returns err as an Error. One that is none becomes Internal, without
// its text: that belongs into the log.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: Internal, Message: "something went wrong inside the engine.",
		Next: "Try again; if it stays, look at the engine's log (mcp-server doctor names the file).", cause: err}
}
