package engine

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// sleeper is an engine whose store's clock can be moved, as a machine's that
// slept.
func sleeper(t *testing.T) (*Engine, *atomic.Int64) {
	var slept atomic.Int64
	store, err := sessionstore.Open("", sessionstore.Options{
		InMemory: true, Now: func() time.Time { return time.Now().Add(time.Duration(slept.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	e, err := New(Config{Store: store, MaxRuns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close(t.Context()) })
	for _, id := range []string{"s", "other"} {
		s := sessionstore.Session{ID: id, RootID: id, Status: sessionstore.Idle, Cwd: "/"}
		if _, err := store.Commit(t.Context(), sessionstore.Mutation{Create: &s}); err != nil {
			t.Fatal(err)
		}
	}
	return e, &slept
}

func (e *Engine) writeUnder(t *testing.T, l *lease) error {
	s, err := e.store.Session(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.store.Commit(t.Context(), sessionstore.Mutation{Token: l.token(), Update: &s})
	return err
}

func TestLeaseOutlivesASleep(t *testing.T) {
	e, slept := sleeper(t)
	l, err := e.lease(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	another, err := e.lease(t.Context(), "other") // tokens are the store's, not a session's
	if err != nil {
		t.Fatal(err)
	}
	defer another.close()
	slept.Store(int64(10 * leaseTTL))
	if err := e.writeUnder(t, l); err != nil {
		t.Errorf("a write after a sleep: %v", err)
	}
	another.token()
	for _, l := range []*lease{l, another} {
		select {
		case <-l.lost:
			t.Errorf("the lease of %s is lost by a sleep", l.now.SessionID)
		default:
		}
	}
}

func TestLeaseThatWasTakenIsLost(t *testing.T) {
	e, slept := sleeper(t)
	l, err := e.lease(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	slept.Store(int64(10 * leaseTTL))
	other, err := e.store.Acquire(t.Context(), "s", "somebody else", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.store.Release(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	l.token() // finds the lease free again, but not continued
	select {
	case <-l.lost:
	default:
		t.Error("a lease that somebody else has had in between is taken for continued")
	}
}
