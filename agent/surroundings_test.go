package agent

import (
	"os"
	"path/filepath"
	"testing"
)

// A process is told apart from one that would read something else at its start,
// and from no other.
func TestSurroundings(t *testing.T) {
	home := t.TempDir()
	config, dir := filepath.Join(home, ".claude"), filepath.Join(home, "work", "project")
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "main.go"), "package main")
	before := Surroundings(dir, config)
	for _, other := range []string{filepath.Join(dir, "main.go"), filepath.Join(config, "projects", "p", "s.jsonl"), filepath.Join(home, "away", "CLAUDE.md")} {
		write(other, "changed")
	}
	if Surroundings(dir, config) != before {
		t.Error("what Claude Code does not read at its start counts")
	}
	for _, read := range []struct{ path, text string }{
		{filepath.Join(dir, "CLAUDE.md"), "See @docs/style.md and @~/notes.md."},
		{filepath.Join(dir, "docs", "style.md"), "Be brief. @more.md"},
		{filepath.Join(dir, "docs", "more.md"), "Very."},
		{filepath.Join(home, "notes.md"), "Mine."},
		{filepath.Join(home, "work", "CLAUDE.md"), "above"},
		{filepath.Join(dir, ".claude", "settings.json"), "{}"},
		{filepath.Join(dir, ".claude", "skills", "cook", "SKILL.md"), "Cook."},
		{filepath.Join(dir, ".mcp.json"), "{}"},
		{filepath.Join(config, "CLAUDE.md"), "everywhere"},
		{filepath.Join(config, ".credentials.json"), "{}"},
	} {
		write(read.path, read.text)
		after := Surroundings(dir, config)
		if after == before {
			t.Errorf("%s does not count", read.path)
		}
		before = after
	}
}

func TestSurroundingsOfNothing(t *testing.T) {
	dir := t.TempDir()
	if Surroundings(filepath.Join(dir, "none"), filepath.Join(dir, "gone")) == "" {
		t.Error("a folder that is not there has no surroundings")
	}
}
