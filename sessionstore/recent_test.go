package sessionstore

import (
	"fmt"
	"testing"
)

// Records that are read again stay, however many others are read; the others
// go, and what a caller does to a record changes none that is kept.
func TestRecent(t *testing.T) {
	var r recent
	often := &summary{id: "often"}
	r.keep(often, Session{ID: "often", Tags: []string{"a"}})
	var first *summary
	for i := range 5 * maxRecent {
		of := &summary{id: fmt.Sprint(i)}
		if r.keep(of, Session{ID: of.id}); i == 0 {
			first = of
		}
		s, ok := r.get(often)
		if !ok || s.ID != "often" || s.Tags[0] != "a" {
			t.Fatalf("after %d others: got %+v, %t", i+1, s, ok)
		}
		s.Tags[0] = "changed"
	}
	if s, ok := r.get(first); ok {
		t.Errorf("a record that nobody reads is kept: %+v", s)
	}
	if n := len(r.kept) + len(r.older); n > 2*maxRecent {
		t.Errorf("%d records are kept, more than %d", n, 2*maxRecent)
	}
}
