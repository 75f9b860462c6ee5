package oracle

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// onPurpose are the entries that a person is shown, and that are not sent to the
// model.
var onPurpose = []struct {
	name     string
	explains func(l line, before bool) bool // before: it precedes what is sent
}{
	{"what was said before a compaction", func(_ line, before bool) bool { return before }},
	{"an error of the API", func(l line, _ bool) bool { return l["isApiErrorMessage"] == true }},
	{"the use of a tool that has no result", func(l line, _ bool) bool { return strings.Contains(fmt.Sprint(l["message"]), "type:tool_use") }},
	{"a result that comes after another answer", func(l line, _ bool) bool { return strings.Contains(fmt.Sprint(l["message"]), "type:tool_result") }},
	{"thoughts without an answer, and empty answers", func(l line, _ bool) bool {
		return l["type"] == "assistant" && !saidWord.MatchString(fmt.Sprint(l["message"]))
	}},
}

// TestShown holds what a person is shown against what is sent: all of that, and
// besides only what is so on purpose. TestClaudeCode makes sure of what is sent.
// It also makes sure that the generator does all that it can do.
func TestShown(t *testing.T) {
	used, did := map[string]bool{}, map[string]bool{}
	for seed := range uint64(300) {
		w := generate(seed, uuid.NewString(), t.TempDir())
		c := conversation(w.bytes())
		sent := map[string]bool{}
		for _, unit := range c.SentUpTo("") {
			for _, m := range unit {
				sent[m.UUID] = true
			}
		}
		first := true // nothing of what is sent was shown yet
		for _, m := range c.Active() {
			if sent[m.UUID] {
				delete(sent, m.UUID)
				first = false
				continue
			}
			if m.Type != "user" && m.Type != "assistant" {
				continue
			}
			explained := false
			for _, d := range onPurpose {
				if d.explains(w.last(m.UUID), first) {
					used[d.name], explained = true, true
					break
				}
			}
			if !explained {
				t.Errorf("seed %d: %s is shown and not sent", seed, m.UUID)
			}
		}
		for uuid := range sent {
			t.Errorf("seed %d: %s is sent and not shown", seed, uuid)
		}
		for name := range w.did {
			did[name] = true
		}
	}
	for _, d := range onPurpose {
		if !used[d.name] {
			t.Errorf("%q is never shown: take it off the table", d.name)
		}
	}
	for _, act := range acts {
		if !did[act.name] {
			t.Errorf("no transcript has %q", act.name)
		}
	}
}

// last returns the last line of a uuid.
func (w *writer) last(id string) line {
	for _, l := range slices.Backward(w.lines) {
		if l["uuid"] == id {
			return l
		}
	}
	return nil
}
