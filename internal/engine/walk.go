package engine

import (
	"iter"
	"maps"
	"slices"

	"github.com/claude-sessions/claude-sessions/agent"
)

// firstBlock is how many lines are read at first, from the end of a tape. Each
// block before it is twice as long, so that a page from the end costs what it
// shows, and a walk to the start reads each line once.
const firstBlock = 32

// A link places an entry in the chain, and says what a page may show of it. It is
// all that is kept of the lines that a walk passes.
type link struct {
	uuid, parent string
	reply        string // id of the model's message, if it is one
	seq          int64  // number of its line
	speaker      string // "" for bookkeeping
	says         says
}

// says are the kinds of blocks that an entry has.
type says uint8

const (
	saysText says = 1 << iota
	saysThinking
	saysTools // uses or results
)

func saysOf(r *agent.Reading) (s says) {
	for kind, bit := range map[agent.BlockKind]says{
		agent.TextBlock: saysText, agent.ThinkingBlock: saysThinking, agent.ToolUseBlock: saysTools, agent.ToolResultBlock: saysTools,
	} {
		if r.Has(kind) {
			s |= bit
		}
	}
	return s
}

// A walk goes along a branch of a tape from newer messages to older ones, and
// reads the tape backwards as it goes.
type walk struct {
	tape  *tape
	links map[string]link
	first int64 // number of the oldest line that was read; -1 before any was
	block int64
	err   error // what ended the reading
}

func newWalk(t *tape) *walk {
	return &walk{tape: t, links: map[string]link{}, first: -1, block: firstBlock}
}

// beginAt makes a walk begin at a line rather than at the end of the tape.
func (w *walk) beginAt(line int64) {
	if w.tape.lines >= 0 && line < w.tape.lines {
		w.first = line + 1
	}
}

// more reads the block before those that were read. It is false at the start
// of the tape and after an error.
func (w *walk) more() bool {
	end := w.first
	if end < 0 {
		end = w.tape.lines
	}
	if end == 0 || w.err != nil {
		return false
	}
	begin := max(0, end-w.block)
	if end < 0 { // of an unknown length: all at once
		begin = 0
	}
	for entry, err := range w.tape.from(begin) {
		if err != nil {
			w.err = err
			return false
		}
		if end >= 0 && entry.Seq >= end {
			break
		}
		w.add(entry.Seq, entry.Raw)
	}
	w.first, w.block = begin, 2*w.block
	return true
}

// all reads the tape to its start.
func (w *walk) all() error {
	for w.more() {
	}
	return w.err
}

// goesOn tells whether a tape begins with what was read: nothing of it has been
// taken away, or changed its place, since.
func (w *walk) goesOn(t *tape) bool {
	if t.lines < 0 || w.tape.lines < 0 {
		return t.key == w.tape.key
	}
	last, ok := w.links[w.newest()]
	if !ok || t.lines <= last.seq {
		return false
	}
	for entry, err := range t.from(last.seq) {
		return err == nil && agent.EntryID(entry.Raw) == last.uuid
	}
	return false
}

// onTo reads what a tape has more than was read, and tells whether that is
// anything.
func (w *walk) onTo(t *tape) (grown bool, err error) {
	from := w.tape.lines
	w.tape = t
	if t.lines == from {
		return false, nil
	}
	for entry, err := range t.from(from) {
		if err != nil {
			return false, err
		}
		w.add(entry.Seq, entry.Raw)
	}
	return true, nil
}

// add takes a line. Of two with one uuid the older counts.
func (w *walk) add(seq int64, line []byte) {
	r, ok := agent.ParseReading(line)
	if !ok || r.Sidechain && w.tape.sub == "" {
		return
	}
	if old, twice := w.links[r.UUID]; twice && old.seq < seq {
		return
	}
	w.links[r.UUID] = link{uuid: r.UUID, parent: r.Parent, reply: r.Reply, seq: seq, speaker: r.Speaker, says: saysOf(&r)}
}

// get finds an entry, among the older lines too.
func (w *walk) get(uuid string) (link, bool) {
	for uuid != "" {
		if l, ok := w.links[uuid]; ok {
			return l, true
		}
		if !w.more() {
			break
		}
	}
	return link{}, false
}

// leaf is the newest entry: where the living branch ends.
func (w *walk) leaf() string {
	if w.tape.leaf != "" {
		return w.tape.leaf
	}
	for len(w.links) == 0 && w.more() {
	}
	return w.newest()
}

// newest is the newest entry of all that were read; "" if there is none.
func (w *walk) newest() string {
	newest := link{seq: -1}
	for _, l := range w.links {
		if l.seq > newest.seq {
			newest = l
		}
	}
	return newest.uuid
}

// back yields the branch that ends in a message, the newest first.
func (w *walk) back(uuid string) iter.Seq[link] {
	return func(yield func(link) bool) {
		seen := map[string]bool{} // against a loop, which only a broken file has
		for l, ok := w.get(uuid); ok && !seen[l.uuid]; l, ok = w.get(l.parent) {
			seen[l.uuid] = true
			if !yield(l) {
				return
			}
		}
	}
}

// leafAbove is where the branch of a message ends: the living one if the
// message is on it, else the newest one that it is on; "" if it is nowhere.
func (w *walk) leafAbove(uuid string) string {
	living := w.leaf()
	tried := map[string]bool{}
	if w.passes(living, uuid, tried) {
		return living
	}
	if _, ok := w.get(uuid); !ok || w.tape.leaf != "" {
		return ""
	}
	newestFirst := slices.SortedFunc(maps.Values(w.links), func(a, b link) int { return int(b.seq - a.seq) })
	for _, l := range newestFirst {
		if w.passes(l.uuid, uuid, tried) {
			return l.uuid
		}
	}
	return ""
}

// passes tells whether the branch that ends in leaf has a message. What was
// tried before is not tried again.
func (w *walk) passes(leaf, uuid string, tried map[string]bool) bool {
	for l := range w.back(leaf) {
		if l.uuid == uuid {
			return true
		}
		if tried[l.uuid] {
			return false
		}
		tried[l.uuid] = true
	}
	return false
}
