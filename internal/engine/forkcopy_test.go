package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// A message that Claude Code itself cannot fork at, because its branch was left
// or because it was compacted, is a fork point like any other.
func TestForkWhereClaudeCodeCannot(t *testing.T) {
	left := turnLines(2, 2, "a1", "two", "2")
	tests := []struct {
		name  string
		lines []string
	}{
		{"on a branch that was left", turnLines(3, 3, "a1", "three", "3")},
		{"before a compaction", []string{
			`{"type":"system","subtype":"compact_boundary","uuid":"b1","logicalParentUuid":"a2","timestamp":"2026-01-01T00:05:00Z","content":"Conversation compacted"}`,
			`{"type":"user","uuid":"s1","parentUuid":"b1","isCompactSummary":true,"timestamp":"2026-01-01T00:05:00Z","message":{"role":"user","content":"so far"}}`,
		}},
	}
	ids := strings.NewReplacer("p1", uuid.NewString(), "a1", uuid.NewString(), "p2", uuid.NewString(), "a2", uuid.NewString())
	at := ids.Replace("a2")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			var lines []string
			for _, l := range append(append(turnLines(1, 1, "", "one", "1"), left...), test.lines...) {
				lines = append(lines, strings.Replace(ids.Replace(l), `"cwd":"/w"`, `"cwd":"`+p.dir+`"`, 1))
			}
			p.terminal(p.path(elsewhereA), lines...)
			c := p.client(Config{})
			p.awaits("the session", elsewhereA, func(s sessionstore.Session) bool { return s.Turns >= 2 })
			p.settled(c.Engine)
			before := p.stored(elsewhereA)
			wait := 30
			a, err := c.Fork(context.Background(), Call{}, ForkRequest{Session: elsewhereA, At: at, Prompt: "four\n!recall", WaitSeconds: &wait})
			if err != nil {
				t.Fatal(err)
			}
			if a.Turn.Status != sessionstore.TurnCompleted || a.Turn.Result != "1. one\n2. two\n3. four" || !a.Session.ForkVerified {
				t.Errorf("it recalls %q, verified %v: %+v", a.Turn.Result, a.Session.ForkVerified, a.Turn.Error)
			}
			if a.Session.Usage.InputTokens != a.Turn.Usage.InputTokens || a.Session.Turns != 1 {
				t.Errorf("it counts %+v in %d turns", a.Session.Usage, a.Session.Turns)
			}
			if b := resume(t, c, a.Session.ID, "five\n!recall", 30); b.Turn.Result != "1. one\n2. two\n3. four\n4. five" {
				t.Errorf("then it recalls %q", b.Turn.Result)
			}
			if after := p.stored(elsewhereA); strings.Join(after, "\n") != strings.Join(before, "\n") {
				t.Errorf("the parent is\n%s\nit was\n%s", after, before)
			}
		})
	}
}

// A copy that was stored before the engine died is written from the store.
func TestCopyForAForkIsFinished(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	e := p.engine(Config{})
	ids := strings.NewReplacer("p1", uuid.NewString(), "a1", uuid.NewString(), "p2", uuid.NewString(), "a2", uuid.NewString())
	var lines []string
	for _, l := range append(append(turnLines(1, 1, "", "one", "1"), turnLines(2, 2, "a1", "two", "2")...), turnLines(3, 3, "a1", "three", "3")...) {
		lines = append(lines, ids.Replace(l))
	}
	parent := p.put(sessionstore.Session{Turns: 3, LastMessage: "a3"})
	p.say(parent, lines...)
	fork := p.put(sessionstore.Session{ParentID: parent.ID, RootID: parent.ID, ForkedAt: ids.Replace("a2"), LastMessage: ids.Replace("a2")})
	for range 2 { // the second time the store has it
		o, err := e.launch(context.Background(), fork, sessionstore.Turn{Cwd: fork.Cwd}, &environment{caller: p.caller}, 0)
		if err != nil || o.Fork || o.Resume != fork.ID {
			t.Errorf("it begins with %+v, %v", o, err)
		}
		path, err := agent.FindTranscript(fork.ConfigDir, fork.Cwd, fork.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := agent.DeleteTranscript(path); err != nil {
			t.Fatal(err)
		}
	}
	gone := p.put(sessionstore.Session{ParentID: parent.ID, RootID: parent.ID, ForkedAt: uuid.NewString(), LastMessage: "x"})
	if _, err := e.launch(context.Background(), gone, sessionstore.Turn{Cwd: gone.Cwd}, &environment{caller: p.caller}, 0); code(err) != SessionMissing {
		t.Errorf("a fork at a message that is gone: %v", err)
	}
}
