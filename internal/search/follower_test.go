package search

import (
	"fmt"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// TestAllChangesAreTakenAtOnce: what is new must not wait until older changes
// were gathered a part at a time.
func TestAllChangesAreTakenAtOnce(t *testing.T) {
	p := newPlace(t)
	p.close()
	f := p.follower()
	const sessions = 1200 // the store tells 1,000 changes at once
	var last string
	for range sessions {
		last = p.session(sessionstore.Session{}).ID
	}
	if err := f.takeChanges(t.Context()); err != nil {
		t.Fatal(err)
	}
	if id, _ := f.queue.next(); id != last {
		t.Error("the newest change is not the first to be looked at")
	}
	if _, total := f.queue.progress(); total != sessions {
		t.Errorf("%d sessions were taken, want %d", total, sessions)
	}
}

// TestNoSearchWaitsForAnImport: as long as many sessions are to be indexed, a
// search answers with what there is.
func TestNoSearchWaitsForAnImport(t *testing.T) {
	p := newPlace(t)
	p.complete()
	p.end() // of the follower: nothing is indexed any more
	p.done.Wait()
	var ids []string
	for i := range 2 * soon {
		ids = append(ids, fmt.Sprint(i))
	}
	p.session(sessionstore.Session{})
	waits := func() bool {
		began := time.Now()
		p.catchUp(t.Context())
		return time.Since(began) >= freshness
	}
	if !waits() {
		t.Error("a search does not wait for one change")
	}
	p.queue.add(ids, 1)
	if waits() {
		t.Error("a search waits for many changes")
	}
}
