package engine

import (
	"slices"
	"sync"
	"time"
)

// A branch is the living branch of a tape, the oldest entry first: what tells
// a reader who goes on towards newer messages where to go. It can only be found
// from its end, by reading all lines. So that of a long transcript is kept for a
// while, and only what was added since is read for the next page.
type branch struct {
	links []link
	at    map[string]int // place in links, by uuid
}

// newBranch takes the living branch from a walk that has read all of its tape.
func newBranch(w *walk) *branch {
	b := &branch{at: map[string]int{}}
	for l := range w.back(w.newest()) {
		b.links = append(b.links, l)
	}
	slices.Reverse(b.links)
	for i, l := range b.links {
		b.at[l.uuid] = i
	}
	return b
}

const (
	branchLines = 1_000           // shorter tapes are read anew for each page
	maxBranches = 4               // that are kept
	maxLinks    = 300_000         // of all branches that are kept: some 100 MiB
	branchRest  = 2 * time.Minute // how long one is kept that nobody reads
)

// branches are those that are kept. The zero value keeps none yet.
type branches struct {
	mu   sync.Mutex
	kept []*keptBranch // the one used last is the last
}

// keptBranch can take in what is added to its tape. key and timer are fixed,
// branches.mu guards links, and its own mutex the rest.
type keptBranch struct {
	key   tapeKey
	timer *time.Timer // forgets it
	links int         // how many it keeps

	mu   sync.Mutex
	walk *walk // has read all lines
	now  *branch
}

// tapeKey tells tapes apart. A file that has changed is another one.
type tapeKey struct {
	owner, sub string
	file       string // path, size and time of change; "" is the store
}

// of returns the living branch of a tape.
func (bs *branches) of(t *tape) (*branch, error) {
	if t.lines >= 0 && t.lines < branchLines {
		w := newWalk(t)
		err := w.all()
		return newBranch(w), err
	}
	k := bs.take(t.key)
	k.mu.Lock()
	defer k.mu.Unlock()
	grown, err := k.read(t)
	if err != nil {
		bs.forget(k)
		return nil, err
	}
	if grown {
		k.now = newBranch(k.walk)
		bs.bound(k, len(k.walk.links))
	}
	return k.now, nil
}

// read brings the walk to the end of a tape, and tells whether there was more.
// A tape that is not the one which was read, but longer, is read anew.
func (k *keptBranch) read(t *tape) (grown bool, err error) {
	if k.walk != nil && k.walk.goesOn(t) {
		return k.walk.onTo(t)
	}
	k.walk = newWalk(t)
	return true, k.walk.all()
}

// take finds a kept branch, or makes an empty one, and makes it the last.
func (bs *branches) take(key tapeKey) *keptBranch {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	i := slices.IndexFunc(bs.kept, func(k *keptBranch) bool { return k.key == key })
	if i < 0 {
		k := &keptBranch{key: key}
		k.timer = time.AfterFunc(branchRest, func() { bs.forget(k) })
		bs.kept = append(bs.kept, k)
		return k
	}
	k := bs.kept[i]
	k.timer.Reset(branchRest)
	bs.kept = append(slices.Delete(bs.kept, i, i+1), k)
	return k
}

func (bs *branches) forget(k *keptBranch) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	k.timer.Stop()
	bs.kept = slices.DeleteFunc(bs.kept, func(other *keptBranch) bool { return other == k })
}

// bound forgets the branches that were not used for longest: all others, if the
// one that was just read is so long.
func (bs *branches) bound(k *keptBranch, links int) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	k.links = links
	total := 0
	for _, other := range bs.kept {
		total += other.links
	}
	for len(bs.kept) > 1 && (len(bs.kept) > maxBranches || total > maxLinks) && bs.kept[0] != k {
		total -= bs.kept[0].links
		bs.kept[0].timer.Stop()
		bs.kept = bs.kept[1:]
	}
}
