package engine

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/internal/fakeclaude"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// While the disk is full the end of a turn waits to be stored, and a fork is
// judged by the whole of its transcript then.
func TestFinishWhenFull(t *testing.T) {
	var p *place
	var freed atomic.Bool
	p = newPlace(t, sessionstore.Options{FreeBytes: func(string) (uint64, error) {
		if !freed.Load() && p != nil && p.logged("turn_start", "two") {
			return 0, nil // nothing of the fork's transcript can be stored as it comes
		}
		return math.MaxUint64, nil
	}})
	c := p.client(Config{})
	parent := start(t, c, "one", 30)
	fork, err := c.Fork(context.Background(), Call{}, ForkRequest{Session: parent.Session.ID, Prompt: "two\n!say Done at last.", WaitSeconds: ptr(0)})
	if err != nil {
		t.Fatal(err)
	}
	p.until("the end of the fake's turn", func() bool { return p.logged("turn_end", "two") })
	if _, err := c.Start(context.Background(), Call{}, StartRequest{Prompt: "x"}); code(err) != Unavailable {
		t.Errorf("a start on a full disk: got %v", err)
	}
	if got := p.turn(fork.Turn.ID); got.Status.Ended() {
		t.Errorf("the turn ended %s on a full disk", got.Status)
	}
	freed.Store(true)
	if got := p.ended(fork.Turn.ID); got.Status != sessionstore.TurnCompleted || got.Result != "Done at last." {
		t.Errorf("the turn ended %s: %q, %+v", got.Status, got.Result, got.Error)
	}
	s, err := p.store.Session(context.Background(), fork.Session.ID)
	if err != nil || !s.ForkVerified {
		t.Errorf("the fork is not verified: %+v, %v", s, err)
	}
}

// logged tells whether the fake has begun, or ended, the turn of a prompt.
func (p *place) logged(event, prompt string) bool {
	records, _ := fakeclaude.ReadLog(filepath.Join(p.dir, "log")) // half a line: not yet
	turn := ""
	for _, r := range records {
		if r.Event == "turn_start" && r.Text == prompt {
			turn = r.Prompts[0]
		}
		if r.Event == event && turn != "" && slices.Contains(r.Prompts, turn) {
			return true
		}
	}
	return false
}

// Calls that wait when the engine closes come back, and queued turns stay.
func TestCloseKeepsTheQueue(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	e := p.engine(Config{StopGrace: time.Millisecond})
	c := e.For(p.caller)
	one := start(t, c, "one\n!hold one", 0)
	p.held("one")
	two := resume(t, c, one.Session.ID, "two\n!recall", 0)
	p.close(e)
	if got := p.turn(one.Turn.ID); got.Status != sessionstore.TurnInterrupted || got.Error.Message != "the engine was stopped" {
		t.Errorf("the running turn is %s: %+v", got.Status, got.Error)
	}
	if got := p.turn(two.Turn.ID); got.Status != sessionstore.TurnQueued {
		t.Errorf("the queued turn is %s", got.Status)
	}
	if _, err := c.Start(context.Background(), Call{}, StartRequest{Prompt: "x"}); code(err) != Unavailable {
		t.Errorf("a start after the close: got %v", err)
	}
	p.client(Config{})
	if got := p.ended(two.Turn.ID); got.Result != "1. one\n2. two" {
		t.Errorf("the queued turn ended %s: %q", got.Status, got.Result)
	}
}

// A fork is judged by what Claude Code has written of it, also where the store
// does not have it yet.
func TestVerify(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	e := p.engine(Config{})
	ids := []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
	one, answer := said("user", ids[0], "", "one"), said("assistant", ids[1], ids[0], "first")
	parent := p.put(sessionstore.Session{Name: "parent", Turns: 1, LastMessage: ids[1]})
	p.say(parent, one, answer)
	if err := e.importTranscript(context.Background(), parent, 0); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		said []string
		ok   bool
	}{
		{"whole", []string{one, answer, said("user", ids[2], ids[1], "two")}, true},
		{"too short", []string{one, said("user", ids[2], ids[0], "two")}, false},
		{"other words", []string{said("user", ids[0], "", "uno"), answer}, false},
		{"nothing", nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fork := p.put(sessionstore.Session{ParentID: parent.ID, RootID: parent.ID, ForkedAt: ids[1], LastMessage: ids[1]})
			if test.said != nil {
				p.say(fork, test.said...)
			}
			forkErr, err := e.verify(context.Background(), fork.ID, outcome{status: sessionstore.TurnCompleted}, 0)
			if err != nil || (forkErr == nil) != test.ok {
				t.Errorf("got %v, %v; want ok %t", forkErr, err, test.ok)
			}
		})
	}
}
