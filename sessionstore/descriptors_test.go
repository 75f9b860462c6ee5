//go:build linux

package sessionstore_test

import (
	"fmt"
	"iter"
	"os"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// TestDescriptorsStayFew begins to read many transcripts at once: no file is
// held while nobody asks for the next entry.
func TestDescriptorsStayFew(t *testing.T) {
	db := open(t, t.TempDir(), sessionstore.Options{SegmentBytes: 32 << 10, CompressAfter: time.Millisecond})
	defer db.Close()
	before := descriptors(t)
	for i := range 100 {
		id := fmt.Sprint("s", i)
		create(t, db, id)
		appendLines(t, db, id, 0, 5)
		next, stop := iter.Pull2(db.Entries(t.Context(), id, "", 0))
		defer stop()
		if _, err, ok := next(); err != nil || !ok {
			t.Fatalf("the first entry: %v", err)
		}
	}
	if now := descriptors(t); now > before+10 {
		t.Errorf("reading 100 transcripts took %d descriptors", now-before)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
