package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// An answer that comes while the engine stops, or before the next process of the
// turn has asked again, is kept for that one.
func TestReplyInBetween(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	first := p.client(Config{RequestTimeout: -1})
	a := start(t, first, "ask\n!tool Write {\"file_path\":\"x.txt\",\"content\":\"hi\"}\n!say went on", 0)
	r := p.waiting(first, a.Session.ID)
	p.close(first.Engine)
	second := p.engine(Config{RequestTimeout: -1, MaxRuns: 1})
	// The process is there, and has not asked yet: pretend so by holding its start.
	second.pace.mu.Lock()
	second.pace.next = time.Now().Add(2 * time.Second)
	second.pace.mu.Unlock()
	c := second.For(p.caller)
	p.until("its start", func() bool {
		second.mu.Lock()
		defer second.mu.Unlock()
		l := second.sessions[a.Session.ID]
		return l != nil && l.running != nil && l.runner != nil
	})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := c.Reply(ctx, Call{Client: "tester"}, ReplyRequest{Session: a.Session.ID, RequestID: r.ID, Decision: Allow}); err != nil {
		t.Errorf("answering: %v", err)
	}
	if got := p.ended(a.Turn.ID); got.Status != sessionstore.TurnCompleted || got.Result != "went on" {
		t.Errorf("the turn ended %s %q %+v", got.Status, got.Result, got.Error)
	}
}

// Who answers late is told who was first, also without an id.
func TestLateReply(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{RequestTimeout: -1})
	a := p.asks(c, "x.txt")
	if _, err := c.Reply(context.Background(), Call{Client: "the first"}, ReplyRequest{Session: a.Session.ID, Decision: Deny}); err != nil {
		t.Fatal(err)
	}
	_, err := c.Reply(context.Background(), Call{}, ReplyRequest{Session: a.Session.ID, Decision: Allow})
	if code(err) != Conflict || !strings.Contains(err.Error(), "denied by the first") {
		t.Errorf("a late answer: %v", err)
	}
	none := start(t, c, "one", 30)
	if _, err := c.Reply(context.Background(), Call{}, ReplyRequest{Session: none.Session.ID, Decision: Allow}); code(err) != NotFound {
		t.Errorf("an answer to nothing: %v", err)
	}
}

// What is always allowed in one turn does not undo the mode that another one was
// asked with.
func TestAllowAlwaysKeepsModes(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{RequestTimeout: -1})
	a := p.asks(c, "x.txt")
	later, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: a.Session.ID, WaitSeconds: ptr(0),
		Prompt: "two\n!say done", SettingsPatch: SettingsPatch{PermissionMode: ptr("plan")}})
	if err != nil {
		t.Fatal(err)
	}
	p.reply(c, ReplyRequest{Session: a.Session.ID, Decision: AllowAlways})
	if got := p.ended(later.Turn.ID); got.Settings.PermissionMode != "plan" {
		t.Errorf("the turn that waited ran in mode %q", got.Settings.PermissionMode)
	}
	s, _ := p.store.Session(context.Background(), a.Session.ID)
	if s.Settings.PermissionMode != "plan" {
		t.Errorf("the session is in mode %q", s.Settings.PermissionMode)
	}
}
