package engine

import (
	"slices"
	"sync"
)

// acts counts what running turns do and say, so that those who look on can wait
// for it. It is kept nowhere: an engine that begins counts on from the clock,
// and so takes whatever an earlier one told for old. It is safe to use at once.
type acts struct {
	mu    sync.Mutex
	last  uint64
	of    map[string]uint64 // the last one of each session that has a turn
	wakes map[int]func()    // called at the next one
	next  int               // key of wakes
}

func newActs(begin uint64) acts {
	return acts{last: begin, of: map[string]uint64{}, wakes: map[int]func(){}}
}

// note counts one of a session.
func (a *acts) note(session string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	a.of[session] = a.last
	for key, wake := range a.wakes {
		delete(a.wakes, key)
		wake()
	}
}

// forget is called at the end of a session's turn, which the store tells of.
func (a *acts) forget(session string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.of, session)
}

// since returns the count, and the sessions that had an act after another one.
func (a *acts) since(n uint64) (last uint64, sessions []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, at := range a.of {
		if at > n {
			sessions = append(sessions, id)
		}
	}
	slices.Sort(sessions)
	return a.last, sessions
}

// wake calls f, which must not block, when there is an act after n; at once if
// there is one already. The result ends that.
func (a *acts) wake(n uint64, f func()) (end func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, at := range a.of {
		if at > n {
			f()
			return func() {}
		}
	}
	key := a.next
	a.next++
	a.wakes[key] = f
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.wakes, key)
	}
}
