package agent

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// What a link leads to is not Claude Code's: it is neither found nor deleted.
func TestLinksAreNotFollowed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a right there that tests do not have")
	}
	config, outside := t.TempDir(), t.TempDir()
	file, kept := filepath.Join(outside, scanA+".jsonl"), filepath.Join(outside, scanA, "keep.txt")
	write(t, file, "{}")
	write(t, kept, "mine")
	folder := filepath.Join(config, "projects", "-link")
	own := TranscriptPath(config, "/w", scanA, "")
	for path, to := range map[string]string{folder: outside, own: file} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
	}
	if path, err := FindTranscript(config, "/w", scanA); !errors.Is(err, ErrNoTranscript) {
		t.Errorf("found %q, %v", path, err)
	}
	for _, path := range []string{filepath.Join(folder, scanA+".jsonl"), own} {
		if err := DeleteTranscript(path); err == nil {
			t.Errorf("%s was deleted", path)
		}
	}
	for _, path := range []string{file, kept, own} {
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	}
}
