package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func raceLaws() []Law {
	return []Law{
		{"batches of eight writers are never interleaved", batchesWhole},
		{"eight writers of one record lose nothing", updatesWhole},
		{"a delete ends appends", deleteDuringAppend},
		{"a reader sees what was there when it began", readDuringAppend},
	}
}

func batchesWhole(k *kit) {
	k.create("s")
	const size = 5
	each(8, func(w int) {
		for round := range k.rounds() {
			var part []string
			for i := range size {
				part = append(part, line(fmt.Sprintf("%d.%d.%d", w, round, i)))
			}
			if n, err := k.Append(k.ctx, batch("s", "", part...)); err != nil || n != size {
				k.Errorf("Append: got %d, %v, want %d", n, err, size)
			}
		}
	})
	k.reopen()
	got := k.entries("s", "", 0)
	k.same("the number of entries", len(got), 8*k.rounds()*size)
	next := make(map[string]int) // the round that each writer must be in
	for i := 0; i+size <= len(got); i += size {
		writer, _, _ := strings.Cut(strings.TrimPrefix(got[i], `{"uuid":"`), ".")
		for j := range size {
			if want := line(fmt.Sprintf("%s.%d.%d", writer, next[writer], j)); got[i+j] != want {
				k.Fatalf("entry %d: got %s, want %s", i+j, got[i+j], want)
			}
		}
		next[writer]++
	}
}

func updatesWhole(k *kit) {
	k.create("s")
	var conflicts atomic.Int32
	each(8, func(w int) {
		for range k.rounds() {
			for !k.increment(&conflicts) {
			}
		}
	})
	s := k.session("s")
	if want := 8 * k.rounds(); s.Turns != want || s.Version != uint64(want)+1 {
		k.Errorf("got %d increments in version %d, want %d and %d", s.Turns, s.Version, want, want+1)
	}
}

// increment tries to count s.Turns up.
func (k *kit) increment(conflicts *atomic.Int32) bool {
	s, err := k.Session(k.ctx, "s")
	if err != nil {
		k.Errorf("Session: %v", err)
		return true
	}
	s.Turns++
	_, err = k.Commit(k.ctx, sessionstore.Mutation{Update: &s})
	if errors.Is(err, sessionstore.ErrConflict) {
		conflicts.Add(1)
		return false
	}
	if err != nil {
		k.Errorf("Commit: %v", err)
	}
	return true
}

func deleteDuringAppend(k *kit) {
	for round := range 3 {
		id := fmt.Sprint("s", round)
		k.create(id)
		begun := make(chan struct{}, 4)
		go func() {
			for range 4 {
				<-begun
			}
			if err := k.Delete(k.ctx, id, 0); err != nil {
				k.Errorf("Delete: %v", err)
			}
			close(begun)
		}()
		each(4, func(w int) {
			for i := 0; ; i++ {
				_, err := k.Append(k.ctx, batch(id, fmt.Sprint(w), line(fmt.Sprint(i))))
				if i == 0 {
					begun <- struct{}{}
				}
				if errors.Is(err, sessionstore.ErrNotFound) {
					return
				}
				if err != nil {
					k.Errorf("Append: %v", err)
					return
				}
			}
		})
		<-begun
		k.create(id)
		k.refuses("entries after the delete", k.entriesError(id, "0"), sessionstore.ErrNotFound)
	}
}

func readDuringAppend(k *kit) {
	k.create("s")
	want := lines("u", 300)
	k.append("s", "", want...)
	n := 0
	for e, err := range k.Entries(k.ctx, "s", "", 0) {
		k.must(err)
		if n < len(want) && string(e.Raw) != want[n] {
			k.Errorf("entry %d: got %s, want %s", n, e.Raw, want[n])
		}
		if n++; n%50 == 0 {
			k.append("s", "", line(fmt.Sprint("while reading ", n)))
		}
		if n > 400 {
			k.Fatalf("reading does not end")
		}
	}
	if n < len(want) {
		k.Errorf("got %d entries, want at least %d", n, len(want))
	}
}
