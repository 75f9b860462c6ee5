package sessionstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// small makes segments of 64 KiB.
func small() sessionstore.Options {
	return sessionstore.Options{SegmentBytes: 64 << 10, CompressAfter: time.Millisecond}
}

// interleave appends n lines each to the transcripts of some sessions, by turns.
func interleave(t *testing.T, db sessionstore.Store, ids []string, n int) {
	t.Helper()
	for from := 0; from < n; from += 10 {
		for _, id := range ids {
			appendLines(t, db, id, from, min(from+10, n))
		}
	}
}

func sizeOf(t *testing.T, pattern ...string) (total int64) {
	t.Helper()
	for _, name := range files(t, pattern...) {
		info, err := os.Stat(name)
		if errors.Is(err, os.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	return total
}

// until polls for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %s: it does not come", what)
		}
	}
}

func TestMaintainFreesSpace(t *testing.T) {
	dir := t.TempDir()
	o := small()
	o.NoCompress = true // so that sizes can be compared
	db := open(t, dir, o)
	var ids []string
	for i := range 10 {
		ids = append(ids, fmt.Sprint("s", i))
		create(t, db, ids[i])
	}
	interleave(t, db, ids, 60)
	if err := db.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	full := sizeOf(t, dir, "segments", "*")
	for _, id := range ids[:8] {
		if err := db.Delete(t.Context(), id, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := sizeOf(t, dir, "segments", "*"); now > full*2/5 {
		t.Errorf("after deleting 80 %%: %d of %d bytes are in use", now, full)
	}
	for range 2 {
		for _, id := range ids[8:] {
			wantLines(t, db, id, 60)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open(t, dir, o)
	}
	appendLines(t, db, ids[9], 60, 70)
	wantLines(t, db, ids[9], 70)
	for _, id := range ids[8:] {
		if err := db.Delete(t.Context(), id, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := sizeOf(t, dir, "segments", "*"); now != 0 {
		t.Errorf("after deleting all: %d bytes are in use", now)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestReadWhileSegmentsMove reads transcripts while the segments that they lie
// in are compressed, rewritten and removed.
func TestReadWhileSegmentsMove(t *testing.T) {
	db := open(t, t.TempDir(), small())
	defer db.Close()
	create(t, db, "kept")
	create(t, db, "deleted")
	interleave(t, db, []string{"kept", "deleted", "deleted"}, 300)
	appendLines(t, db, "deleted", 300, 700)
	n := 0
	for e, err := range db.Entries(t.Context(), "kept", "", 0) {
		if err != nil {
			t.Fatalf("entry %d: %v", n, err)
		}
		if !strings.Contains(string(e.Raw), fmt.Sprintf(`"kept-%d"`, n)) {
			t.Fatalf("entry %d: got %s", n, e.Raw)
		}
		if n++; n == 5 {
			if err := db.Delete(t.Context(), "deleted", 0); err != nil {
				t.Fatal(err)
			}
		}
		if n%100 == 10 {
			if err := db.Maintain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n != 300 {
		t.Errorf("got %d entries, want 300", n)
	}
}

// TestSealedSegmentsAreCompressed waits for the compressor, and reads what it
// has made, also from the middle.
func TestSealedSegmentsAreCompressed(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, sessionstore.Options{SegmentBytes: 700 << 10, CompressAfter: 20 * time.Millisecond})
	defer db.Close()
	create(t, db, "s")
	interleave(t, db, []string{"s"}, 2000)
	until(t, "compression", func() bool {
		return len(files(t, dir, "segments", "*.zst")) == 2 && len(files(t, dir, "segments", "*.jsonl")) == 1
	})
	wantLines(t, db, "s", 2000)
	for _, from := range []int64{0, 255, 256, 700, 1999} {
		for e, err := range db.Entries(t.Context(), "s", "", from) {
			if want := fmt.Sprintf(`"s-%d"`, from); err != nil || !strings.Contains(string(e.Raw), want) {
				t.Errorf("entry %d: got %s, %v", from, e.Raw, err)
			}
			break
		}
	}
	corrupt := files(t, dir, "segments", "*.zst")[0]
	b, err := os.ReadFile(corrupt)
	if err != nil {
		t.Fatal(err)
	}
	b[1000] ^= 0xff
	if err := os.WriteFile(corrupt, b, 0o600); err != nil {
		t.Fatal(err)
	}
	var failed error
	for _, err := range db.Entries(t.Context(), "s", "", 0) {
		failed = err
	}
	if failed == nil {
		t.Errorf("reading a damaged segment: got no error")
	}
}

// TestCompressionWaits appends without a rest: what is sealed stays as it is,
// until it is too much.
func TestCompressionWaits(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, sessionstore.Options{SegmentBytes: 4 << 10, CompressAfter: time.Hour})
	defer db.Close()
	create(t, db, "s")
	interleave(t, db, []string{"s"}, 400) // a segment for each ten lines
	if names := files(t, dir, "segments", "*.zst"); len(names) > 0 {
		t.Errorf("%d segments are compressed, none is to be", len(names))
	}
	for at := 400; at < 1000; at += 10 {
		appendLines(t, db, "s", at, at+10)
	}
	until(t, "compression", func() bool { return len(files(t, dir, "segments", "*.zst")) >= 64 })
	wantLines(t, db, "s", 1000)
}

func TestNoCompress(t *testing.T) {
	dir := t.TempDir()
	o := small()
	o.NoCompress = true
	db := open(t, dir, o)
	defer db.Close()
	create(t, db, "s")
	interleave(t, db, []string{"s"}, 300)
	if err := db.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names := files(t, dir, "segments", "*.zst"); len(names) > 0 {
		t.Errorf("compressed segments: got %v, want none", names)
	}
}

// TestMaintainIsEnded stops maintenance in the middle; the next call goes on.
func TestMaintainIsEnded(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, small())
	defer db.Close()
	create(t, db, "s")
	interleave(t, db, []string{"s"}, 500)
	if err := db.Delete(t.Context(), "s", 0); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Maintain(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Maintain with a context that has ended: got %v, want Canceled", err)
	}
	if err := db.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := sizeOf(t, dir, "segments", "*"); now != 0 {
		t.Errorf("%d bytes are in use", now)
	}
}

// TestDamagedSegment cuts a segment short: it stays as it is, and the upkeep of
// the others goes on, those that are compressed and those that are rewritten.
func TestDamagedSegment(t *testing.T) {
	dir := t.TempDir()
	o := small()
	o.CompressAfter = time.Hour // nothing is compressed but by Maintain
	db := open(t, dir, o)
	defer db.Close()
	for _, id := range []string{"kept", "deleted", "later"} {
		create(t, db, id)
	}
	interleave(t, db, []string{"kept", "deleted"}, 200)
	appendLines(t, db, "later", 0, 10)
	plain := files(t, dir, "segments", "*.jsonl")
	damaged := plain[1]
	if err := os.Truncate(damaged, 32<<10); err != nil {
		t.Fatal(err)
	}
	for _, sparse := range []bool{false, true} {
		if sparse {
			if err := db.Delete(t.Context(), "deleted", 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Maintain(t.Context()); err != nil {
			t.Errorf("Maintain with a damaged segment: %v", err)
		}
		left := files(t, dir, "segments", "*")
		var unpacked []string
		for _, name := range left {
			if !strings.HasSuffix(name, ".zst") {
				unpacked = append(unpacked, name)
			}
		}
		if len(unpacked) > 2 || unpacked[0] != damaged {
			t.Errorf("not compressed: %q, want the damaged one, and maybe that which grows", unpacked)
		}
		if sparse && len(left) > len(plain)*3/4 {
			t.Errorf("%d segments are left of %d of which half was deleted", len(left), len(plain))
		}
	}
	wantLines(t, db, "later", 10)
}
