package agent

import "slices"

// Loaded returns the entries that Claude Code holds when it has resumed the
// session, in their order, from the last compact_boundary on. A fork begins
// with these entries; Reaches tells after which of them Claude Code itself can
// fork. Some of them are held and not sent: see Message.Sent.
func (c *Conversation) Loaded() []Message { return c.messagesAt(c.loaded(c.tip())) }

// Active returns the conversation as a person reads it: what Loaded returns,
// and before that all that was said before the session was compacted. Messages
// that a compaction kept are where they were said, and not repeated after it.
func (c *Conversation) Active() []Message { return c.messagesAt(c.whole(c.tip())) }

// UpTo returns what a fork after a message holds: what is loaded up to it or,
// if it is not loaded, its own branch from the last compaction on. It is nil
// if the message is not there.
func (c *Conversation) UpTo(uuid string) []Message {
	return c.messagesAt(c.prefix(c.loaded, uuid))
}

// ReadUpTo is UpTo with all that was said before the session was compacted.
func (c *Conversation) ReadUpTo(uuid string) []Message {
	return c.messagesAt(c.prefix(c.whole, uuid))
}

// Through returns the newest branch that has a message, as a person reads it:
// what Active returns if the message is part of that. It is nil if the message
// is not there.
func (c *Conversation) Through(uuid string) []Message {
	place := c.place(uuid)
	if place < 0 {
		return nil
	}
	list := c.whole(c.tip())
	if !slices.Contains(list, place) {
		list = c.whole(c.newestBelow(place, c.ancestor))
	}
	return c.messagesAt(list)
}

// Reaches reports whether Claude Code itself can fork the session after a message,
// so that the fork holds what was said up to it. It cannot after one that was
// compacted: if that was kept, the fork would begin with the summary.
func (c *Conversation) Reaches(uuid string) bool {
	places := c.loaded(c.tip())
	i := slices.Index(places, c.place(uuid))
	return i >= 0 && !c.kept(places, places[i]) && !isDropped(c.messagesAt(places), i)
}

// isDropped reports whether Claude Code drops an entry when it loads a list: the
// use of a tool that has no result, unless it is the last message.
func isDropped(list []Message, i int) bool {
	return len(list[i].uses) > 0 && slices.ContainsFunc(list[i+1:], Message.said) &&
		!slices.ContainsFunc(list, func(m Message) bool {
			return slices.ContainsFunc(m.results, func(use string) bool { return slices.Contains(list[i].uses, use) })
		})
}

// CanFork reports whether a fork after a message would hold anything: whether it
// is an entry of the session itself, and something is sent up to it.
func (c *Conversation) CanFork(uuid string) bool {
	place := c.place(uuid)
	return place >= 0 && (!c.messages[place].Sidechain || c.Reaches(uuid)) && len(c.SentUpTo(uuid)) > 0
}

// ForkPoint returns the uuid of the entry after which a fork of the whole
// session is made: the last of those that are loaded which is sent. It is "" if
// there is none.
func (c *Conversation) ForkPoint() string {
	loaded := c.loaded(c.tip())
	for _, i := range slices.Backward(loaded) {
		if c.messages[i].Sent() && !c.kept(loaded, i) {
			return c.messages[i].UUID
		}
	}
	return ""
}

func (c *Conversation) messagesAt(places []int) []Message {
	if places == nil {
		return nil
	}
	list := make([]Message, len(places))
	for i, place := range places {
		list[i] = c.messages[place]
	}
	return list
}

// place returns where a message is, or -1.
func (c *Conversation) place(uuid string) int {
	if i, ok := c.at[uuid]; ok {
		return i
	}
	return -1
}

// prefix returns the part up to a message of the list that of makes for the
// tip, or of that for the message itself if the first does not have it.
func (c *Conversation) prefix(of func(tip int) []int, uuid string) []int {
	place := c.place(uuid)
	list := of(c.tip())
	if i := slices.Index(list, place); i >= 0 && !c.kept(list, place) {
		return list[:i+1]
	}
	return of(place)
}

// kept reports whether a list has the message at a place only since a compaction
// kept it: it was said before what now precedes it.
func (c *Conversation) kept(list []int, place int) bool {
	return place < c.boundary && slices.Contains(list, c.boundary) && slices.Index(list, place) > slices.Index(list, c.boundary)
}

// parentsFor returns how parents are found from the entry at a place on: of what
// precedes the last compaction, as they were before it.
func (c *Conversation) parentsFor(place int) func(int) int {
	if place < c.boundary {
		return c.linked
	}
	return c.parent
}

// loaded returns the places of what Claude Code holds when it continues from
// the entry at a place; nil for -1.
func (c *Conversation) loaded(tip int) []int {
	chain := c.sinceBoundary(c.chain(tip, c.parentsFor(tip)))
	if tip >= 0 && tip == c.tip() {
		chain = c.trailing(chain)
	}
	least := 0
	if len(c.relinked) > 0 && slices.Contains(chain, c.boundary) {
		least = c.boundary
	}
	return c.gather(chain, least)
}

// trailing adds to the chain that ends at the tip what else follows its last
// message that is no message itself: attachments, and commands that were left.
func (c *Conversation) trailing(chain []int) []int {
	last := len(chain) - 1
	for last >= 0 && !c.spoken(chain[last]) {
		last--
	}
	if last < 0 {
		return chain
	}
	below := map[int]bool{chain[last]: true}
	list := slices.Clone(chain[:last+1])
	for place := range c.messages {
		if parent := c.parent(place); parent >= 0 && below[parent] && !c.spoken(place) && !c.messages[place].boundary && !c.messages[place].Sidechain {
			below[place] = true
			list = append(list, place)
		}
	}
	return list
}

// sinceBoundary leaves out what precedes the last boundary of a chain.
func (c *Conversation) sinceBoundary(chain []int) []int {
	for i, place := range slices.Backward(chain) {
		if c.messages[place].boundary {
			return chain[i:]
		}
	}
	return chain
}

// whole returns the places of all that a person reads on the branch that ends at
// a place; nil for -1.
func (c *Conversation) whole(tip int) []int {
	var parts [][]int
	seen := make(map[int]bool) // boundaries, against a loop
	for list := c.loaded(tip); len(list) > 0 && !seen[list[0]]; {
		seen[list[0]] = true
		parts = append(parts, list)
		list = c.gather(c.sinceBoundary(c.chain(c.compacted(list[0]), c.linked)), 0)
	}
	slices.Reverse(parts)
	return c.onlyOnce(slices.Concat(parts...))
}

// onlyOnce leaves out all but the first of equal places.
func (c *Conversation) onlyOnce(list []int) []int {
	seen := make([]bool, len(c.messages))
	return slices.DeleteFunc(list, func(i int) bool {
		again := seen[i]
		seen[i] = true
		return again
	})
}

// compacted returns the place of the last entry of what was compacted at a place;
// -1 if nothing was.
func (c *Conversation) compacted(place int) int {
	m := c.messages[place]
	if !m.boundary && !m.summary {
		return -1
	}
	if p := c.linked(place); p >= 0 {
		return p
	}
	if p := c.place(m.logicalParent); p >= 0 && p != place {
		return p
	}
	return c.bridge(place, func(int) bool { return false })
}

// chain returns the places of the branch that ends at one, the first entry
// first.
func (c *Conversation) chain(tip int, parent func(int) int) []int {
	seen := make([]bool, len(c.messages))
	var chain []int
	for i := tip; i >= 0; {
		seen[i] = true
		chain = append(chain, i)
		next := parent(i)
		if next >= 0 && seen[next] {
			next = c.bridge(i, func(place int) bool { return seen[place] })
		}
		i = next
	}
	slices.Reverse(chain)
	return chain
}

// linked returns the place of an entry's parent; -1 for an entry that begins a
// conversation.
func (c *Conversation) linked(place int) int {
	uuid := c.throughProgress(c.messages[place].Parent)
	if uuid == "" {
		return -1
	}
	if p := c.place(uuid); p >= 0 {
		return p
	}
	return c.bridge(place, func(int) bool { return false })
}

// throughProgress returns the parent that a parentUuid leads to: that of the
// progress lines, if it names one.
func (c *Conversation) throughProgress(uuid string) string {
	for range len(c.hops) { // they may form a loop
		next, ok := c.hops[uuid]
		if !ok {
			break
		}
		uuid = next
	}
	return uuid
}

// ancestor is linked, and goes on beyond compactions.
func (c *Conversation) ancestor(place int) int {
	if p := c.linked(place); p >= 0 {
		return p
	}
	return c.compacted(place)
}

// parent is linked after the last compaction, which may have kept messages: they
// follow its anchor, and what followed the anchor follows them.
func (c *Conversation) parent(place int) int {
	if c.relinked == nil {
		c.relinked = c.relink()
	}
	if p, ok := c.relinked[place]; ok {
		return p
	}
	return c.linked(place)
}

// relink returns the parents that the last compaction changed. One that names a
// message that is not there changed none.
func (c *Conversation) relink() map[int]int {
	changed := make(map[int]int)
	if c.boundary < 0 || c.messages[c.boundary].preserved == nil {
		return changed
	}
	kept := c.messages[c.boundary].preserved
	anchor, head, tail := c.place(kept.anchor), c.place(kept.head), c.place(kept.tail)
	if anchor < 0 || head < 0 || tail < 0 || slices.ContainsFunc(kept.uuids, func(uuid string) bool { return c.place(uuid) < 0 }) {
		return changed
	}
	chain := c.chain(tail, c.linked)
	if !slices.Contains(chain, head) || slices.Contains(chain, anchor) {
		return changed
	}
	for place := range c.messages {
		if c.linked(place) == anchor && !c.messages[place].Sidechain {
			changed[place] = tail
		}
	}
	changed[head] = anchor
	return changed
}
