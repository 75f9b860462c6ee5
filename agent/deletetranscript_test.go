package agent

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A transcript goes with its sub-agents', and nothing else does.
func TestDeleteTranscript(t *testing.T) {
	dir := t.TempDir()
	const id, other = "aaaaaaaa-1111-4222-8333-444455556666", "bbbbbbbb-1111-4222-8333-444455556666"
	path, sub, stays := filepath.Join(dir, id+".jsonl"), filepath.Join(dir, id, "subagents", "agent-a.jsonl"), filepath.Join(dir, other+".jsonl")
	for _, file := range []string{path, sub, stays} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := DeleteTranscript(path); err != nil {
			t.Error(err)
		}
	}
	for file, there := range map[string]bool{path: false, filepath.Join(dir, id): false, stays: true} {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) == there {
			t.Errorf("%s: %v", file, err)
		}
	}
	for _, no := range []string{dir, stays + "x", filepath.Join(dir, "notes.jsonl")} {
		if DeleteTranscript(no) == nil {
			t.Errorf("%s was taken for a transcript", no)
		}
	}
}
