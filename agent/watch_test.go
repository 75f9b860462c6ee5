package agent

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// watching is a Watch whose tellings a test waits for.
type watching struct {
	t    *testing.T
	seen chan Seen
}

// patience bounds what a test of watching waits for.
const watchPatience = time.Minute

func startWatch(t *testing.T, config string, o WatchOptions) *watching {
	t.Helper()
	w := &watching{t: t, seen: make(chan Seen, 1000)}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { Watch(ctx, config, o, func(s Seen) { w.seen <- s }) })
	t.Cleanup(func() { cancel(); done.Wait() })
	if first := w.next(); !first.Rescan {
		t.Errorf("the first telling asks for no scan: %+v", first)
	}
	return w
}

func (w *watching) next() Seen {
	w.t.Helper()
	select {
	case s := <-w.seen:
		return s
	case <-time.After(watchPatience):
		w.t.Fatal("nothing is told")
		return Seen{}
	}
}

// until waits until a path, or "" for a rescan, is told.
func (w *watching) until(path string) {
	w.t.Helper()
	for {
		s := w.next()
		if path == "" && s.Rescan {
			return
		}
		for _, p := range s.Paths {
			if p == path {
				return
			}
		}
	}
}

func TestWatch(t *testing.T) {
	if !canWatch {
		t.Skip("folders are not watched here")
	}
	config := t.TempDir()
	projects := filepath.Join(config, "projects")
	old := filepath.Join(projects, "old", scanA+".jsonl")
	write(t, old, "1")
	w := startWatch(t, config, WatchOptions{Rescan: time.Hour})

	more(t, old, "2")
	w.until(old)
	made := filepath.Join(projects, "old", scanB+".jsonl")
	write(t, made, "1")
	w.until(made)

	inNew := filepath.Join(projects, "new", scanC+".jsonl")
	write(t, inNew, "1") // together with its folder
	w.until(inNew)
	more(t, inNew, "2")
	w.until(inNew)

	moved := filepath.Join(projects, "new", scanB+".jsonl")
	if err := os.Rename(made, moved); err != nil {
		t.Fatal(err)
	}
	w.until(moved)
	if err := os.Remove(old); err != nil {
		t.Fatal(err)
	}
	w.until(old)
}

// A change of a sub-agent's transcript beside that of its session is told as one
// of the session; of one without a session nothing is.
func TestWatchBeside(t *testing.T) {
	if !canWatch {
		t.Skip("folders are not watched here")
	}
	config := t.TempDir()
	folder := filepath.Join(config, "projects", "p")
	path, agent := filepath.Join(folder, scanA+".jsonl"), filepath.Join(folder, "agent-1.jsonl")
	write(t, path, "1")
	w := startWatch(t, config, WatchOptions{Rescan: time.Hour})
	write(t, filepath.Join(folder, "agent-2.jsonl"), "no session")
	write(t, agent, besideLine(scanA, "1"))
	w.until(path)
	more(t, agent, besideLine(scanA, "2"))
	w.until(path)
	if err := os.Remove(agent); err != nil {
		t.Fatal(err)
	}
	w.until(path)
}

// The project folders may come later, and may be replaced.
func TestWatchFoldersComeAndGo(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	w := startWatch(t, config, WatchOptions{Rescan: time.Hour})
	path := filepath.Join(config, "projects", "p", scanA+".jsonl")
	write(t, path, "1")
	w.until("")
	if !canWatch {
		return
	}
	more(t, path, "2")
	w.until(path)
	if err := os.Rename(filepath.Join(config, "projects"), filepath.Join(config, "gone")); err != nil {
		t.Fatal(err)
	}
	write(t, path, "1")
	w.until("")
	more(t, path, "2")
	w.until(path)
}

func TestWatchAsksForRescans(t *testing.T) {
	config := t.TempDir()
	write(t, filepath.Join(config, "projects", "p", scanA+".jsonl"), "1")
	w := startWatch(t, config, WatchOptions{Rescan: 10 * time.Millisecond})
	w.until("")
	w.until("")
}

// Changes that come in a burst are told together.
func TestWatchGathers(t *testing.T) {
	if !canWatch {
		t.Skip("folders are not watched here")
	}
	config := t.TempDir()
	path := filepath.Join(config, "projects", "p", scanA+".jsonl")
	last := filepath.Join(config, "projects", "p", scanB+".jsonl")
	write(t, path, "1")
	w := startWatch(t, config, WatchOptions{Gather: 2 * time.Second, Rescan: time.Hour})
	for range 100 {
		more(t, path, "2")
	}
	write(t, last, "1")
	if s := w.next(); len(s.Paths) != 2 {
		t.Errorf("the first telling is %+v, want both files once", s)
	}
}
