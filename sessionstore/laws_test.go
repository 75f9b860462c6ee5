package sessionstore_test

import (
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
	"github.com/claude-sessions/claude-sessions/sessionstore/storetest"
)

// keptChanges is how many changes the stores under test keep.
const keptChanges = 40

func open(t storetest.T, dir string, o sessionstore.Options) *sessionstore.DB {
	t.Helper()
	o.ChangesKept = keptChanges
	db, err := sessionstore.Open(dir, o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return db
}

func inMemory() storetest.Backend {
	return storetest.Backend{
		Open: func(t storetest.T, now func() time.Time) sessionstore.Store {
			return open(t, "", sessionstore.Options{InMemory: true, Now: now})
		},
		ChangesKept: keptChanges,
	}
}

func TestLawsInMemory(t *testing.T) {
	storetest.Run(t, inMemory())
}

// TestLawsOnDisk also has segments that are small enough to be sealed and
// compressed while the laws look at them.
func TestLawsOnDisk(t *testing.T) {
	type opened struct {
		*sessionstore.DB
		again func() *sessionstore.DB
	}
	b := storetest.Backend{ChangesKept: keptChanges, Bulk: 64 << 20, Rounds: 30}
	if testing.Short() {
		b.Bulk = 8 << 20
	}
	b.Open = func(t storetest.T, now func() time.Time) sessionstore.Store {
		dir := t.TempDir()
		again := func() *sessionstore.DB {
			return open(t, dir, sessionstore.Options{Now: now, SegmentBytes: 1 << 20, CompressAfter: time.Millisecond})
		}
		return opened{again(), again}
	}
	b.Reopen = func(t storetest.T, s sessionstore.Store) sessionstore.Store {
		o := s.(opened)
		if err := o.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
		return opened{o.again(), o.again}
	}
	storetest.Run(t, b)
}

// TestLawsReopened closes and opens the store between all steps of the laws.
func TestLawsReopened(t *testing.T) {
	if testing.Short() {
		t.Skip("opening the store again between all steps takes half a minute: left to the run without -short")
	}
	t.Parallel()
	storetest.Run(t, storetest.Backend{
		Open: func(t storetest.T, now func() time.Time) sessionstore.Store {
			dir := t.TempDir()
			again := func() *sessionstore.DB {
				return open(t, dir, sessionstore.Options{Now: now, SegmentBytes: 4 << 10, CompressAfter: time.Millisecond})
			}
			return &reopening{open: again, db: again()}
		},
		Rounds: 3,
	})
}
