package sessionstore

import "sync"

// recent keeps the records of the sessions that were read last: to decode them
// is most of what a page of a list costs. They are found by their summaries, and
// each write of a session makes a new one, so that none is ever too old: it is as
// new as its summary or newer. All methods are safe to call at once.
type recent struct {
	mu    sync.Mutex
	kept  map[*summary]Session
	older map[*summary]Session // a generation before; dropped when kept is full
}

// maxRecent is how many records are in a generation: some 2 KB each.
const maxRecent = 200

// get returns the record of a session, for the caller to change.
func (r *recent) get(of *summary) (Session, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.kept[of]
	if !ok {
		if s, ok = r.older[of]; ok {
			r.put(of, s)
		}
	}
	return s.Clone(), ok
}

// keep takes a record, which the caller may change afterwards.
func (r *recent) keep(of *summary, s Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(of, s.Clone())
}

// put makes room for a record and puts it there. mu is held.
func (r *recent) put(of *summary, s Session) {
	if r.kept == nil || len(r.kept) == maxRecent {
		r.kept, r.older = make(map[*summary]Session, maxRecent), r.kept
	}
	r.kept[of] = s
}
