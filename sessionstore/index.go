package sessionstore

import (
	"cmp"
	"maps"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/google/btree"
)

// index is the list of sessions in memory, in every order that is asked for,
// and the turns that have not ended. The writer alone changes it, after each
// commit; all its methods are safe to call at once.
type index struct {
	mu     sync.Mutex
	byID   *btree.BTreeG[*summary]
	orders map[Order]*btree.BTreeG[*summary]
	counts map[group]int
	live   map[string][]byte // key of each live turn, by its id
}

// group is what sessions are counted by, so that the usual lists know their
// total without looking at every session.
type group struct {
	status   Status
	archived bool
}

func newIndex() *index {
	ix := &index{
		byID:   btree.NewG(degree, beforeByID),
		orders: make(map[Order]*btree.BTreeG[*summary]),
		counts: make(map[group]int),
		live:   make(map[string][]byte),
	}
	for order, before := range listOrders() {
		ix.orders[order] = btree.NewG(degree, before)
	}
	return ix
}

// degree makes nodes of 63 pointers.
const degree = 32

func beforeByID(a, b *summary) bool { return a.id < b.id }

// listOrders tells, for each Order, whether a is listed before b. No two
// sessions are equal in any of them.
func listOrders() map[Order]btree.LessFunc[*summary] {
	byID := func(a, b *summary) int { return cmp.Compare(a.id, b.id) }
	unnamed := func(s *summary) byte { return flag(s.name == "") }
	return map[Order]btree.LessFunc[*summary]{
		ByUpdated: func(a, b *summary) bool { return cmp.Or(cmp.Compare(b.updated, a.updated), byID(a, b)) < 0 },
		ByCreated: func(a, b *summary) bool { return cmp.Or(cmp.Compare(b.created, a.created), byID(a, b)) < 0 },
		ByName: func(a, b *summary) bool {
			return cmp.Or(cmp.Compare(unnamed(a), unnamed(b)), cmp.Compare(a.name, b.name), byID(a, b)) < 0
		},
	}
}

// apply makes what a commit changed visible, all at once.
func (ix *index) apply(plans []*plan) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	for _, p := range plans {
		for _, id := range p.drops {
			ix.remove(id)
		}
		for _, s := range p.puts {
			ix.put(s)
		}
		for id, key := range p.live {
			ix.setLive(id, key)
		}
	}
}

func (ix *index) put(s *summary) {
	ix.remove(s.id)
	ix.byID.ReplaceOrInsert(s)
	for _, t := range ix.orders {
		t.ReplaceOrInsert(s)
	}
	ix.counts[group{s.status, s.archived}]++
}

func (ix *index) remove(id string) {
	old, ok := ix.byID.Delete(&summary{id: id})
	if !ok {
		return
	}
	for _, t := range ix.orders {
		t.Delete(old)
	}
	ix.counts[group{old.status, old.archived}]--
}

// setLive notes the key of a live turn; nil is one that is live no more.
func (ix *index) setLive(id string, key []byte) {
	if key == nil {
		delete(ix.live, id)
		return
	}
	ix.live[id] = key
}

// get returns the summary of a session, or ErrNotFound.
func (ix *index) get(id string) (*summary, error) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	s, ok := ix.byID.Get(&summary{id: id})
	if !ok {
		return nil, ErrNotFound
	}
	return s, nil
}

// find returns up to limit sessions that ref fits, in the order of
// Store.Resolve: a name or an id fits one, a prefix may fit several.
func (ix *index) find(ref string, limit int) []*summary {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if s := ix.named(ref); s != nil {
		return []*summary{s}
	}
	if s, ok := ix.byID.Get(&summary{id: ref}); ok {
		return []*summary{s}
	}
	if utf8.RuneCountInString(ref) < MinPrefix {
		return nil
	}
	return ix.prefixed(ref, limit)
}

// MinPrefix is how much of an id must be said, in characters.
const MinPrefix = 4

func (ix *index) named(name string) (found *summary) {
	if name == "" {
		return nil
	}
	ix.orders[ByName].AscendGreaterOrEqual(&summary{name: name}, func(s *summary) bool {
		if s.name == name {
			found = s
		}
		return false
	})
	return found
}

func (ix *index) prefixed(prefix string, limit int) (found []*summary) {
	ix.byID.AscendGreaterOrEqual(&summary{id: prefix}, func(s *summary) bool {
		if !strings.HasPrefix(s.id, prefix) {
			return false
		}
		found = append(found, s)
		return len(found) < limit
	})
	return found
}

// liveKeys returns the keys of all live turns.
func (ix *index) liveKeys() [][]byte {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	keys := make([][]byte, 0, len(ix.live))
	for _, k := range ix.live {
		keys = append(keys, k)
	}
	return keys
}

// snapshot returns one order of the list, which nobody changes any more, and
// how many sessions are in each group.
func (ix *index) snapshot(o Order) (*btree.BTreeG[*summary], map[group]int) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	return ix.orders[o].Clone(), maps.Clone(ix.counts)
}
