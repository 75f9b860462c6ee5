package engine

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/fakeclaude"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Turns that one process serves are all stored with the mark that it has: by it
// the next engine finds what their tools leave behind.
func TestRunOfEachTurn(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	one := start(t, c, "one\n!hold one", 0)
	p.held("one")
	two := resume(t, c, one.Session.ID, "two", 0)
	p.release("one")
	a, b := p.ended(one.Turn.ID), p.ended(two.Turn.ID)
	if a.Run.PID != b.Run.PID || a.Run.ID != b.Run.ID {
		t.Errorf("the first turn's run is %+v, the second's %+v", a.Run, b.Run)
	}
	if starts := p.startsOf(one.Session.ID); starts != 1 { // a spare may be there, too
		t.Errorf("Claude Code was started %d times", starts)
	}
}

// A process that died is not given the next turn.
func TestDeadProcessIsReplaced(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	one := start(t, c, "one\n!hold one\n!kill", 0)
	p.held("one")
	two := resume(t, c, one.Session.ID, "two\n!recall", 0)
	p.release("one")
	if got := p.ended(one.Turn.ID); got.Status != sessionstore.TurnInterrupted {
		t.Errorf("the first turn ended %s", got.Status)
	}
	if got := p.ended(two.Turn.ID); got.Result != "1. one\n2. two" {
		t.Errorf("the second turn ended %s: %q, %+v", got.Status, got.Result, got.Error)
	}
}

// A fork that has turns of its own does not begin again at its parent's when its
// transcript is gone for good.
func TestForkIsNotBegunAgain(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	e := p.engine(Config{})
	parent := p.put(sessionstore.Session{Name: "parent", Turns: 1, LastMessage: "11111111-2222-4333-8444-555555555555"})
	p.say(parent, said("user", "11111111-2222-4333-8444-555555555555", "", "one"))
	fork := sessionstore.Session{ParentID: parent.ID, RootID: parent.ID, ForkedAt: parent.LastMessage, LastMessage: parent.LastMessage}
	fresh := p.put(fork)
	fork.Turns, fork.LastMessage = 1, uuid.NewString()
	lost := p.put(fork)

	o, err := e.launch(context.Background(), fresh, sessionstore.Turn{Cwd: fresh.Cwd}, &environment{caller: p.caller}, 0)
	if err != nil || !o.Fork || o.Resume != parent.ID || o.ResumeAt != parent.LastMessage {
		t.Errorf("a fork without turns: %+v, %v", o, err)
	}
	if _, err := e.launch(context.Background(), lost, sessionstore.Turn{Cwd: lost.Cwd}, &environment{caller: p.caller}, 0); code(err) != SessionMissing {
		t.Errorf("a fork that lost its turns: got %v, want %s", err, SessionMissing)
	}
}

// The record of a transcript's line is the line: nothing of it is lost.
func TestEntriesAreStored(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	a := start(t, c, "one", 30)
	p.until("the end of the process", func() bool { info, err := c.Info(context.Background()); return err == nil && info.Running == 0 })
	var stored []string
	for entry, err := range p.store.Entries(context.Background(), a.Session.ID, "", 0) {
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, string(entry.Raw))
	}
	raw, err := os.ReadFile(agent.TranscriptPath(filepath.Join(p.dir, "config"), p.dir, a.Session.ID, ""))
	if err != nil {
		t.Fatal(err)
	}
	file := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if !slices.Equal(stored, file) {
		t.Errorf("stored\n%s\nwritten\n%s", strings.Join(stored, "\n"), raw)
	}
}

// A turn that is interrupted before Claude Code has begun it ends as such, and
// the one that interrupts it runs.
func TestInterruptBeforeBegun(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.caller.Env = append(p.caller.Env, fakeclaude.StartDelayVar+"=300ms")
	c := p.client(Config{})
	one, err := c.Start(context.Background(), Call{}, StartRequest{
		Prompt: "one\n!hold for ever", WaitSeconds: ptr(0), SettingsPatch: SettingsPatch{PassEnv: []string{fakeclaude.StartDelayVar}}})
	if err != nil {
		t.Fatal(err)
	}
	p.until("the start", func() bool { return len(p.starts()) > 0 })
	two, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: one.Session.ID, Prompt: "two", IfBusy: IfBusyInterrupt})
	if err != nil || two.Turn.Status != sessionstore.TurnCompleted {
		t.Errorf("the second turn: %+v, %v", two.Turn, err)
	}
	if got := p.turn(one.Turn.ID); got.Status != sessionstore.TurnInterrupted || got.Error.Message != "interrupted by a later prompt" {
		t.Errorf("the first turn ended %s: %+v", got.Status, got.Error)
	}
}

// A prompt may be large, and arrives whole.
func TestLargePrompt(t *testing.T) {
	p := openPlace(t, t.TempDir(), sessionstore.Options{})
	c := p.client(Config{})
	big := strings.Repeat("x", 1<<20) + "\n!say Read."
	if a := start(t, c, big, 45); a.Turn.Result != "Read." || a.Turn.Prompt != big {
		t.Errorf("the turn is %s: %q, its prompt has %d bytes of %d", a.Turn.Status, a.Turn.Result, len(a.Turn.Prompt), len(big))
	}
}
