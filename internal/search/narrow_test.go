package search

import (
	"fmt"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// TestNarrowSearch looks for a common word in a few sessions of many: not all
// that has the word is read, and what is found is the same.
func TestNarrowSearch(t *testing.T) {
	p := newPlace(t)
	at := time.Now().Add(-time.Hour)
	lines := func(n int) (all []string) {
		for i := range n {
			at = at.Add(time.Millisecond)
			all = append(all, message("user", fmt.Sprint(at.UnixNano(), i), "maple", at))
		}
		return all
	}
	few := p.session(sessionstore.Session{}, lines(250)...)
	p.session(sessionstore.Session{}, lines(3*inVain)...)
	p.say(few.ID, lines(150)...)
	p.session(sessionstore.Session{}, lines(inVain)...)
	p.complete()
	fits := func(id string) (bool, error) { return id == few.ID, nil }

	terms, err := parse("maple")
	if err != nil {
		t.Fatal(err)
	}
	s := &search{db: p.db.read, q: Query{Fits: fits}, terms: terms, sessions: map[int64]*session{}}
	if s.cursor, err = openCursor("", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.page(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.among == "" {
		t.Error("all hits are read for the few that are wanted")
	}

	seen := map[string]bool{}
	q := Query{Text: "maple", Fits: fits, Limit: 150}
	for more := true; more; more = q.Cursor != "" {
		page, err := p.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range page.Hits {
			if h.SessionID != few.ID || seen[h.UUID] {
				t.Fatalf("hit %+v: of another session, or twice", h)
			}
			seen[h.UUID] = true
		}
		q.Cursor = page.Next
	}
	if len(seen) != 400 {
		t.Errorf("%d hits, want 400", len(seen))
	}
	q.Fits = func(string) (bool, error) { return false, nil }
	if page, err := p.Search(t.Context(), q); err != nil || len(page.Hits) > 0 {
		t.Errorf("where nothing is wanted: %d hits, %v", len(page.Hits), err)
	}
}

// BenchmarkNarrowSearch looks for a common word in one session of many.
func BenchmarkNarrowSearch(b *testing.B) {
	p := newPlace(b)
	at := time.Now().Add(-time.Hour)
	var wanted string
	for i := range 100 {
		var all []string
		for k := range 1000 {
			at = at.Add(time.Millisecond)
			all = append(all, message("user", fmt.Sprint(i, " ", k), "maple", at))
		}
		if s := p.session(sessionstore.Session{}, all...); i == 0 {
			wanted = s.ID
		}
	}
	p.complete()
	for _, c := range []struct {
		name string
		fits func(string) (bool, error)
	}{
		{"all", func(string) (bool, error) { return true, nil }},
		{"one", func(id string) (bool, error) { return id == wanted, nil }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if page, err := p.Search(b.Context(), Query{Text: "maple", Fits: c.fits}); err != nil || len(page.Hits) != 20 {
					b.Fatal(len(page.Hits), err)
				}
			}
		})
	}
}
