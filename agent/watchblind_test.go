package agent

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// When no more folders can be watched, rescans come often from then on, and say
// why.
func TestWatchesRunOut(t *testing.T) {
	if !canWatch {
		t.Skip("folders are not watched here")
	}
	config := t.TempDir()
	few := filepath.Join(config, "projects", "few")
	write(t, filepath.Join(few, scanA+".jsonl"), "1")
	w := startWatch(t, config, WatchOptions{Rescan: time.Hour, add: func(watcher *fsnotify.Watcher, path string) error {
		if filepath.Base(path) == "more" {
			return os.NewSyscallError("inotify_add_watch", syscall.ENOSPC)
		}
		return watcher.Add(path)
	}})
	write(t, filepath.Join(config, "projects", "more", scanB+".jsonl"), "1")
	for range 2 {
		for s := w.next(); !s.Rescan; s = w.next() {
			if s.Err == nil {
				t.Errorf("no reason is told with %+v", s)
			}
		}
	}
}
