package sessionstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/klauspost/compress/zstd"
)

func openMem(t *testing.T, o Options) *DB {
	t.Helper()
	o.InMemory = true
	db, err := Open("", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func mustCreate(t *testing.T, db *DB, id string) {
	t.Helper()
	if _, err := db.Commit(t.Context(), Mutation{Create: &Session{ID: id, Status: Idle}}); err != nil {
		t.Fatal(err)
	}
}

func uuidLines(from, to int) (lines []json.RawMessage) {
	for i := from; i < to; i++ {
		lines = append(lines, fmt.Appendf(nil, `{"uuid":"%d"}`, i))
	}
	return lines
}

func countEntries(t *testing.T, db *DB, id string) (n int) {
	t.Helper()
	for _, err := range db.Entries(t.Context(), id, "", 0) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func TestNewerSchemaIsRefused(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = db.badger.Update(func(txn *badger.Txn) error {
		return txn.Set(metaKey(metaSchema), fmt.Append(nil, schemaVersion+1))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the first time leaves nothing open
		if _, err := Open(dir, Options{}); !errors.Is(err, ErrNewer) {
			t.Errorf("Open: got %v, want ErrNewer", err)
		}
	}
}

// failingFolder is a folder whose files cannot be synced while bad is set.
type failingFolder struct {
	folder
	bad *bool
}

func (f failingFolder) create(name string) (file, error) {
	inner, err := f.folder.create(name)
	return failingFile{inner, f.bad}, err
}

type failingFile struct {
	file
	bad *bool
}

var errDisk = errors.New("the disk is broken")

func (f failingFile) Sync() error {
	if *f.bad {
		return errDisk
	}
	return f.file.Sync()
}

// TestFailedSync makes the disk fail: nothing of the append is there, and when
// the disk is good again the same append succeeds.
func TestFailedSync(t *testing.T) {
	db := openMem(t, Options{})
	bad := false
	db.segments.folder = failingFolder{db.segments.folder, &bad}
	mustCreate(t, db, "s")
	add := func(from, to int) (int, error) {
		return db.Append(t.Context(), Append{SessionID: "s", Lines: uuidLines(from, to)})
	}
	if _, err := add(0, 3); err != nil {
		t.Fatal(err)
	}
	seq, err := db.Seq(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bad = true
	if _, err := add(2, 6); !errors.Is(err, errDisk) {
		t.Errorf("Append to a broken disk: got %v, want its error", err)
	}
	if now, err := db.Seq(t.Context()); err != nil || now != seq {
		t.Errorf("sequence number: got %d, %v, want %d as before", now, err, seq)
	}
	if n := countEntries(t, db, "s"); n != 3 {
		t.Errorf("entries: got %d, want 3", n)
	}
	bad = false
	if n, err := add(2, 6); n != 3 || err != nil {
		t.Errorf("the same append again: got %d, %v, want 3 new", n, err)
	}
	if n := countEntries(t, db, "s"); n != 6 {
		t.Errorf("entries: got %d, want 6", n)
	}
}

// TestTooLarge commits what no transaction takes, beside others who must not
// notice.
func TestTooLarge(t *testing.T) {
	db := openMem(t, Options{})
	dbDisk, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer dbDisk.Close()
	for _, db := range []*DB{db, dbDisk} {
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for round := range 5 {
					id := fmt.Sprintf("%d-%d", i, round)
					if i%2 == 0 {
						id += strings.Repeat("x", 70_000)
					}
					_, err := db.Commit(context.Background(), Mutation{Create: &Session{ID: id, Status: Idle}})
					if (err != nil) != (i%2 == 0) {
						t.Errorf("id of %d bytes: got %v", len(id), err)
					}
					if _, err := db.Session(context.Background(), id); (err != nil) != (i%2 == 0) {
						t.Errorf("id of %d bytes, read: got %v", len(id), err)
					}
				}
			})
		}
		all.Wait()
	}
	mustCreate(t, dbDisk, "s")
	huge := Turn{ID: "t", SessionID: "s", Status: TurnCompleted, Result: strings.Repeat("long ", 1<<20)}
	if _, err := dbDisk.Commit(t.Context(), Mutation{Turns: []Turn{huge}}); err != nil {
		t.Errorf("a turn of 5 MiB: %v", err)
	}
	if got, err := dbDisk.Turn(t.Context(), "t"); err != nil || got.Result != huge.Result {
		t.Errorf("a turn of 5 MiB, read: got %d bytes, %v", len(got.Result), err)
	}
}

// TestCloseDuringCalls closes a store that is used: who comes too late gets
// ErrClosed, and what was acknowledged before is there.
func TestCloseDuringCalls(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(dir, Options{SegmentBytes: 4 << 10, CompressAfter: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	mustCreate(t, db, "s")
	var all sync.WaitGroup
	written := make([]int, 4)
	use := func(call func(i int) error) {
		all.Go(func() {
			for i := 0; ; i++ {
				if err := call(i); err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Errorf("got %v, want ErrClosed", err)
					}
					return
				}
			}
		})
	}
	enough := make(chan struct{}, 4)
	for w := range written {
		use(func(i int) error {
			a := Append{SessionID: "s", Sub: fmt.Sprint(w), Lines: uuidLines(10*i, 10*i+10)}
			n, err := db.Append(context.Background(), a)
			if written[w] += n; i == 20 {
				enough <- struct{}{}
			}
			return err
		})
	}
	use(func(int) error { _, err := db.List(context.Background(), Query{Text: "x"}); return err })
	use(func(int) error { return db.Maintain(context.Background()) })
	use(func(int) error { _, err := db.Changes(context.Background(), 1<<40, 1); return ignoreResync(err) })
	use(func(int) error {
		for _, err := range db.Entries(context.Background(), "s", "0", 0) {
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		return nil
	})
	for range written {
		<-enough
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	all.Wait()
	if db, err = Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	heads, err := db.Transcripts(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	for w, h := range heads {
		if h.Entries != int64(written[w]) {
			t.Errorf("transcript %s: got %d entries, want %d", h.Sub, h.Entries, written[w])
		}
	}
}

func ignoreResync(err error) error {
	if errors.Is(err, ErrResync) {
		return nil
	}
	return err
}

func TestUUIDsAreEvicted(t *testing.T) {
	u := newUUIDSets()
	for i := range 5 {
		set := make(uuidSet)
		for j := range maxUUIDs / 2 {
			set[uuidHash{byte(j), byte(j >> 8), byte(j >> 16)}] = struct{}{}
		}
		tr := transcript{num: uint64(i)}
		u.add(usedSet{tr, set})
		if _, ok := u.sets[tr]; !ok {
			t.Errorf("the set in use, %d, was dropped", i)
		}
	}
	if len(u.sets) != 2 || u.total != maxUUIDs {
		t.Errorf("got %d sets of %d uuids, want the last two", len(u.sets), u.total)
	}
}

// TestCompressedIsPlainZstd reads a compressed segment with an ordinary decoder.
func TestCompressedIsPlainZstd(t *testing.T) {
	s, err := newSegments(newMemFolder())
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Repeat([]byte(`{"some":"line"}`+"\n"), 50_000) // not a multiple of a frame
	at := payload{place{segment: 7, length: int64(len(want))}, func(w io.Writer) error { _, err := w.Write(want); return err }}
	if err := s.append([]payload{at}); err != nil {
		t.Fatal(err)
	}
	if err := s.compress(7, int64(len(want)), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	f, err := s.folder.open(segmentName(7, compressedEnd))
	if err != nil {
		t.Fatal(err)
	}
	size, _ := f.Size()
	d, err := zstd.NewReader(io.NewSectionReader(f, 0, size))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if got, err := io.ReadAll(d); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(want))
	}
	for _, off := range []int{0, 1, frameSize - 1, frameSize, frameSize + 5, len(want) - 10} {
		p := make([]byte, min(600_000, len(want)-off))
		if err := s.readAt(7, p, int64(off), new(frame)); err != nil || !bytes.Equal(p, want[off:off+len(p)]) {
			t.Errorf("reading at %d: %v", off, err)
		}
	}
	if err := s.readAt(7, make([]byte, 20), int64(len(want)-10), new(frame)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("reading over the end: got %v, want ErrUnexpectedEOF", err)
	}
	if err := s.readAt(8, make([]byte, 1), 0, new(frame)); !errors.Is(err, errGone) {
		t.Errorf("reading an unknown segment: got %v, want errGone", err)
	}
}

// FuzzUnpack gives damaged records to all that read them: they may refuse them,
// but must not panic, nor read what is longer than the record.
func FuzzUnpack(f *testing.F) {
	f.Add(summarize(7, Session{ID: "s", Name: "n", Tags: []string{"t"}}).pack())
	f.Add(extent{place: place{1, 2, 3}, count: 4, uuids: []uuidHash{{1}, {2}}}.pack())
	f.Add(segment{1, 2, 3}.pack())
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := unpackSummary(b); err == nil {
			again, err := unpackSummary(s.pack())
			if err != nil || again.id != s.id || again.text != s.text || len(again.tags) != len(s.tags) {
				t.Errorf("summary: got %+v, %v, want %+v", again, err, s)
			}
		}
		if x, err := unpackExtent(extentKey(transcript{}, 0), b); err == nil {
			if again, err := unpackExtent(extentKey(transcript{}, 0), x.pack()); err != nil || again.place != x.place {
				t.Errorf("extent: got %+v, %v, want %+v", again, err, x)
			}
		}
		if _, err := unpackSegment(1, b); err != nil && !errors.Is(err, errCorrupt) {
			t.Errorf("segment: got %v", err)
		}
	})
}
