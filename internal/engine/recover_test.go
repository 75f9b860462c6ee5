package engine

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// left is a turn as a killed engine leaves it: running, with a process that is
// gone.
func (p *place) left(e *Engine, attempts int) sessionstore.Turn {
	return sessionstore.Turn{
		ID: uuid.NewString(), Seq: seqStep, Prompt: "left behind", Status: sessionstore.TurnRunning,
		QueuedAt: p.store.Now(), StartedAt: p.store.Now(), Attempts: attempts, Environment: e.fingerprint(p.caller),
		Run: &sessionstore.Run{ID: uuid.NewString(), PID: math.MaxInt32, StartTime: "long ago"},
	}
}

// say writes a transcript as Claude Code would have.
func (p *place) say(s sessionstore.Session, lines ...string) {
	p.t.Helper()
	path := agent.TranscriptPath(s.ConfigDir, s.Cwd, s.ID, "")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func said(role, id, parent, text string) string {
	content, stop := fmt.Sprintf("%q", text), ""
	if role == "assistant" {
		content, stop = fmt.Sprintf(`[{"type":"text","text":%q}]`, text), `"stop_reason":"end_turn","id":"msg",`
	}
	return fmt.Sprintf(`{"type":%q,"uuid":%q,"parentUuid":%q,"message":{"role":%q,%s"content":%s}}`, role, id, parent, role, stop, content)
}

func TestRecover(t *testing.T) {
	tests := []struct {
		name     string
		attempts int
		said     func(turn string) []string // nil: no transcript
		status   sessionstore.TurnStatus
		text     string // of the result or the error
		starts   int    // of Claude Code, by the engine that comes after
	}{
		{"the prompt never arrived", 1, nil, sessionstore.TurnCompleted, "left behind", 1},
		{"nor did it the second time", 2, nil, sessionstore.TurnInterrupted, "killed in mid-turn", 0},
		{"it was not answered", 1, func(turn string) []string { return []string{said("user", turn, "", "left behind")} },
			sessionstore.TurnInterrupted, "killed in mid-turn", 0},
		{"it was answered", 1, func(turn string) []string {
			return []string{said("user", turn, "", "left behind"), said("assistant", uuid.NewString(), turn, "the answer")}
		}, sessionstore.TurnCompleted, "the answer", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			first := p.engine(Config{})
			p.close(first)
			turn := p.left(first, test.attempts)
			s := p.put(sessionstore.Session{Status: sessionstore.Running}, turn)
			if test.said != nil {
				p.say(s, test.said(turn.ID)...)
			}
			p.client(Config{})
			got := p.ended(turn.ID)
			text := got.Result
			if got.Error != nil {
				text = got.Error.Message
			}
			if got.Status != test.status || !strings.Contains(text, test.text) {
				t.Errorf("the turn ended %s: %q; want %s: %q", got.Status, text, test.status, test.text)
			}
			if starts := p.startsOf(s.ID); starts != test.starts { // a spare may be there, too
				t.Errorf("Claude Code was started %d times, want %d", starts, test.starts)
			}
		})
	}
}

// A process that has got the pid of an earlier run is neither waited for nor
// signalled.
func TestRecoverSparesStrangers(t *testing.T) {
	stranger := exec.Command("sleep", "60")
	if err := stranger.Start(); err != nil {
		t.Skipf("there is no sleep here: %v", err)
	}
	defer stranger.Wait()
	defer stranger.Process.Kill()
	p := newPlace(t, sessionstore.Options{})
	first := p.engine(Config{})
	p.close(first)
	turn := p.left(first, 2)
	turn.Run.PID = stranger.Process.Pid
	p.put(sessionstore.Session{Status: sessionstore.Running}, turn)
	p.engine(Config{})
	if got := p.ended(turn.ID); got.Status != sessionstore.TurnInterrupted {
		t.Errorf("the turn ended %s", got.Status)
	}
	if now, err := agent.Identify(stranger.Process.Pid); err != nil || !agent.Alive(now) {
		t.Errorf("the stranger was ended: %v", err)
	}
}

// An interrupt reaches a turn that an earlier engine has begun.
func TestInterruptOfAdopted(t *testing.T) {
	orphan := exec.Command("sleep", "60")
	if err := orphan.Start(); err != nil {
		t.Skipf("there is no sleep here: %v", err)
	}
	gone := make(chan struct{})
	go func() { defer close(gone); _ = orphan.Wait() }()
	defer orphan.Process.Kill()
	p := newPlace(t, sessionstore.Options{})
	first := p.engine(Config{})
	p.close(first)
	process, err := agent.Identify(orphan.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	turn := p.left(first, 1)
	turn.Run.PID, turn.Run.StartTime = process.PID, process.StartTime
	s := p.put(sessionstore.Session{Status: sessionstore.Running}, turn)
	p.say(s, said("user", turn.ID, "", "left behind"))

	c := p.client(Config{})
	p.until("the orphan", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.sessions[s.ID] != nil && c.sessions[s.ID].end != nil
	})
	a, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: s.ID, Prompt: "next\n!recall", IfBusy: IfBusyInterrupt})
	if err != nil || a.Turn.Result != "1. left behind\n2. next" {
		t.Errorf("got %+v, %v", a.Turn, err)
	}
	<-gone
	if got := p.ended(turn.ID); got.Status != sessionstore.TurnInterrupted || got.Error.Message != "interrupted by a later prompt" {
		t.Errorf("the turn ended %s: %+v", got.Status, got.Error)
	}
}
