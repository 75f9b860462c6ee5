package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// What is being written is told until the transcript has it, each text once.
func TestWritten(t *testing.T) {
	var w written
	want := func(text string) {
		t.Helper()
		if got := w.text(); got != text {
			t.Errorf("it is writing %q, want %q", got, text)
		}
	}
	want("")
	w.add(agent.Writing{Anew: true})
	w.add(agent.Writing{Text: "On"})
	w.add(agent.Writing{Text: "e."})
	want("One.")
	w.add(agent.Writing{Anew: true}) // the request failed and was made again
	w.add(agent.Writing{Text: "First"})
	w.say(agent.Said{Text: "First.", UUID: "1"})
	want("First.")
	w.add(agent.Writing{Anew: true})
	w.add(agent.Writing{Text: "Sec"})
	want("First.\n\nSec")
	w.stored([]string{"0", "1"})
	want("Sec")
	w.say(agent.Said{Text: "Second.", UUID: "2"})
	w.stored([]string{"2"})
	want("")
}

// The newest message is told as a whole, and never together with another one.
func TestWrittenLast(t *testing.T) {
	var w written
	want := func(text string) {
		t.Helper()
		if got := w.last(); got != text {
			t.Errorf("it said last %q, want %q", got, text)
		}
	}
	want("")
	w.say(agent.Said{Text: "I look.", UUID: "1", Message: "a"})
	w.add(agent.Writing{Anew: true, Message: "b"})
	w.add(agent.Writing{Text: "One"})
	want("One")
	w.say(agent.Said{Text: "One.", UUID: "2", Message: "b"})
	w.stored([]string{"1", "2"})
	want("One.")
	w.add(agent.Writing{Anew: true, Message: "b"})
	w.add(agent.Writing{Text: "Tw"})
	want("One.\nTw")
	w.say(agent.Said{Text: "Two.", UUID: "3", Message: "b"})
	want("One.\nTwo.")
	w.say(agent.Said{Text: "Three.", UUID: "4"}) // of a version that names no message
	want("Three.")
}

// Claude Code's result is the last part of the answer.
func TestWholeAnswer(t *testing.T) {
	for _, test := range []struct {
		said       []agent.Said
		told, want string
	}{
		{nil, "Done.", "Done."},
		{[]agent.Said{{Text: "I look.", Message: "a"}, {Text: "Done.", Message: "b"}}, "Done.", "Done."},
		{[]agent.Said{{Text: "One.", Message: "b"}, {Text: "Two.", Message: "b"}}, "Two.", "One.\nTwo."},
		{[]agent.Said{{Text: "One.", Message: "b"}}, "", "One."},
		{[]agent.Said{{Text: "One.", Message: "b"}}, "the output of a command", "the output of a command"},
	} {
		e, j := &Engine{}, &job{}
		for _, s := range test.said {
			j.written.say(s)
		}
		if got := e.wholeAnswer(j, test.told); got != test.want {
			t.Errorf("said %v and told %q: %q, want %q", test.said, test.told, got, test.want)
		}
	}
}

// Of a text of any length the newest part is kept, in whole characters.
func TestWrittenIsBounded(t *testing.T) {
	var w written
	for range 100_000 {
		w.add(agent.Writing{Text: "é"})
	}
	w.add(agent.Writing{Text: "!"})
	got := w.text()
	if len(got) > maxWriting || len(got) < maxWriting-2 || strings.Trim(got, "é") != "!" {
		t.Errorf("of a long text %d bytes are told", len(got))
	}
	if len(w.draft) > 2*maxWriting {
		t.Errorf("of a long text %d bytes are kept", len(w.draft))
	}
}

// What Claude Code said in a turn that is stopped is kept with the turn, whether
// the transcript had it already or it was in the middle of it.
func TestStoppedTurnKeepsItsWords(t *testing.T) {
	for prompt, want := range map[string]string{
		"one\n!say I found three bugs.\n!tool Bash {\"command\":\"echo\"}\n!hold gate": "I found three bugs.",
		"one\n!partial half an answer\n!hold gate":                                     "half an answer",
	} {
		p := newPlace(t, sessionstore.Options{})
		c := p.client(Config{})
		a, err := c.Start(context.Background(), Call{}, StartRequest{Prompt: prompt, WaitSeconds: ptr(0), SettingsPatch: SettingsPatch{AllowedTools: []string{"Bash"}}})
		if err != nil {
			t.Fatal(err)
		}
		p.held("gate")
		p.until("its words", func() bool { d := p.get(c, a.Session.ID); return d.LastWords+d.Writing != "" })
		out, err := c.Interrupt(context.Background(), Call{Client: "tester"}, InterruptRequest{Session: a.Session.ID})
		if err != nil || out.Turn.Status != sessionstore.TurnInterrupted || out.Turn.Result != want {
			t.Errorf("interrupted: %+v, %v; want the words %q", out.Turn, err, want)
		}
		if !strings.Contains(out.Next, "read_transcript") {
			t.Errorf("next is %q", out.Next)
		}
	}
}
