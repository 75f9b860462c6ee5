package sessionstore

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestBreather: long work makes room for those who use the store, as long as
// there is not too much of it.
func TestBreather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &DB{closing: make(chan struct{})}
		breathe := db.breather(t.Context())
		const work = 10 * time.Millisecond
		rests := func(when string, want time.Duration) {
			time.Sleep(work)
			began := time.Now()
			if err := breathe(); err != nil {
				t.Error(err)
			}
			if got := time.Since(began); got != want {
				t.Errorf("%s: %v of rest, want %v", when, got, want)
			}
		}
		rests("not used", work)
		db.uses.Add(1)
		rests("used", usedRest*work)
		rests("not used since", work)
		db.sealed.Store(mostPlain + 1)
		db.uses.Add(1)
		rests("used, and crowded", work)
	})
}
