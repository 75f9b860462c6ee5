package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// goOnWith asks a session to go on without a prompt.
func goOnWith(c *Client, session string) (Answer, error) {
	return c.Resume(context.Background(), Call{}, ResumeRequest{Session: session, Continue: true, WaitSeconds: ptr(30)})
}

// After a turn that was cut off, however, a session goes on without a prompt:
// what was sent stands with the turn.
func TestContinue(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	one := start(t, c, "one\n!kill", 30)
	if !strings.Contains(one.Next, "continue: true") {
		t.Errorf("next is %q", one.Next)
	}
	two, err := goOnWith(c, one.Session.ID)
	if err != nil || two.Turn.Status != sessionstore.TurnCompleted {
		t.Fatalf("the turn that goes on: %+v, %v", two.Turn, err)
	}
	if !strings.HasPrefix(two.Turn.Prompt, "Your last turn was cut off before its end (claude was ended by a signal (killed))") ||
		!strings.HasPrefix(two.Turn.Result, `You said: "Your last turn was cut off`) {
		t.Errorf("sent %q, answered %q", two.Turn.Prompt, two.Turn.Result)
	}
	if _, err := goOnWith(c, one.Session.ID); code(err) != Conflict || !strings.Contains(err.Error(), "it is completed") {
		t.Errorf("going on from a turn that was not cut off: %v", err)
	}
}

func TestContinueNeedsACutTurn(t *testing.T) {
	turn := func(status sessionstore.TurnStatus, code Code) sessionstore.Turn {
		t := sessionstore.Turn{Seq: seqStep, Status: status, StartedAt: time.Now()}
		if code != "" {
			t.Error = &sessionstore.TurnError{Code: string(code), Message: "of the test"}
		}
		return t
	}
	never := turn(sessionstore.TurnInterrupted, Interrupted)
	never.Seq, never.StartedAt = 2*seqStep, time.Time{}
	tests := []struct {
		name  string
		turns []sessionstore.Turn
		want  Code
	}{
		{"no turn", nil, Conflict},
		{"interrupted", []sessionstore.Turn{turn(sessionstore.TurnInterrupted, Interrupted)}, ""},
		{"at its limit", []sessionstore.Turn{turn(sessionstore.TurnFailed, TurnLimit)}, ""},
		{"over its budget", []sessionstore.Turn{turn(sessionstore.TurnFailed, BudgetExceeded)}, ""},
		{"a fault of its own", []sessionstore.Turn{turn(sessionstore.TurnFailed, InvalidArgument)}, Conflict},
		{"completed, then one that never began", []sessionstore.Turn{turn(sessionstore.TurnCompleted, ""), never}, Conflict},
		{"interrupted, then one that never began", []sessionstore.Turn{turn(sessionstore.TurnInterrupted, Interrupted), never}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			c := p.client(Config{})
			for i := range test.turns {
				test.turns[i].ID = uuid.NewString()
			}
			s := p.put(sessionstore.Session{}, test.turns...)
			if _, err := c.continuation(context.Background(), s); code(err) != test.want {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// A prompt that never reached the conversation is sent as it is.
func TestContinueSendsWhatNeverArrived(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	cut := sessionstore.Turn{ID: uuid.NewString(), Seq: seqStep, Prompt: "never arrived", Status: sessionstore.TurnInterrupted, StartedAt: time.Now()}
	s := p.put(sessionstore.Session{}, cut)
	got, err := c.continuation(context.Background(), s)
	if err != nil || got != "never arrived" {
		t.Errorf("got %q, %v", got, err)
	}
	p.say(s, said("user", cut.ID, "", cut.Prompt))
	if got, err = c.continuation(context.Background(), s); err != nil || !strings.HasPrefix(got, "Your last turn was cut off") {
		t.Errorf("with the prompt in the transcript: got %q, %v", got, err)
	}
}

func TestContinueOrPrompt(t *testing.T) {
	for _, req := range []ResumeRequest{{Prompt: "p", Continue: true}, {}, {Prompt: " "}} {
		if err := checkNext(req); code(err) != InvalidArgument {
			t.Errorf("%+v: %v", req, err)
		}
	}
}
