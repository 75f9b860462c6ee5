package engine

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// rested waits until a number of sessions rest.
func (p *place) rested(e *Engine, n int) {
	p.t.Helper()
	p.until("sessions that rest", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return len(e.resting()) == n && e.running == 0
	})
}

// startsOf counts the processes that served a session.
func (p *place) startsOf(id string) (n int) {
	p.t.Helper()
	for _, args := range p.starts() {
		for _, arg := range args {
			if arg == "--session-id="+id || arg == "--resume="+id {
				n++
			}
		}
	}
	return n
}

// The process of a session serves its next turn, however that was asked for,
// unless it could not, or does not know of something.
func TestWarm(t *testing.T) {
	set := func(patch SettingsPatch) func(*place, *Client, Answer, *ResumeRequest) {
		return func(_ *place, _ *Client, _ Answer, req *ResumeRequest) { req.SettingsPatch = patch }
	}
	tests := []struct {
		name   string
		change func(*place, *Client, Answer, *ResumeRequest)
		starts int
	}{
		{"nothing has changed", func(*place, *Client, Answer, *ResumeRequest) {}, 1},
		{"another model", set(SettingsPatch{Model: ptr("small")}), 1},
		{"another mode", set(SettingsPatch{PermissionMode: ptr("acceptEdits")}), 1},
		{"a mode that is given at the start only", set(SettingsPatch{PermissionMode: ptr(bypassPermissions)}), 2},
		{"a setting that is a flag", set(SettingsPatch{AllowedTools: []string{"Write"}}), 2},
		{"a budget, which counts from the start", set(SettingsPatch{MaxBudgetUSD: ptr(5.0)}), 2},
		{"its process died", func(p *place, c *Client, a Answer, _ *ResumeRequest) {
			if err := agent.Kill(agent.Process{PID: p.turn(a.Turn.ID).Run.PID, StartTime: p.turn(a.Turn.ID).Run.StartTime}); err != nil {
				p.t.Fatal(err)
			}
			p.rested(c.Engine, 0)
		}, 2},
		{"instructions have changed", func(p *place, _ *Client, _ Answer, _ *ResumeRequest) {
			if err := os.WriteFile(filepath.Join(p.dir, "CLAUDE.md"), []byte("Be brief."), 0o600); err != nil {
				p.t.Fatal(err)
			}
		}, 2},
		{"a terminal has gone on", func(p *place, _ *Client, a Answer, _ *ResumeRequest) { p.goOn(a.Session.ID) }, 2},
		{"its transcript is gone", func(p *place, _ *Client, a Answer, _ *ResumeRequest) {
			if err := os.Remove(p.transcript(a.Session.ID)); err != nil {
				p.t.Fatal(err)
			}
		}, 1}, // it is written back, and the process knows it all
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			p.caller.Policy.AllowBypass = true
			c := p.client(Config{})
			one := start(t, c, "one", 30)
			p.rested(c.Engine, 1)
			req := ResumeRequest{Session: one.Session.ID, Prompt: "two\n!recall"}
			test.change(p, c, one, &req)
			two, err := c.Resume(context.Background(), Call{}, req)
			if err != nil || two.Turn.Status != sessionstore.TurnCompleted || !strings.HasSuffix(two.Turn.Result, "two") {
				t.Fatalf("the second turn: %+v, %v", two.Turn, err)
			}
			if got := p.startsOf(one.Session.ID); got != test.starts {
				t.Errorf("its processes: %d, want %d", got, test.starts)
			}
		})
	}
}

// transcript is the file that the fake keeps of a session.
func (p *place) transcript(id string) string {
	p.t.Helper()
	path, err := agent.FindTranscript(filepath.Join(p.dir, "config"), p.dir, id)
	if err != nil {
		p.t.Fatal(err)
	}
	return path
}

// goOn adds to a session's transcript what a terminal would.
func (p *place) goOn(id string) {
	p.t.Helper()
	s, err := p.store.Session(context.Background(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	prompt := uuid.NewString()
	p.add(p.transcript(id), said("user", prompt, s.LastMessage, "elsewhere"), said("assistant", uuid.NewString(), prompt, "answered there"))
}

func (p *place) add(path string, lines ...string) {
	p.t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(strings.Join(lines, "\n") + "\n"); err != nil {
		p.t.Fatal(err)
	}
}

// What a terminal adds to a session that rests is seen without any call, and
// its process, which does not know of it, is ended.
func TestDisturbedRest(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	a := start(t, c, "one", 30)
	p.rested(c.Engine, 1)
	p.goOn(a.Session.ID)
	p.rested(c.Engine, 0)
	p.until("what the terminal said", func() bool {
		d, err := c.Get(context.Background(), Call{}, GetRequest{Session: a.Session.ID})
		return err == nil && d.Session.LastPrompt == "elsewhere"
	})
}

// As many rest as may, and the one that has rested longest makes room.
func TestWarmIsBounded(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	var memory atomic.Uint64
	memory.Store(1 << 40)
	c := p.client(Config{MaxWarm: 2, Memory: memory.Load})
	var ids []string
	for _, prompt := range []string{"one", "two", "three"} {
		ids = append(ids, start(t, c, prompt, 30).Session.ID)
		p.rested(c.Engine, min(2, len(ids)))
	}
	c.mu.Lock()
	for i, id := range ids {
		l := c.sessions[id]
		if rests := l != nil && l.wake != nil; rests != (i > 0) {
			t.Errorf("session %d rests: %t", i+1, rests)
		}
	}
	memory.Store(shortMemory - 1)
	c.trim()
	c.mu.Unlock()
	p.rested(c.Engine, 0)
	p.until("the end of the spare process", func() bool {
		info, err := c.Info(context.Background())
		return err == nil && !info.Spare && info.Warm == 0
	})
	start(t, c, "four", 30)
	p.rested(c.Engine, 0)
}

// A process is warm for a time only.
func TestWarmEnds(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{Warm: time.Millisecond})
	start(t, c, "one", 30)
	p.until("the end of its process", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.sessions) == 0 && c.spare == nil
	})
}

// Sessions that rest have no slot: others run meanwhile, and when they are
// wanted again they wait in line like any other.
func TestRestNeedsNoSlot(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{MaxRuns: 1, MaxWarm: 4})
	one := start(t, c, "one", 30)
	p.rested(c.Engine, 1)
	two := start(t, c, "two\n!hold gate", 0)
	p.held("gate")
	three := resume(t, c, one.Session.ID, "three", 0)
	if three.Turn.Status != sessionstore.TurnQueued || three.Turn.QueuePosition != 1 {
		t.Errorf("the turn of a session that rests is %+v", three.Turn)
	}
	p.release("gate")
	if got := p.ended(three.Turn.ID); got.Status != sessionstore.TurnCompleted || p.ended(two.Turn.ID).Status != sessionstore.TurnCompleted {
		t.Errorf("it ended %s", got.Status)
	}
	if got := p.startsOf(one.Session.ID); got != 1 {
		t.Errorf("its processes: %d", got)
	}
}

// spare waits for a spare process other than one.
func (p *place) spare(c *Client, but *spare) (now *spare) {
	p.t.Helper()
	p.until("a spare process", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		now = c.spare
		return now != nil && now != but
	})
	return now
}

// The next new session takes the process that was started ahead, if it would
// start one just like it.
func TestSpare(t *testing.T) {
	tests := []struct {
		name   string
		change func(*place, *StartRequest)
		spare  bool
	}{
		{"like the last", func(*place, *StartRequest) {}, true},
		{"another model", func(_ *place, r *StartRequest) { r.Model = ptr("small") }, true},
		{"another folder", func(p *place, r *StartRequest) { r.Cwd = filepath.Join(p.dir, "config") }, false},
		{"another setting", func(_ *place, r *StartRequest) { r.AllowedTools = []string{"Write"} }, false},
		{"other instructions", func(p *place, _ *StartRequest) {
			if err := os.WriteFile(filepath.Join(p.dir, "CLAUDE.md"), []byte("Be brief."), 0o600); err != nil {
				p.t.Fatal(err)
			}
		}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			c := p.client(Config{})
			start(t, c, "one", 30)
			spare := p.spare(c, nil)
			req := StartRequest{Prompt: "two\n!recall"}
			test.change(p, &req)
			two, err := c.Start(context.Background(), Call{}, req)
			if err != nil || two.Turn.Result != "1. two" {
				t.Fatalf("got %+v, %v", two.Turn, err)
			}
			if got := p.turn(two.Turn.ID).Run.PID == spare.run.Process().PID; got != test.spare {
				t.Errorf("the spare process was taken: %t", got)
			}
			if got := p.startsOf(two.Session.ID); got > 2 || test.spare && got != 1 {
				t.Errorf("%d processes had the session's id", got)
			}
		})
	}
}

// A spare process that died is no loss, and one that was promised to a session
// that came to nothing is ended.
func TestSpareIsGone(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	start(t, c, "one", 30)
	spare := p.spare(c, nil)
	if err := agent.Kill(spare.run.Process()); err != nil {
		t.Fatal(err)
	}
	if a := start(t, c, "two\n!recall", 30); a.Turn.Result != "1. two" {
		t.Errorf("got %+v", a.Turn)
	}
	p.spare(c, spare)
	_, err := c.Start(context.Background(), Call{}, StartRequest{Prompt: "three", Name: "taken", IdempotencyKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Start(context.Background(), Call{}, StartRequest{Prompt: "four", Name: "taken"}); code(err) != NameTaken {
		t.Fatalf("got %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.promised) != 0 {
		t.Errorf("%d spare processes wait for sessions that will not be", len(c.promised))
	}
}
