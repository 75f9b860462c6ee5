package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func steer(t *testing.T, c *Client, session, prompt string) Answer {
	t.Helper()
	a, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: session, Prompt: prompt, IfBusy: IfBusySteer, WaitSeconds: ptr(0)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// begun waits until Claude Code is at the session's turn.
func (p *place) begun(c *Client, id string) {
	p.t.Helper()
	p.until("a turn that can be steered", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		l := c.sessions[id]
		return l != nil && l.steerable() != nil
	})
}

// A prompt that Claude Code takes into the running turn has that turn's result,
// and costs nothing of its own.
func TestSteerIsFolded(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	one := start(t, c, "one\n!folded\n!say both", 0)
	p.begun(c, one.Session.ID)
	waits := resume(t, c, one.Session.ID, "later", 0)
	two := steer(t, c, one.Session.ID, "two\n!say more")
	a, b := p.ended(one.Turn.ID), p.ended(two.Turn.ID)
	if a.Status != sessionstore.TurnCompleted || b.Status != a.Status || b.Result != a.Result || b.FoldedInto != a.ID {
		t.Errorf("the turn ended %s %q, what steered it %s %q in %s", a.Status, a.Result, b.Status, b.Result, b.FoldedInto)
	}
	if !a.EndedAt.Equal(b.EndedAt) {
		t.Error("they were stored one after the other: an engine killed in between would book the answer twice")
	}
	if b.Usage != (sessionstore.Usage{}) || a.Usage.OutputTokens == 0 {
		t.Errorf("usage is %+v and %+v", a.Usage, b.Usage)
	}
	if got := p.ended(waits.Turn.ID); got.Status != sessionstore.TurnCompleted {
		t.Errorf("the turn that waited ended %s", got.Status)
	}
	s, _ := p.store.Session(context.Background(), one.Session.ID)
	if s.Turns != 3 || s.Status != sessionstore.Idle {
		t.Errorf("the session has %d turns and is %s", s.Turns, s.Status)
	}
}

// More such prompts than one write of the store has room for all end, the turn
// that took them last.
func TestManySteersAreFolded(t *testing.T) {
	const steers, size = 40, 12_000
	p := openPlace(t, t.TempDir(), sessionstore.Options{})
	c := p.client(Config{})
	one := start(t, c, "one"+strings.Repeat("\n!folded", steers)+fmt.Sprint("\n!big ", size), 0)
	p.begun(c, one.Session.ID)
	var ids []string
	for range steers {
		ids = append(ids, steer(t, c, one.Session.ID, "more").Turn.ID)
	}
	whole := p.ended(one.Turn.ID)
	if whole.Status != sessionstore.TurnCompleted || len(whole.Result) < size {
		t.Fatalf("the turn ended %s, with %d bytes", whole.Status, len(whole.Result))
	}
	for _, id := range ids {
		got := p.ended(id)
		if got.FoldedInto != whole.ID || got.Result != whole.Result || got.EndedAt.After(whole.EndedAt) || got.Usage != (sessionstore.Usage{}) {
			t.Errorf("what steered ended %s in %q, at %s", got.Status, got.FoldedInto, got.EndedAt)
		}
	}
	s, _ := p.store.Session(context.Background(), one.Session.ID)
	if s.Turns != steers+1 || s.Status != sessionstore.Idle || s.Usage.OutputTokens != whole.Usage.OutputTokens {
		t.Errorf("the session has %d turns, is %s and used %+v, the turn %+v", s.Turns, s.Status, s.Usage, whole.Usage)
	}
}

// A prompt that Claude Code does not take in is its next turn, before those that
// wait in line.
func TestSteerComesNext(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	one := start(t, c, "one\n!hold one\n!say 1", 0)
	p.held("one")
	p.begun(c, one.Session.ID)
	last := resume(t, c, one.Session.ID, "last\n!recall", 0)
	two := steer(t, c, one.Session.ID, "two\n!say 2")
	p.release("one")
	if got := p.ended(two.Turn.ID); got.Result != "2" || got.FoldedInto != "" || got.Usage.OutputTokens == 0 {
		t.Errorf("what steered ended %s: %q, %+v", got.Status, got.Result, got.Error)
	}
	if got := p.ended(last.Turn.ID); got.Result != "1. one\n2. two\n3. last" {
		t.Errorf("the last turn: %q", got.Result)
	}
	if got := p.startsOf(one.Session.ID); got != 1 {
		t.Errorf("its processes: %d", got)
	}
}

// A session that does nothing takes such a prompt as any other.
func TestSteerOfIdle(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	one := start(t, c, "one", 30)
	if got := p.ended(steer(t, c, one.Session.ID, "two\n!recall").Turn.ID); got.Result != "1. one\n2. two" {
		t.Errorf("got %s: %q", got.Status, got.Result)
	}
	_, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: one.Session.ID, Prompt: "x", IfBusy: IfBusySteer, SettingsPatch: SettingsPatch{Model: ptr("small")}})
	if code(err) != InvalidArgument {
		t.Errorf("with a setting: %v", err)
	}
}

// A prompt that was given to a turn which is then interrupted, or whose process
// dies, is not lost: it comes next.
func TestSteerOutlivesItsTurn(t *testing.T) {
	ends := map[string]func(*place, *Client, Answer){
		"interrupted": func(p *place, c *Client, a Answer) {
			out, err := c.Interrupt(context.Background(), Call{Client: "tester"}, InterruptRequest{Session: a.Session.ID})
			if err != nil || !out.Interrupted || out.Turn.Status != sessionstore.TurnInterrupted {
				p.t.Errorf("interrupting: %+v, %v", out, err)
			}
		},
		"killed": func(p *place, _ *Client, a Answer) {
			run := p.turn(a.Turn.ID).Run
			if err := agent.Kill(agent.Process{PID: run.PID, StartTime: run.StartTime}); err != nil {
				p.t.Fatal(err)
			}
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			c := p.client(Config{})
			one := start(t, c, "one\n!hold one", 0)
			p.held("one")
			p.begun(c, one.Session.ID)
			two := steer(t, c, one.Session.ID, "two\n!say 2")
			end(p, c, one)
			if got := p.ended(one.Turn.ID); got.Status != sessionstore.TurnInterrupted {
				t.Errorf("the turn ended %s", got.Status)
			}
			if got := p.ended(two.Turn.ID); got.Status != sessionstore.TurnCompleted || got.Result != "2" {
				t.Errorf("what steered ended %s: %q, %+v", got.Status, got.Result, got.Error)
			}
		})
	}
}

// A prompt that an earlier engine gave to a turn is sent again only if the
// transcript does not have it.
func TestSteerOfEarlierEngine(t *testing.T) {
	for _, found := range []bool{true, false} {
		p := newPlace(t, sessionstore.Options{})
		first := p.engine(Config{})
		p.close(first)
		running := p.left(first, 1)
		steering := running
		steering.ID, steering.Seq, steering.Status, steering.Prompt, steering.Attempts = "22222222-2222-4222-8222-222222222222", 2, sessionstore.TurnQueued, "two\n!say sent anew", 0
		s := p.put(sessionstore.Session{Status: sessionstore.Running}, running, steering)
		lines := []string{said("user", running.ID, "", "left behind"), said("assistant", "33333333-3333-4333-8333-333333333333", running.ID, "1")}
		if found {
			lines = append(lines, said("user", steering.ID, "33333333-3333-4333-8333-333333333333", "two"),
				said("assistant", "44444444-4444-4444-8444-444444444444", steering.ID, "answered before"))
		}
		p.say(s, lines...)
		p.client(Config{})
		want := map[bool]string{true: "answered before", false: "sent anew"}[found]
		if got := p.ended(steering.ID); got.Result != want {
			t.Errorf("found %t: it ended %s: %q, %+v", found, got.Status, got.Result, got.Error)
		}
	}
}

// What is dropped from a queue ends, and nothing else does.
func TestDropQueue(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	one := start(t, c, "one\n!hold one", 0)
	p.held("one")
	p.begun(c, one.Session.ID)
	two := resume(t, c, one.Session.ID, "two", 0)
	three := steer(t, c, one.Session.ID, "three")
	out, err := c.Interrupt(context.Background(), Call{Client: "tester"}, InterruptRequest{Session: one.Session.ID, DropQueue: true})
	if err != nil || !out.Interrupted || len(out.Dropped) != 2 || out.Session.Status != sessionstore.Interrupted || out.Session.Turns != 1 {
		t.Errorf("got %+v, %v", out, err)
	}
	for _, id := range []string{two.Turn.ID, three.Turn.ID} {
		if got := p.turn(id); got.Status != sessionstore.TurnInterrupted || got.Error.Message != "dropped from the queue by tester" {
			t.Errorf("what waited ended %s: %+v", got.Status, got.Error)
		}
	}
	if a := resume(t, c, one.Session.ID, "four", 30); a.Turn.Status != sessionstore.TurnCompleted {
		t.Errorf("at once resumed it ended %s: %+v", a.Turn.Status, a.Turn.Error)
	}
	out, err = c.Interrupt(context.Background(), Call{}, InterruptRequest{Session: one.Session.ID, DropQueue: true})
	if err != nil || out.Interrupted || out.Turn != nil || out.Session.Status != sessionstore.Idle {
		t.Errorf("of a session that does nothing: %+v, %v", out, err)
	}
}

// A prompt that was to run without all permissions is not given to a turn that
// has them: it waits in line.
func TestSteerIsNoWidening(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.caller.Policy.AllowBypass = true
	c := p.client(Config{})
	one, err := c.Start(context.Background(), Call{}, StartRequest{Prompt: "one\n!hold one", WaitSeconds: ptr(0), SettingsPatch: SettingsPatch{PermissionMode: ptr(bypassPermissions)}})
	if err != nil {
		t.Fatal(err)
	}
	p.held("one")
	p.begun(c, one.Session.ID)
	_, err = c.Update(context.Background(), Call{}, UpdateRequest{Session: one.Session.ID, SettingsPatch: SettingsPatch{PermissionMode: ptr("plan")}})
	if err != nil {
		t.Fatal(err)
	}
	two := steer(t, c, one.Session.ID, "two")
	p.release("one")
	if got := p.ended(two.Turn.ID); got.Run.ID == p.ended(one.Turn.ID).Run.ID {
		t.Errorf("the process that had all permissions served it, in mode %q", got.Settings.PermissionMode)
	}
}
