package engine

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/internal/fakeclaude"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// fillable is a disk that a test fills and frees.
type fillable struct{ full atomic.Bool }

func (f *fillable) options() sessionstore.Options {
	return sessionstore.Options{FreeBytes: func(string) (uint64, error) {
		if f.full.Load() {
			return 0, nil
		}
		return 1 << 40, nil
	}}
}

// A turn that cannot be taken up because the disk is full is taken up when it
// is free again; until then nobody else runs in its session.
func TestRecoverWaitsForTheDisk(t *testing.T) {
	var disk fillable
	p := openPlace(t, t.TempDir(), disk.options())
	turn := sessionstore.Turn{ID: uuid.NewString(), Seq: 1, Prompt: "one", Status: sessionstore.TurnRunning, Attempts: maxAttempts}
	s := p.put(sessionstore.Session{Status: sessionstore.Running}, turn)
	disk.full.Store(true)
	c := p.client(Config{})
	if turn := p.turn(turn.ID); turn.Status.Ended() {
		t.Fatalf("the turn ended %s on a full disk", turn.Status)
	}
	if _, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: s.ID, Prompt: "two", IfBusy: IfBusyFail}); code(err) != Busy {
		t.Errorf("a resume meanwhile: got %v, want %s", err, Busy)
	}
	disk.full.Store(false)
	if got := p.ended(turn.ID); got.Status != sessionstore.TurnInterrupted {
		t.Errorf("the turn ended %s, want interrupted", got.Status)
	}
	p.until("an engine with nothing to do", func() bool { return !c.Busy() })
}

// A permission that could not be written down is denied all the same.
func TestRequestIsDeniedOnAFullDisk(t *testing.T) {
	var disk fillable
	p := openPlace(t, t.TempDir(), disk.options())
	c := p.client(Config{RequestTimeout: 50 * time.Millisecond})
	a := start(t, c, "ask\n!hold ask\n!tool Write {\"file_path\":\"x\",\"content\":\"y\"}\n!hold told\n!say done", 0)
	p.held("ask")
	disk.full.Store(true)
	p.release("ask")
	p.held("told") // Claude Code has its answer
	disk.full.Store(false)
	p.release("told")
	got := p.ended(a.Turn.ID)
	if got.Result != "done" || len(got.Denials) != 1 || got.Denials[0].Tool != "Write" {
		t.Errorf("the turn ended %s with %q and the denials %+v", got.Status, got.Result, got.Denials)
	}
}

// A turn whose process never comes to it is interrupted nevertheless.
func TestInterruptOfASlowStart(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sessionstore.Options{})
	p.caller.Claude = fakeclaude.Command(t, fakeclaude.StartDelayVar+"=1h")
	c := p.client(Config{StopGrace: time.Millisecond})
	a := start(t, c, "never", 0)
	p.until("a process", func() bool { return p.turn(a.Turn.ID).Run != nil })
	if _, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: a.Session.ID, Prompt: "instead", IfBusy: IfBusyInterrupt, WaitSeconds: ptr(0)}); err != nil {
		t.Fatal(err)
	}
	if got := p.ended(a.Turn.ID); got.Status != sessionstore.TurnInterrupted {
		t.Errorf("the turn ended %s, want interrupted", got.Status)
	}
}

// Of MCP servers callers see the names only.
func TestServersAreNotShown(t *testing.T) {
	s := sessionstore.Settings{MCPServers: json.RawMessage(`{"cs":{"env":{"KEY":"secret"}}}`)}
	if got := string(shown(s).MCPServers); got != `{"cs":{}}` {
		t.Errorf("shown as %s", got)
	}
	if got := string(s.MCPServers); got != `{"cs":{"env":{"KEY":"secret"}}}` {
		t.Errorf("the settings themselves became %s", got)
	}
}
