package agent

import (
	"fmt"
	"slices"
)

// VerifyFork makes sure that a fork holds its parent's conversation up to a
// message: what Claude Code sends of it is where the fork begins, with the same
// words and uuids, in the same order but within one message of the model and
// its results, and what follows is the fork's own. At is a message of the
// parent; "" is its ForkPoint. Of what precedes the parent's last compaction,
// Claude Code copies as much as it likes.
//
// The error says what is wrong.
func VerifyFork(parent, fork *Conversation, at string) error {
	if at == "" {
		at = parent.ForkPoint()
	}
	if !parent.Has(at) {
		return fmt.Errorf("verifying a fork: its parent has no message %s", at)
	}
	got := digests(fork.Active())
	last, err := inOrder(parent.SentUpTo(at), parent.linkedUpTo(at), got)
	if err != nil {
		return fmt.Errorf("verifying a fork: %w up to %s", err, at)
	}
	allowed := digests(slices.Concat(parent.ReadUpTo(at), parent.UpTo(at)))
	if err := own(parent, allowed, got.order, last); err != nil {
		return fmt.Errorf("verifying a fork: %w %s", err, at)
	}
	return nil
}

// inOrder makes sure that a fork has all messages that are wanted, those that are
// linked to each other in their order, and returns the place of the last of them;
// -1 if none is wanted.
func inOrder(want [][]Message, linked map[string]bool, got digested) (last int, err error) {
	last = -1
	before := -1 // where the unit before begins
	for _, unit := range want {
		begin := len(got.order)
		for _, m := range unit {
			place, there := got.place[m.UUID]
			if !m.said() || !there && got.resolves(m) {
				continue
			}
			if !there {
				return 0, fmt.Errorf("it lacks message %s of its parent", m.UUID)
			}
			if last = max(last, place); linked[m.UUID] {
				begin = min(begin, place)
			}
		}
		if begin < before {
			return 0, fmt.Errorf("message %s is not where it is in its parent", unit[0].UUID)
		}
		if begin < len(got.order) {
			before = begin
		}
	}
	return last, nil
}

// linkedUpTo returns the uuids of the branch that UpTo is about: what it returns
// without what belongs to the model's messages and is attached elsewhere.
func (c *Conversation) linkedUpTo(uuid string) map[string]bool {
	tip := c.tip()
	if !c.Reaches(uuid) {
		tip = c.place(uuid)
	}
	linked := make(map[string]bool)
	for _, i := range c.chain(tip, c.parentsFor(tip)) {
		linked[c.messages[i].UUID] = true
	}
	return linked
}

// own makes sure that a fork has no message of its parent but those that are
// allowed, these unchanged, and nothing of its own before the last of them that
// is wanted.
func own(parent *Conversation, allowed digested, fork []Message, last int) error {
	for i, m := range fork {
		place, ok := allowed.place[m.UUID]
		switch {
		case ok && allowed.order[place].Digest != m.Digest:
			return fmt.Errorf("message %s is not what it is in its parent, up to", m.UUID)
		case ok:
		case parent.Has(m.UUID):
			return fmt.Errorf("it has message %s of its parent, which does not precede", m.UUID)
		case i < last:
			return fmt.Errorf("message %s, which its parent does not have, precedes", m.UUID)
		}
	}
	return nil
}

// digested are the messages of a list, in its order, and where each of them is.
type digested struct {
	order   []Message
	place   map[string]int
	results map[string]bool // uses of tools that have a result
}

// resolves reports whether there is another result for each use of a tool of
// which m is the result: a transcript may hold several.
func (d digested) resolves(m Message) bool {
	return len(m.results) > 0 && !slices.ContainsFunc(m.results, func(use string) bool { return !d.results[use] })
}

func digests(list []Message) digested {
	d := digested{place: make(map[string]int), results: make(map[string]bool)}
	for _, m := range list {
		for _, use := range m.results {
			d.results[use] = true
		}
		if m.said() {
			d.place[m.UUID] = len(d.order)
			d.order = append(d.order, m)
		}
	}
	return d
}

// SentUpTo returns what Claude Code sends to the model when the session is forked
// after a message; "" is for a resume. Each element is a prompt, or a message of
// the model with the results of its tools, whose parts may be in any order. Of
// what UpTo returns, thoughts alone, empty answers, errors of the API, and uses
// of tools without a result and results without a use are not sent.
func (c *Conversation) SentUpTo(uuid string) [][]Message {
	all := c.Loaded()
	switch {
	case uuid == "":
		return units(sent(slices.Clone(all), all))
	case c.Reaches(uuid):
		return units(sent(c.UpTo(uuid), all))
	}
	held := c.UpTo(uuid)
	return units(sent(slices.Clone(held), held))
}

// sent leaves of what Claude Code holds up to a message only what it sends. All
// is what it holds before it goes back to that message. Held may be overwritten.
func sent(held, all []Message) []Message {
	results := make(map[string]bool)
	last := "" // uuid of the last message
	for _, m := range all {
		for _, use := range m.results {
			results[use] = true
		}
		if m.said() {
			last = m.UUID
		}
	}
	reply, uses := "", make(map[string]bool) // of the model's last message
	return slices.DeleteFunc(held, func(m Message) bool {
		if m.reply != "" && m.reply != reply {
			reply = m.reply
			clear(uses)
		}
		for _, use := range m.uses {
			uses[use] = true
		}
		switch {
		case !m.Sent():
			return true
		case len(m.uses) > 0 && m.UUID != last: // one at the end is given a result
			return !slices.ContainsFunc(m.uses, func(use string) bool { return results[use] })
		case len(m.results) > 0:
			return !slices.ContainsFunc(m.results, func(use string) bool { return uses[use] })
		}
		return false
	})
}

// units parts messages into those whose order matters: a prompt, or a message of
// the model with the results of its tools. Parts of a message that stand apart
// are several.
func units(list []Message) [][]Message {
	var units [][]Message
	reply, answer := "", -1 // the model's last message, and its unit
	for _, m := range list {
		switch {
		case m.reply != "" && m.reply == reply, len(m.results) > 0 && answer >= 0:
			units[answer] = append(units[answer], m)
			continue
		case m.Type == "user":
			reply = ""
		case m.reply != "":
			reply, answer = m.reply, len(units)
		}
		units = append(units, []Message{m})
	}
	return units
}
