package engine

import (
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/agent"
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
