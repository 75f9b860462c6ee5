package agent

import "testing"

func TestExitErrorSaysHow(t *testing.T) {
	for want, err := range map[string]*ExitError{
		"claude was ended by a signal (killed)":        {Status: -1, Signal: "killed"},
		"claude was ended by a signal (killed): oh no": {Status: -1, Signal: "killed", Stderr: "one\noh no\n"},
		"claude ended with exit status 3":              {Status: 3},
	} {
		if got := err.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestComplaint(t *testing.T) {
	for text, want := range map[string]string{
		"error: unknown option '--session-mirror'\n":                   CodeTooOld,
		"No conversation found with session ID: 1":                     CodeSessionMissing,
		"Error: Session ID 1 is already in use.":                       CodeSessionExists,
		"Not logged in · Please run /login":                            CodeNotLoggedIn,
		"TypeError: undefined is not a function\n    at main (app.js)": "",
		"": "",
	} {
		if got := complaint(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
