package agent

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// ExitError is an end of the process that was not orderly.
type ExitError struct {
	Code   string // one of the Code constants
	Status int    // exit status; -1 if it was killed by a signal
	Signal string
	Stderr string // its last lines
}

// Error says how the process ended and the last line that it had to say.
func (e *ExitError) Error() string {
	how := fmt.Sprintf("claude ended with exit status %d", e.Status)
	if e.Signal != "" {
		how = "claude was ended by a signal (" + e.Signal + ")"
	}
	if last := lastLine(e.Stderr); last != "" {
		return how + ": " + last
	}
	return how
}

// complaints are words of Claude Code, on stderr or among the errors of a
// result, and what they mean.
var complaints = []struct{ words, code string }{
	{"No conversation found with session ID", CodeSessionMissing},
	{"No message found with message.uuid", CodeMessageMissing},
	{"Error: Session ID", CodeSessionExists}, // … "is already in use"
	{"Not logged in", CodeNotLoggedIn},
	{"Please run /login", CodeNotLoggedIn},
	{"Invalid API key", CodeNotLoggedIn},
	{"error: unknown option", CodeTooOld},
	{"You've hit your", CodeRateLimited}, // … "limit"; read in the binary, not met
}

// complaint returns the code of what text complains of, or "".
func complaint(text string) string {
	for _, c := range complaints {
		if strings.Contains(text, c.words) {
			return c.code
		}
	}
	return ""
}

// exitError judges how the process ended; nil is an orderly end.
//
// Claude Code exits with 1 after a turn that went wrong, an interrupted one
// included, although it ended in good order: its Result has told all there is
// to tell. Only a complaint that no prompt could have caused stays an error.
func exitError(waitErr error, last *Result, stderr string) error {
	if waitErr == nil || errors.Is(waitErr, exec.ErrWaitDelay) {
		return nil
	}
	var ended *exec.ExitError
	if !errors.As(waitErr, &ended) {
		return fmt.Errorf("waiting for claude: %w", waitErr)
	}
	e := &ExitError{Status: ended.ExitCode(), Signal: signalName(ended.ProcessState), Stderr: stderr, Code: complaint(stderr)}
	if last != nil {
		if e.Code == "" && !last.OK && e.Status == 1 {
			return nil
		}
		if last.Code == CodeSessionMissing || last.Code == CodeMessageMissing {
			e.Code = last.Code
		}
	}
	if e.Code == "" {
		e.Code = CodeFailed
	}
	return e
}

func signalName(state *os.ProcessState) string {
	name, killed := strings.CutPrefix(state.String(), "signal: ")
	if !killed {
		return ""
	}
	return name
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
