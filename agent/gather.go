package agent

import "slices"

// gather adds to a chain the parts of the model's messages that are attached
// elsewhere, and the results of their tools: tools that run at the same time
// leave their uses and results on branches of their own. What is added stands
// where it stands in the file, from the first of these entries on the chain to
// the last; what is outside follows the nearer of these two.
//
// Where a compaction kept messages, nothing else that precedes it is added: least
// is the place of the first entry that may be.
func (c *Conversation) gather(chain []int, least int) []int {
	in := make([]membership, len(c.messages))
	position := make([]int, len(c.messages)) // on the chain
	for i := range least {
		in[i] = barred
	}
	for k, i := range chain {
		in[i], position[i] = chained, k
	}
	after := make(map[int][]int) // what is added, by the place that it follows
	done := make(map[string]bool)
	for _, i := range chain {
		m := c.messages[i]
		if m.Type != "assistant" || m.reply == "" || done[m.reply] {
			continue
		}
		done[m.reply] = true
		c.gatherReply(m.reply, i, in, chain, position, after)
	}
	if len(after) == 0 {
		return chain
	}
	var list []int
	for _, i := range chain {
		list = append(append(list, i), after[i]...)
	}
	return list
}

// membership says why an entry is part of a list.
type membership uint8

const (
	chained membership = iota + 1 // it is part of the chain
	added                         // it belongs to a message that is
	barred                        // it must not be added
)

// gatherReply adds what belongs to one message of the model; first is its
// first part on the chain. A result that is linked to a part stands where it
// is in the file; a stray one, which is linked to something else, comes late.
func (c *Conversation) gatherReply(reply string, first int, in []membership, chain, position []int, after map[int][]int) {
	linked, any := first, first // the last on the chain so far: of what is no stray result, and of all
	entries := c.ofReply(reply, in)
	stray := func(i int) bool {
		return c.messages[i].Type == "user" && !slices.Contains(c.replies[reply], c.linked(i))
	}
	for k, i := range entries {
		switch {
		case in[i] == chained && i > first:
			if any = i; !stray(i) {
				linked = i
			}
		case in[i] == 0:
			in[i] = added
			isResult, late := c.messages[i].Type == "user", stray(i)
			follow := linked
			if isResult {
				follow = any
			}
			next := slices.IndexFunc(entries[k:], func(i int) bool {
				return in[i] == chained && (isResult || !stray(i)) && (!late || c.messages[i].Type == "user")
			})
			if next >= 0 && position[entries[k+next]] > position[follow] {
				follow = c.between(i, late, chain[position[follow]:position[entries[k+next]]], follow)
			}
			after[follow] = append(after[follow], i)
		}
	}
}

// between returns the place that an entry follows which stands between two of the
// same message: the last of the entries between them that precedes it in the
// file. What stands there and is no message comes after a part of the message. A
// stray result, which is not linked to a part of the message, comes last.
func (c *Conversation) between(place int, stray bool, chain []int, otherwise int) int {
	for _, i := range slices.Backward(chain) {
		if stray || i < place && (c.spoken(i) || c.messages[place].Type == "user") {
			return i
		}
	}
	return otherwise
}

// ofReply returns the places of the parts of a message of the model and of the
// results of its tools, in the order of the file. Of results that are not linked
// to a part of the message, those count whose use has no other result.
func (c *Conversation) ofReply(reply string, in []membership) []int {
	parts := c.replies[reply]
	list := slices.Clone(parts)
	for _, part := range parts {
		for _, use := range c.messages[part].uses {
			results := c.results[use]
			resolved := slices.ContainsFunc(results, func(i int) bool { return in[i] == chained || slices.Contains(parts, c.linked(i)) })
			for _, i := range results {
				if in[i] == chained || !resolved || slices.Contains(parts, c.linked(i)) {
					list = append(list, i)
				}
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
