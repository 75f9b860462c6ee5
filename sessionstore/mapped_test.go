//go:build linux

package sessionstore_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// residentTables is how much of the tables below a folder is in this process's
// memory, in KiB.
func residentTables(t *testing.T, dir string) (total int) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ours := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var kib int
		line := lines.Text()
		switch n, _ := fmt.Sscanf(line, "Rss: %d kB", &kib); {
		case n == 1 && ours:
			total += kib
		case strings.Contains(strings.Fields(line)[0], "-"):
			ours = strings.Contains(line, dir) && strings.HasSuffix(line, ".sst")
		}
	}
	return total
}

// A process that gives back the memory of mapped files has less of it, and reads
// in them as before.
func TestGiveBack(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, sessionstore.Options{})
	const sessions = 500
	for i := range sessions {
		s := sessionstore.Session{ID: fmt.Sprintf("session-%d", i), Status: sessionstore.Idle, Note: strings.Repeat("note ", 2000)}
		if _, err := db.Commit(t.Context(), sessionstore.Mutation{Create: &s}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, dir, sessionstore.Options{}) // what was in memory is in tables now
	defer db.Close()
	read := func() {
		for i := range sessions {
			if _, err := db.Session(t.Context(), fmt.Sprintf("session-%d", i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	read()
	before := residentTables(t, dir)
	if before < 2048 {
		t.Fatalf("%d KiB of tables are in memory after all was read", before)
	}
	db.GiveBack()
	if after := residentTables(t, dir); after > before/4 {
		t.Errorf("%d KiB of tables are in memory, %d before", after, before)
	}
	read()
}
