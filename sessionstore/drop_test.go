package sessionstore_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// What is dropped is off the disk after the next maintenance, also of the
// segment that grows; the neighbours in the same segments stay.
func TestDropFreesSpace(t *testing.T) {
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
	full := space(t, db)
	if disk := sizeOf(t, dir, "segments", "*"); disk != full.Disk {
		t.Errorf("on disk are %d bytes, told %d", disk, full.Disk)
	}
	for _, id := range ids[:8] {
		if err := db.DropEntries(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if now := space(t, db); now.Kept > full.Kept/4 || now.Disk < full.Disk/2 {
		t.Errorf("after the drop: %+v, before %+v", now, full)
	}
	if err := db.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := sizeOf(t, dir, "segments", "*"); now > full.Disk*2/5 {
		t.Errorf("after dropping 80 %%: %d of %d bytes are in use", now, full.Disk)
	}
	wantLines(t, db, ids[9], 60)
}

func space(t *testing.T, db sessionstore.Store) sessionstore.Space {
	t.Helper()
	s, err := db.Space(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A transcript of more extents than one write can take away is dropped whole.
func TestDropOfAVeryLongTranscript(t *testing.T) {
	db := open(t, "", sessionstore.Options{InMemory: true})
	create(t, db, "s")
	for i := range 6_010 { // one write takes 6,000
		if _, err := db.Append(t.Context(), sessionstore.Append{SessionID: "s", Lines: []json.RawMessage{fmt.Appendf(nil, `{"n":%d}`, i)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.DropEntries(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	heads, err := db.Transcripts(t.Context(), "s")
	if err != nil || len(heads) != 0 || space(t, db).Lines != 0 {
		t.Errorf("left are %v, %v, %+v", heads, err, space(t, db))
	}
}
