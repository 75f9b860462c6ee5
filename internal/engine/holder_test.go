package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// open makes it look as if a terminal had a session open: it is this process.
func (p *place) open(id string) {
	p.t.Helper()
	p.openBy(id, os.Getpid(), holderIdle)
}

// openBy writes what a Claude Code notes down that has a session open.
func (p *place) openBy(id string, pid int, status string) {
	p.t.Helper()
	who, err := agent.Identify(pid)
	if err != nil {
		p.t.Fatal(err)
	}
	_, ticks, _ := strings.Cut(who.StartTime, ".")
	note := fmt.Sprintf(`{"pid":%d,"sessionId":%q,"cwd":"/w","procStart":%q,"kind":"interactive","status":%q}`, who.PID, id, ticks, status)
	p.raw(filepath.Join(p.dir, "config", "sessions", fmt.Sprint(pid, ".json")), note)
}

// The process that a session keeps warm is no stranger, although it notes down
// only a while after the turn's end that it is idle.
func TestOwnProcessIsNotElsewhere(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	a := start(t, c, "one", 30)
	p.rested(c.Engine, 1)
	for _, test := range []struct {
		pid  int
		want sessionstore.Status
	}{{p.turn(a.Turn.ID).Run.PID, sessionstore.Idle}, {os.Getpid(), sessionstore.Running}} {
		p.openBy(a.Session.ID, test.pid, "busy")
		d, err := c.Get(context.Background(), Call{}, GetRequest{Session: a.Session.ID})
		if err != nil || d.Session.Status != test.want {
			t.Errorf("it is %s (%s), %v; want %s", d.Session.Status, d.Session.StatusReason, err, test.want)
		}
	}
}

// A session that a terminal opens while a turn waits is as busy as one that it
// had open before: the turn ends as busy, unless it was asked for with force.
func TestHolderIsLookedForAgain(t *testing.T) {
	for _, force := range []bool{false, true} {
		t.Run(fmt.Sprint("force ", force), func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			c := p.client(Config{MaxRuns: 1})
			s := start(t, c, "one\n!say done", 20).Session
			start(t, c, "in the way\n!hold way", 0)
			p.held("way")
			a, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: s.ID, Prompt: "two\n!say done", Force: force, WaitSeconds: ptr(0)})
			if err != nil {
				t.Fatal(err)
			}
			p.open(s.ID)
			p.release("way")
			got := p.ended(a.Turn.ID)
			switch {
			case force && got.Status != sessionstore.TurnCompleted:
				t.Errorf("the turn ended %s with %+v", got.Status, got.Error)
			case !force && (got.Status != sessionstore.TurnFailed || got.Error.Code != string(Busy) || !strings.Contains(got.Error.Message, "fork_session")):
				t.Errorf("the turn ended %s with %+v", got.Status, got.Error)
			}
		})
	}
}
