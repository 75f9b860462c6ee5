package engine

import (
	"context"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// turns waits until a session has had a number of turns, and returns the newest.
func (p *place) turns(id string, n int) sessionstore.Turn {
	p.t.Helper()
	p.until("the session's turns", func() bool {
		s, err := p.store.Session(context.Background(), id)
		return err == nil && s.Turns == n
	})
	for turn, err := range p.store.Turns(context.Background(), id) {
		if err != nil {
			p.t.Fatal(err)
		}
		return turn
	}
	return sessionstore.Turn{}
}

// A turn that Claude Code begins by itself while its session rests is a turn: it
// is booked, it may ask, and a prompt may steer it.
func TestOwnTurn(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{RequestTimeout: -1})
	one := start(t, c, "one\n!later ended !tool Write {\"file_path\":\"x\",\"content\":\"y\"}; !folded; !say it is over", 30)
	p.rested(c.Engine, 1)
	p.release("ended")
	p.waiting(c, one.Session.ID)
	p.reply(c, ReplyRequest{Session: one.Session.ID, Decision: Allow})
	two := steer(t, c, one.Session.ID, "two\n!say and this")
	into := p.ended(two.Turn.ID).FoldedInto
	p.turns(one.Session.ID, 3)
	own := p.turn(into)
	if own.Status != sessionstore.TurnCompleted || own.Client != ownClient || own.Result != "it is over\nand this" || own.Usage.OutputTokens == 0 {
		t.Errorf("its own turn: %s %q of %s, %+v", own.Status, own.Result, own.Client, own.Usage)
	}
	p.rested(c.Engine, 1)
	if a := resume(t, c, one.Session.ID, "three\n!say 3", 30); a.Turn.Result != "3" {
		t.Errorf("the next turn: %+v", a.Turn)
	}
}

// A turn that Claude Code begins by itself just when the next prompt's process is
// made ready is over before that prompt's: nobody waits for it afterwards.
func TestOwnTurnJustBefore(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	one := start(t, c, "one\n!later set_model !say on my own", 30)
	p.rested(c.Engine, 1)
	two, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: one.Session.ID, Prompt: "two\n!say 2", SettingsPatch: SettingsPatch{Model: ptr("small")}})
	if err != nil || two.Turn.Result != "2" {
		t.Fatalf("the turn: %+v, %v", two.Turn, err)
	}
	if a := resume(t, c, one.Session.ID, "three\n!say 3", 15); a.Turn.Result != "3" {
		t.Errorf("the next turn: %+v", a.Turn)
	}
	s, _ := p.store.Session(context.Background(), one.Session.ID)
	if s.Turns != 3 || s.Usage.OutputTokens != 400 {
		t.Errorf("the session has %d turns and used %+v", s.Turns, s.Usage)
	}
}
