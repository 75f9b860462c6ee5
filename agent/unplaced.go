package agent

import "slices"

// branches counts the messages of the session itself that no other follows.
func (c *Conversation) branches() (n int) {
	followed := make(map[int]bool)
	for i, m := range c.messages {
		if parent := c.linked(i); parent >= 0 && m.said() && !m.Sidechain {
			followed[parent] = true
		}
	}
	for i, m := range c.messages {
		if m.said() && !m.Sidechain && !followed[i] {
			n++
		}
	}
	return n
}

// compactions counts the compactions, also those of versions that mark only the
// summary.
func (c *Conversation) compactions() (n int) {
	for i, m := range c.messages {
		if m.boundary || m.summary && c.linked(i) < 0 {
			n++
		}
	}
	return n
}

// unplaced finds what does not fit together, in the order of the file.
func (c *Conversation) unplaced() (list []Finding) {
	used := make(map[string]bool)
	for _, m := range c.messages {
		for _, use := range m.uses {
			used[use] = true
		}
	}
	for i, m := range c.messages {
		found := func(kind string) { list = append(list, Finding{Kind: kind, Line: int(m.Line), UUID: m.UUID}) }
		if uuid := c.throughProgress(m.Parent); uuid != "" && c.place(uuid) < 0 {
			if c.linked(i) < 0 {
				found(FoundUnboundEntry)
			} else {
				found(FoundMissingParent)
			}
		}
		if c.inLoop(i) {
			found(FoundLoop)
		}
		if slices.ContainsFunc(m.results, func(use string) bool { return !used[use] }) {
			found(FoundStrayResult)
		}
		if i < len(c.messages)-1 && slices.ContainsFunc(m.uses, func(use string) bool { return len(c.results[use]) == 0 }) {
			found(FoundUnansweredUse)
		}
	}
	return list
}

// inLoop reports whether an entry is its own ancestor, and the first of its loop
// in the file: a loop is told once.
func (c *Conversation) inLoop(place int) bool {
	seen := make(map[int]bool)
	first := place
	for i := c.place(c.messages[place].Parent); i >= 0 && !seen[i]; i = c.place(c.messages[i].Parent) {
		if i == place {
			return first == place
		}
		seen[i] = true
		first = min(first, i)
		if len(seen) > maxLoop {
			return false
		}
	}
	return false
}

// maxLoop bounds how long a loop may be that is told: without a bound a long
// chain would cost its square.
const maxLoop = 64
