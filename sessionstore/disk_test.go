package sessionstore_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// seed makes a store with a session that has two entries.
func seed(t *testing.T, dir string) {
	t.Helper()
	db := open(t, dir, sessionstore.Options{})
	create(t, db, "s")
	appendLines(t, db, "s", 0, 2)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, db sessionstore.Store, id string) {
	t.Helper()
	s := sessionstore.Session{ID: id, Status: sessionstore.Idle}
	if _, err := db.Commit(t.Context(), sessionstore.Mutation{Create: &s}); err != nil {
		t.Fatal(err)
	}
}

// appendLines appends lines of about 1 KiB with the numbers from to to-1.
func appendLines(t *testing.T, db sessionstore.Store, id string, from, to int) {
	t.Helper()
	a := sessionstore.Append{SessionID: id}
	for i := from; i < to; i++ {
		a.Lines = append(a.Lines, fmt.Appendf(nil, `{"uuid":"%s-%d","text":"%s"}`, id, i, noise(i)))
	}
	if _, err := db.Append(t.Context(), a); err != nil {
		t.Fatal(err)
	}
}

// noise is text of 1,000 bytes that does not compress to nothing.
func noise(n int) string {
	var b strings.Builder
	for x := uint64(n) + 1; b.Len() < 1000; {
		x = x*6364136223846793005 + 1442695040888963407
		fmt.Fprintf(&b, "%016x", x)
	}
	return b.String()[:1000]
}

// wantLines checks that a transcript has the lines 0 to n-1.
func wantLines(t *testing.T, db sessionstore.Store, id string, n int) {
	t.Helper()
	i := 0
	for e, err := range db.Entries(t.Context(), id, "", 0) {
		if err != nil {
			t.Fatalf("entry %d of %s: %v", i, id, err)
		}
		if want := fmt.Sprintf(`{"uuid":"%s-%d","text":"%s"}`, id, i, noise(i)); string(e.Raw) != want {
			t.Fatalf("entry %d of %s: got %s, want %s", i, id, e.Raw, want)
		}
		i++
	}
	if i != n {
		t.Errorf("transcript of %s: got %d entries, want %d", id, i, n)
	}
}

func files(t *testing.T, pattern ...string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(pattern...))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestEmptyFilesOfACrash opens a store in which Badger was killed just after it
// had made a file, more often than Open tries.
func TestEmptyFilesOfACrash(t *testing.T) {
	dir := t.TempDir()
	seed(t, dir)
	for _, name := range []string{"00096.mem", "00097.mem", "00098.mem", "00099.mem", "000099.vlog"} {
		if err := os.WriteFile(filepath.Join(dir, "badger", name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db := open(t, dir, sessionstore.Options{})
	defer db.Close()
	wantLines(t, db, "s", 2)
}

// TestSegmentLongerThanCommitted opens a store that was killed between the
// segment and the transaction.
func TestSegmentLongerThanCommitted(t *testing.T) {
	dir := t.TempDir()
	seed(t, dir)
	name := files(t, dir, "segments", "*.jsonl")[0]
	committed, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(committed, `{"uuid":"torn","te`...), 0o600); err != nil {
		t.Fatal(err)
	}
	leftover := filepath.Join(dir, "segments", "00000009.jsonl")
	if err := os.WriteFile(leftover, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	db := open(t, dir, sessionstore.Options{})
	defer db.Close()
	wantSize(t, name, int64(len(committed)))
	if _, err := os.Stat(leftover); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a segment that nothing points to: got %v, want ErrNotExist", err)
	}
	appendLines(t, db, "s", 2, 4)
	wantLines(t, db, "s", 4)
}

func wantSize(t *testing.T, name string, want int64) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() != want {
		t.Errorf("size of %s: got %d, want %d", name, info.Size(), want)
	}
}

// TestSegmentThatLostItsEnd is about damage that no crash of ours explains: what
// is lost is told to who reads it, and all else goes on.
func TestSegmentThatLostItsEnd(t *testing.T) {
	dir := t.TempDir()
	seed(t, dir)
	if err := os.Truncate(files(t, dir, "segments", "*.jsonl")[0], 1500); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		db := open(t, dir, sessionstore.Options{})
		var failed error
		for _, err := range db.Entries(t.Context(), "s", "", 0) {
			failed = err
		}
		if failed == nil {
			t.Errorf("reading lines that are lost: got no error")
		}
		if _, err := db.Session(t.Context(), "new"); err != nil {
			create(t, db, "new")
			appendLines(t, db, "new", 0, 3)
		}
		wantLines(t, db, "new", 3)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFullDisk(t *testing.T) {
	free := uint64(math.MaxUint64)
	db := open(t, t.TempDir(), sessionstore.Options{FreeBytes: func(string) (uint64, error) { return free, nil }})
	defer db.Close()
	create(t, db, "s")
	appendLines(t, db, "s", 0, 2)
	l, err := db.Acquire(t.Context(), "s", "me", time.Minute)
	if err != nil {
		t.Fatal(err)
	}

	free = 256<<20 + 1000 // enough for a record, not for two lines of 1 KiB
	create(t, db, "small")
	a := sessionstore.Append{SessionID: "s", Lines: bytesLines(2)}
	if _, err := db.Append(t.Context(), a); !errors.Is(err, sessionstore.ErrFull) {
		t.Errorf("Append with little room: got %v, want ErrFull", err)
	}

	free = 256<<20 - 1
	s := sessionstore.Session{ID: "late", Status: sessionstore.Idle}
	if _, err := db.Commit(t.Context(), sessionstore.Mutation{Create: &s}); !errors.Is(err, sessionstore.ErrFull) {
		t.Errorf("Commit on a full disk: got %v, want ErrFull", err)
	}
	if _, err := db.Renew(t.Context(), l, time.Hour); err != nil {
		t.Errorf("Renew on a full disk: %v", err)
	}
	wantLines(t, db, "s", 2)
	if err := db.Delete(t.Context(), "s", l.Token); err != nil {
		t.Errorf("Delete on a full disk: %v", err)
	}
	if err := db.Maintain(t.Context()); err != nil {
		t.Errorf("Maintain on a full disk: %v", err)
	}

	free = math.MaxUint64
	create(t, db, "late")
}

func bytesLines(n int) (a []json.RawMessage) {
	for i := range n {
		a = append(a, fmt.Appendf(nil, `{"text":"%s"}`, noise(i)))
	}
	return a
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, sessionstore.Options{})
	if second, err := sessionstore.Open(dir, sessionstore.Options{}); !errors.Is(err, sessionstore.ErrInUse) {
		t.Errorf("opening a store that is open: got %v, %v, want ErrInUse", second, err)
	}
	create(t, db, "s") // the first goes on
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir, sessionstore.Options{}).Close(); err != nil {
		t.Error(err)
	}
}

func TestFolderIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	dir := filepath.Join(t.TempDir(), "new", "store")
	seed(t, dir)
	for _, c := range []struct {
		name string
		want fs.FileMode
	}{
		{dir, 0o700}, {filepath.Join(dir, "badger"), 0o700}, {filepath.Join(dir, "segments"), 0o700},
		{filepath.Join(dir, "lock"), 0o600}, {files(t, dir, "segments", "*")[0], 0o600},
	} {
		info, err := os.Stat(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != c.want {
			t.Errorf("mode of %s: got %o, want %o", c.name, got, c.want)
		}
	}
}
