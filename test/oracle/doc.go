// Package oracle tests the conversation model of package agent against Claude
// Code itself. A generator writes transcripts as Claude Code, its older versions
// and its crashes leave them. Claude Code resumes each of them with
// --fork-session against a loopback model, and what it then sends is the truth:
// what the model says is sent, where it says that a fork is made, and what it
// accepts as a fork, must agree with it.
//
// Every generated transcript follows from its seed. To repeat one:
//
//	CLAUDE_SESSIONS_TEST_CLAUDE=$(test/get-claude.sh) go test ./test/oracle -run TestClaudeCode -seed N -cases 1 -v
//
// To run for longer: -oracle 60m, with -timeout 70m.
package oracle
