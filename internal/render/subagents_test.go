package render

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// family are the sub-agents of withSubagents: a begins b and, in a loop, itself;
// nobody is known to have begun left.
var family = map[string][]engine.Message{
	"subagents/agent-a": {
		{UUID: "sp1", Role: "user", Text: "Look around."},
		{UUID: "sa1", Role: "assistant", Text: "I ask another.", Uses: []engine.ToolUse{
			{ID: "su1", Name: "Agent", Summary: "Agent: deeper", Subagent: "subagents/agent-b"},
			{ID: "su2", Name: "Agent", Summary: "Agent: a loop", Subagent: "subagents/agent-a"},
		}},
		{UUID: "sa2", Role: "assistant", Text: "All is <well>."},
	},
	"subagents/agent-b":    {{UUID: "sp2", Role: "user", Text: "Look deeper."}, {UUID: "sa3", Role: "assistant", Text: "It is deep."}},
	"beside/agent-c":       {{UUID: "sp3", Role: "user", Text: "Look beside."}},
	"beside/agent-left":    {{UUID: "sp4", Role: "user", Text: "Look <elsewhere>."}},
	"subagents/agent-left": {},
}

func withSubagents() engine.Transcript {
	return engine.Transcript{
		Session: "3f2a9c1e-5b7d-4c60-9a51-0d8e7f6a5b4c", Title: "ask others",
		Subagents: []string{"beside/agent-c", "beside/agent-left", "subagents/agent-a", "subagents/agent-b", "subagents/agent-left"},
		Messages: []engine.Message{
			{UUID: "p1", Role: "user", Text: "Ask others."},
			{UUID: "a1", Role: "assistant", Uses: []engine.ToolUse{
				{ID: "u1", Name: "Task", Summary: "Task: look around", Subagent: "subagents/agent-a"},
				{ID: "u2", Name: "Task", Summary: "Task: look beside"}, // only its result tells
			}},
			{UUID: "r1", Role: "tool", Results: []engine.ToolResult{{UseID: "u1", Name: "Task", Text: "All is well.", Subagent: "subagents/agent-a"}}},
			{UUID: "r2", Role: "tool", Results: []engine.ToolResult{{UseID: "u2", Name: "Task", Text: "Nothing.", Subagent: "beside/agent-c"}}},
			{UUID: "a2", Role: "assistant", Text: "They found nothing."},
		},
	}
}

// readFamily reads a sub-agent in pages of one message.
func readFamily(name string, page func(engine.Transcript) error) error {
	messages, ok := family[name]
	if !ok {
		return errors.New("there is no " + name)
	}
	for _, m := range messages {
		if err := page(engine.Transcript{Subagent: name, Messages: []engine.Message{m}}); err != nil {
			return err
		}
	}
	return nil
}

// TestSubagentsGolden pins where conversations of sub-agents stand.
func TestSubagentsGolden(t *testing.T) {
	for kind, make := range documents(readFamily) {
		ext := map[string]string{"markdown": "md", "html": "html", "json": "json"}[kind]
		path := filepath.Join("testdata", "subagents."+ext)
		got := written(t, make, withSubagents())
		if kind == "html" { // the rest is as in the sample
			_, got, _ = strings.Cut(got, "<main>")
		}
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got; go test ./internal/render -update writes it):\n%s", path, diff)
		}
	}
}

// TestEachSubagentOnce holds that every sub-agent is written once, whatever begins
// it, and that a document of one has only its own in it.
func TestEachSubagentOnce(t *testing.T) {
	one := engine.Transcript{Session: "s", Subagent: "subagents/agent-a", Subagents: withSubagents().Subagents, Messages: family["subagents/agent-a"]}
	for kind, make := range documents(readFamily) {
		all, alone := written(t, make, withSubagents()), written(t, make, one)
		for _, said := range []string{"Look around.", "Look deeper.", "It is deep.", "Look beside.", "elsewhere"} {
			if n := strings.Count(all, said); n != 1 {
				t.Errorf("%s: %q stands %d times", kind, said, n)
			}
			want := 0
			if said != "Look beside." && said != "elsewhere" {
				want = 1
			}
			if n := strings.Count(alone, said); n != want {
				t.Errorf("%s of one sub-agent: %q stands %d times, want %d", kind, said, n, want)
			}
		}
	}
}

// TestSubagentsJSON holds that the list is whole and says what began each.
func TestSubagentsJSON(t *testing.T) {
	type agent struct {
		ID       string           `json:"id"`
		BegunBy  string           `json:"begun_by"`
		Messages []engine.Message `json:"messages"`
	}
	var got struct {
		Subagents []agent `json:"subagents"`
	}
	if err := json.Unmarshal([]byte(written(t, documents(readFamily)["json"], withSubagents())), &got); err != nil {
		t.Fatal(err)
	}
	var want []agent
	for _, a := range [][2]string{
		{"subagents/agent-a", "u1"}, {"beside/agent-c", "u2"}, {"subagents/agent-b", "su1"}, {"beside/agent-left", ""}, {"subagents/agent-left", ""},
	} {
		want = append(want, agent{a[0], a[1], family[a[0]]})
	}
	if diff := cmp.Diff(want, got.Subagents); diff != "" {
		t.Errorf("sub-agents (-want +got):\n%s", diff)
	}
}

// TestUnreadSubagent holds that a document is not taken for whole that lacks one.
func TestUnreadSubagent(t *testing.T) {
	errGone := errors.New("it is gone")
	for kind, make := range documents(func(string, func(engine.Transcript) error) error { return errGone }) {
		if err := Whole(make(&strings.Builder{}), withSubagents()); !errors.Is(err, errGone) {
			t.Errorf("%s gave %v", kind, err)
		}
	}
}
