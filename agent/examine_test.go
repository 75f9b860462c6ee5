package agent

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExamine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.jsonl")
	lines := []string{
		prompt("p", "", "hi"),
		"no json", `[1]`, `{"type":"hologram","uuid":"h"}`,
		answer("a", "p", "m1", "end_turn", "hello"),
		strings.Replace(prompt("q", "gone", "more"), "{", `{"timestamp":"2026-01-01T00:00:00Z",`, 1),
		resultOf("r", "q", "unused"),
		toolUses("u", "q", "m2", "open"),
		prompt("p", "", "other words"),
		line("user", "l1", "l2", ""), line("user", "l2", "l1", ""),
		line("user", "", "p", ""),
		line("assistant", "x", "p", `"message":{"content":[{"type":"hologram"}]}`),
		boundaryLine("c", "p", ""), summaryLine("s", "c"),
		sidechain(prompt("w", "", "look it up")),
		answer("z", "s", "m3", "end_turn", "done"),
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := Examine(path)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	at := map[string]int{}
	for _, f := range e.Findings {
		got[f.Kind]++
		at[f.Kind] = f.Line
	}
	want := map[string]int{
		FoundNoJSON: 2, FoundUnknownType: 1, FoundUnboundEntry: 1, FoundStrayResult: 1, FoundUnansweredUse: 1, FoundChangedRepeat: 1, FoundLoop: 1, FoundNoUUID: 1, FoundUnknownBlock: 1,
	}
	if !maps.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
	if at[FoundNoJSON] != 3 || at[FoundUnboundEntry] != 6 || at[FoundUnknownBlock] != 13 {
		t.Errorf("they are at %v", at)
	}
	if e.Lines != len(lines) || e.Compactions != 1 || e.SubAgents != 1 || e.Types["user"] != 9 {
		t.Errorf("it is %+v", e)
	}
	link := filepath.Join(t.TempDir(), "link.jsonl")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{link, t.TempDir(), filepath.Join(t.TempDir(), "gone.jsonl")} {
		if _, err := Examine(bad); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

// A file that is broken on each line is examined in little memory, and what is
// told of it has no words.
func TestExamineBroken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.jsonl")
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, "x\n{\"type\":\"secret plan %d\"}\n{\"type\":\"new-%d\"}\n", i, i)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := Examine(path)
	if err != nil {
		t.Fatal(err)
	}
	if e.Found[FoundNoJSON].Count != 5000 || e.Found[FoundUnknownType].Count != 10000 || e.Found[FoundUnknownType].Line != 2 {
		t.Errorf("found %+v", e.Found)
	}
	if len(e.Findings) != 2*maxFindings || len(e.Types) > maxTypes+1 || len(e.Found[FoundUnknownType].Types) > maxTypes+1 {
		t.Errorf("it keeps %d findings, %d types", len(e.Findings), len(e.Types))
	}
	if all, _ := json.Marshal(e); strings.Contains(string(all), "secret") {
		t.Errorf("a type's words are told: %s", all)
	}
}
