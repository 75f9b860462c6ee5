package sessionstore

import (
	"encoding/json"
	"fmt"
	"testing"
)

// Whether an entry is known costs the same in a transcript of few appends and in
// one of many, once the first was asked for.
func TestKnownOfManyAppends(t *testing.T) {
	const appends = 1000
	db := openMem(t, Options{})
	ctx := t.Context()
	mustCreate(t, db, "s")
	for i := range appends {
		line := json.RawMessage(fmt.Sprintf(`{"uuid":"u-%d"}`, i))
		if _, err := db.Append(ctx, Append{SessionID: "s", Lines: []json.RawMessage{line}}); err != nil {
			t.Fatal(err)
		}
	}
	known := db.Known("s", "")
	for _, uuid := range []string{fmt.Sprintf("u-%d", appends-1), "new"} {
		ask := func() {
			if got, err := known(ctx, uuid); got != (uuid != "new") || err != nil {
				t.Fatalf("Known(%q): got %v, %v", uuid, got, err)
			}
		}
		ask()
		if n := testing.AllocsPerRun(10, ask); n > 100 {
			t.Errorf("to ask for %q takes %g allocations", uuid, n)
		}
	}
}

// The writer's count of the uuids that it remembers holds when a verbatim append
// repeats some: they would be forgotten too early otherwise.
func TestRepeatedUUIDsCountOnce(t *testing.T) {
	db := openMem(t, Options{})
	mustCreate(t, db, "s")
	line := json.RawMessage(`{"uuid":"u"}`)
	for range 3 {
		if n, err := db.Append(t.Context(), Append{SessionID: "s", Verbatim: true, Lines: []json.RawMessage{line, line}}); n != 2 || err != nil {
			t.Fatalf("got %d new, %v", n, err)
		}
	}
	if err := db.Close(); err != nil { // ends the writer
		t.Fatal(err)
	}
	if db.seen.total != 1 {
		t.Errorf("counted %d uuids, want 1", db.seen.total)
	}
}
