//go:build unix

package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/fakeclaude"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// fakeLog is what the fake has noted so far.
func fakeLog(ts *testscript.TestScript) []fakeclaude.Record {
	records, err := fakeclaude.ReadLog(ts.MkAbs(filepath.Join(ts.Getenv("WORK"), fakeLogName)))
	ts.Check(err)
	return records
}

// cmdTurns prints the turns of the log in their order: "PROMPT begins",
// "PROMPT ends".
func cmdTurns(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "turns", !neg && len(args) == 0)
	prompts := map[string]string{} // of each session: its newest
	for _, r := range fakeLog(ts) {
		switch r.Event {
		case "turn_start":
			prompts[r.Session] = r.Text
			fmt.Fprintf(ts.Stdout(), "%s begins\n", r.Text)
		case "turn_end":
			fmt.Fprintf(ts.Stdout(), "%s ends\n", prompts[r.Session])
		}
	}
}

// cmdSerial makes sure that no two turns of a session, or no two at all, ran
// at a time.
func cmdSerial(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "serial [all]", !neg && (len(args) == 0 || args[0] == "all"))
	records := fakeLog(ts)
	if len(args) > 0 {
		for i := range records {
			records[i].Session, records[i].PID = "all", 0
		}
	}
	if sessions := fakeclaude.Overlaps(records); len(sessions) > 0 {
		ts.Fatalf("turns overlap in %s", sessions)
	}
}

// cmdPid keeps the process of the newest record of an event.
func cmdPid(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "pid VARIABLE EVENT", !neg && len(args) == 2)
	for _, r := range slices.Backward(fakeLog(ts)) {
		if r.Event == args[1] {
			ts.Setenv(args[0], strconv.Itoa(r.PID))
			return
		}
	}
	ts.Fatalf("the fake has noted no %s", args[1])
}

// cmdOrphan starts a process that carries the mark of a run that no engine knows.
func cmdOrphan(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "orphan VARIABLE", !neg && len(args) == 1)
	cmd := exec.Command("sleep", "300")
	cmd.Env = []string{agent.RunIDVar + "=11111111-2222-4333-8444-777777777777", "CLAUDE_SESSIONS_DATA_DIR=" + ts.Getenv("CLAUDE_SESSIONS_DATA_DIR")}
	ts.Check(cmd.Start())
	go func() { _ = cmd.Wait() }()
	ts.Defer(func() { _ = cmd.Process.Kill() })
	ts.Setenv(args[0], strconv.Itoa(cmd.Process.Pid))
}

// cmdRemember puts the record of a session into the store, which no engine may
// have open.
func cmdRemember(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "remember ID NAME", !neg && len(args) == 2)
	store, err := sessionstore.Open(filepath.Join(ts.Getenv("CLAUDE_SESSIONS_DATA_DIR"), "store"), sessionstore.Options{})
	ts.Check(err)
	_, err = store.Commit(context.Background(), sessionstore.Mutation{Create: &sessionstore.Session{
		ID: args[0], RootID: args[0], Name: args[1], Status: sessionstore.Idle, Origin: sessionstore.Managed,
		Cwd: ts.MkAbs("w"), ConfigDir: ts.Getenv("CLAUDE_CONFIG_DIR"), CreatedAt: store.Now(),
		Turns: 1, LastMessage: "11111111-2222-4333-8444-555555555555",
	}})
	ts.Check(err)
	ts.Check(store.Close())
}
