// Package storetest holds the laws of a [sessionstore.Store] as a suite that
// every backend must pass: a backend's test is a [Backend] and a call of [Run].
// What differs between backends are fields of Backend, never conditions in a
// law.
//
// A suite that passes whatever it is given is worth nothing. So a law runs on
// the small interface [T], and [Law.Check] tells what it has to say about a
// store that is broken on purpose.
package storetest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// T is what a law needs of a *testing.T.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
	TempDir() string
}

// Backend is a store to be held to the laws.
type Backend struct {
	// Open makes a new, empty store whose clock is now. The suite closes it.
	Open func(t T, now func() time.Time) sessionstore.Store
	// Reopen closes a store and opens it again, with the same clock. Nil: the
	// store keeps nothing when it is closed.
	Reopen func(t T, s sessionstore.Store) sessionstore.Store
	// ChangesKept is how many changes the store keeps at least; after ten times
	// as many the oldest must be gone. 0: not to be tried.
	ChangesKept int
	// Bulk is how many bytes the large transcript has; 0: 4 MiB.
	Bulk int
	// Rounds is how often writers that race write; 0: 20.
	Rounds int
	// Patience is how long a law waits for what must happen; 0: 20 s.
	Patience time.Duration
}

// Law is one thing that a store must hold to.
type Law struct {
	Name string
	hold func(*kit)
}

// Laws are all laws.
func Laws() []Law {
	return slices.Concat(sessionLaws(), nameLaws(), deleteLaws(), turnLaws(), keyLaws(), leaseLaws(),
		entryLaws(), dropLaws(), rawLaws(), sourceLaws(), listLaws(), pageLaws(), changeLaws(), raceLaws())
}

// Run holds a backend to all laws, each a subtest with a store of its own.
func Run(t *testing.T, b Backend) {
	for _, l := range Laws() {
		t.Run(l.Name, func(t *testing.T) { l.run(t, b) })
	}
}

func (l Law) run(t T, b Backend) {
	k := &kit{T: t, ctx: context.Background(), clock: newClock(), b: b}
	k.Store = b.Open(t, k.clock.Now)
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	l.hold(k)
}

// Check returns what the law has to say about a backend: nothing, if it holds
// to it.
func (l Law) Check(t *testing.T, b Backend) (complaints []string) {
	r := &recorder{T: t}
	done := make(chan struct{})
	go func() { // of its own, as Fatalf ends it
		defer close(done)
		l.run(r, b)
	}()
	<-done
	return r.said()
}

// recorder is a T that keeps complaints to itself.
type recorder struct {
	T
	mu         sync.Mutex
	complaints []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.complaints = append(r.complaints, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) said() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.complaints)
}
