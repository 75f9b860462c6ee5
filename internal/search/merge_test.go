package search

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// segments is of how many parts the full-text table is.
func (p *place) segments() (n int) {
	p.t.Helper()
	if err := p.db.read.QueryRow(`SELECT count(DISTINCT segid) FROM words_idx`).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// follower is one that does nothing by itself, of a closed index.
func (p *place) follower() *follower {
	p.t.Helper()
	db, err := openDatabase(p.dir, p.store.Instance())
	if err != nil {
		p.t.Fatal(err)
	}
	p.db = db
	f := &follower{store: p.store, db: db, queue: &queue{}, searches: &p.searches, imported: p.imported}
	f.queue.reset()
	if err := f.begin(context.Background()); err != nil {
		p.t.Fatal(err)
	}
	return f
}

// Every change that is indexed by itself makes a segment. They are merged when
// nothing waits, also those of an index that is opened again, and all is found
// before, meanwhile and after.
func TestSegmentsAreMergedAtRest(t *testing.T) {
	p := newPlace(t)
	p.close()
	for i := range 3 * merging {
		p.session(sessionstore.Session{}, say(fmt.Sprintf("common word%d", i)))
	}
	f := p.follower()
	for id, ok := f.queue.next(); ok; id, ok = f.queue.next() {
		one, err := f.newBatch(t.Context())
		if err == nil {
			err = one.sessions(t.Context(), []string{id})
		}
		if err == nil {
			err = one.commit(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := p.segments(); n < 3*merging {
		t.Fatalf("written one by one, %d sessions are in %d segments: merged while others wait", 3*merging, n)
	}
	if err := p.db.close(); err != nil {
		t.Fatal(err)
	}

	p.open()
	for deadline := time.Now().Add(patience); p.segments() >= merging; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still %d segments", p.segments())
		}
		if page, err := p.Search(context.Background(), Query{Text: "common", Limit: maxLimit}); err != nil || len(page.Hits) != 3*merging {
			t.Fatalf("%d hits while it is merged, want %d: %v", len(page.Hits), 3*merging, err)
		}
	}
	p.until("common", 3*merging)
	p.until("word7", 1)
}

// A change that comes while there is much to merge waits for a step at most.
func TestAChangeEndsTheMerging(t *testing.T) {
	p := newPlace(t)
	f := &follower{store: p.store, db: p.db, queue: &queue{}, searches: &p.searches, untidy: true}
	f.queue.reset() // it has seen nothing so far
	p.session(sessionstore.Session{}, say("new"))
	if err := f.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !f.untidy {
		t.Error("it merged although the store had changed")
	}
}

// What is indexed at once becomes one segment, however many messages are of one
// second, and also where others were there before.
func TestABatchIsOneSegment(t *testing.T) {
	p := newPlace(t)
	at := time.Now().Add(-time.Hour)
	for batch := 1; batch <= 3; batch++ {
		var lines []string
		for i := range 3 * slots {
			lines = append(lines, message("user", fmt.Sprintf("%d-%d", batch, i), "same", at))
		}
		p.session(sessionstore.Session{}, lines...)
		p.complete()
		if n := p.segments(); n > 2*batch { // a session may be seen before it has its messages
			t.Fatalf("%d batches made %d segments", batch, n)
		}
	}
	var docs int
	if err := p.db.read.QueryRow(`SELECT count(*) FROM docs WHERE text = 'same'`).Scan(&docs); err != nil || docs != 9*slots {
		t.Errorf("%d messages are indexed, want %d: %v", docs, 9*slots, err)
	}
}
