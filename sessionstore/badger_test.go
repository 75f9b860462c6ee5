package sessionstore

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/dgraph-io/badger/v4"
)

// TestLargerMemtablesOfOldAreRead opens what an engine has left that was killed
// when memtables were larger.
func TestLargerMemtablesOfOldAreRead(t *testing.T) {
	dir := t.TempDir()
	o := Options{}
	o.fill()
	db, err := badger.Open(badgerOptions(dir, o).WithMemTableSize(memTableSizeOnce).WithSyncWrites(false))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const n, size = 14_000, 1 << 10 // 14 MiB: one memtable of then, more than one of now
	for i := range n {
		err := db.Update(func(txn *badger.Txn) error { return txn.Set(fmt.Append(nil, i), make([]byte, size)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	left := filepath.Join(t.TempDir(), "left")
	if err := os.CopyFS(left, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if got := memTableFor(left, o); got != memTableSizeOnce {
		t.Errorf("memtables of %d bytes, want %d", got, memTableSizeOnce)
	}
	again, err := openBadger(left, o)
	if err != nil {
		t.Fatal(err)
	}
	err = again.View(func(txn *badger.Txn) error {
		_, err := txn.Get(fmt.Append(nil, n-1))
		return err
	})
	if err != nil {
		t.Errorf("the last entry: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if got := memTableFor(left, o); got != memTableSize {
		t.Errorf("once that is done: memtables of %d bytes, want %d", got, memTableSize)
	}
}

// TestLimitsFitBadger: a batch that is as full as we let it become is one
// transaction.
func TestLimitsFitBadger(t *testing.T) {
	o := Options{}
	o.fill()
	db, err := badger.Open(badgerOptions(t.TempDir(), o).WithMemTableSize(memTableSize))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got, most := int64(maxEntries+maxTrim), db.MaxBatchCount(); got >= most {
		t.Errorf("%d entries, of %d that a transaction takes", got, most)
	}
	if got, most := int64(maxBytes+maxTrim*2*entryOverhead), db.MaxBatchSize(); got >= most {
		t.Errorf("%d bytes, of %d that a transaction takes", got, most)
	}
}
