package agent

import (
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
