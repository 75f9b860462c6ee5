package search

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// childVar makes the test's binary an engine's process that indexes a folder.
const childVar = "SEARCH_TEST_INDEX"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVar); dir != "" {
		fmt.Fprintln(os.Stderr, indexUntilKilled(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const complete = "complete"

// indexUntilKilled indexes the store of a folder, and says how far it is each
// time that more can be found.
func indexUntilKilled(dir string) error {
	store, err := sessionstore.Open(filepath.Join(dir, "store"), sessionstore.Options{})
	if err != nil {
		return err
	}
	x, err := Open(Options{Dir: filepath.Join(dir, "search"), Store: store})
	if err != nil {
		return err
	}
	for last := -1; ; time.Sleep(time.Millisecond) {
		if done, total := x.Progress(); last > 0 && done == total {
			fmt.Println(complete)
			select {} // for the kill
		}
		var docs int
		if err := x.db.read.QueryRow(`SELECT count(*) FROM docs`).Scan(&docs); err != nil {
			return err
		}
		if docs != last {
			last = docs
			fmt.Println(docs)
		}
	}
}

// An indexing process that is killed at any point leaves an index from which
// the next one goes on: everything is found then, once.
func TestKilledWhileIndexing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	dir := t.TempDir()
	const sessions = 24
	fill(t, dir, sessions)
	for kill := range 3 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childVar+"="+dir)
		cmd.Stderr = t.Output()
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n <= kill && lines.Text() != complete; n++ {
			if !lines.Scan() {
				t.Fatal("the child ended by itself")
			}
		}
		t.Logf("kill %d comes when this many documents are there: %s", kill, lines.Text())
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed, and says so
	}
	store, err := sessionstore.Open(filepath.Join(dir, "store"), sessionstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	p := &place{t: t, dir: filepath.Join(dir, "search"), store: store}
	p.open()
	defer p.close()
	for i := range sessions {
		p.until(fmt.Sprintf("linden%d", i), 1)
	}
}

// fill makes a store of sessions that take a few batches.
func fill(t *testing.T, dir string, sessions int) {
	t.Helper()
	store, err := sessionstore.Open(filepath.Join(dir, "store"), sessionstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	p := &place{t: t, store: store}
	g := newGenerator()
	for i := range sessions {
		lines := []string{say(fmt.Sprintf("linden%d", i))}
		for range 6 {
			lines = append(lines, say(g.text(8000)))
		}
		p.session(sessionstore.Session{}, lines...)
	}
}
