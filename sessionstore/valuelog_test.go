package sessionstore_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// TestMaintainFreesLargeRecords writes a large record again and again, such as
// how far a session with many sub-agents was read. What it was before is freed.
func TestMaintainFreesLargeRecords(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, sessionstore.Options{})
	create(t, db, "s")
	reopen := func() {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open(t, dir, sessionstore.Options{})
	}
	reopen()
	state := json.RawMessage(`"` + strings.Repeat("x", 4<<20) + `"`)
	const times = 36 // two value logs full
	for range times {
		if _, err := db.Append(t.Context(), sessionstore.Append{SessionID: "s", Source: &sessionstore.Source{SessionID: "s", State: state}}); err != nil {
			t.Fatal(err)
		}
	}
	reopen() // which writes a table, though there is little for it
	if err := db.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	reopen() // Badger makes the file that it writes to larger than it is
	defer db.Close()
	src, err := db.Source(t.Context(), "s")
	if err != nil || len(src.State) != len(state) {
		t.Errorf("the record: %d bytes, %v", len(src.State), err)
	}
	var size int64
	logs, _ := filepath.Glob(filepath.Join(dir, "badger", "*.vlog"))
	for _, name := range logs[:len(logs)-1] {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if most := int64(64 << 20); size > most {
		t.Errorf("value logs take %d bytes after %d records of %d", size, times, len(state))
	}
}
