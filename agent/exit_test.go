package agent

import "testing"

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
