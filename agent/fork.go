package agent

import (
	"fmt"
	"slices"
)

// VerifyFork makes sure that a fork holds its parent's conversation up to a
// message: what was said there, in the same order and with the same words and
// uuids, is where the fork begins, and what follows is its own. At is a message
// of the parent; "" is its newest. Of a conversation that was compacted before
// that message, Claude Code copies what came since, and as much of the rest as
// it likes.
//
// The error says what is amiss.
func VerifyFork(parent, fork *Conversation, at string) error {
	if at == "" {
		at = parent.Leaf()
	}
	if !parent.Has(at) {
		return fmt.Errorf("verifying a fork: its parent has no message %s", at)
	}
	earlier, want := sinceCompaction(parent.Chain(at))
	got := said(fork.Chain(fork.Leaf()))
	got = slices.DeleteFunc(got, func(m Message) bool { return slices.ContainsFunc(earlier, m.same) })
	for i, m := range want {
		switch {
		case i >= len(got):
			return fmt.Errorf("verifying a fork: it has %d of the %d messages of its parent up to %s", i, len(want), at)
		case got[i].UUID != m.UUID:
			return fmt.Errorf("verifying a fork: message %d of %d is %s, in its parent %s", i+1, len(want), got[i].UUID, m.UUID)
		case !got[i].same(m):
			return fmt.Errorf("verifying a fork: message %s (%d of %d) is not what it is in its parent", m.UUID, i+1, len(want))
		}
	}
	if len(got) > len(want) && parent.Has(got[len(want)].UUID) {
		return fmt.Errorf("verifying a fork: it goes on with message %s of its parent, which comes after %s", got[len(want)].UUID, at)
	}
	return nil
}

func (m Message) same(n Message) bool { return m.UUID == n.UUID && m.Digest == n.Digest }

// sinceCompaction parts what was said where the chain was compacted last;
// earlier is empty if it never was.
func sinceCompaction(chain []Message) (earlier, since []Message) {
	for i, m := range slices.Backward(chain) {
		if m.boundary {
			return said(chain[:i]), said(chain[i:])
		}
	}
	return nil, said(chain)
}

// said leaves out what stands between the messages.
func said(chain []Message) []Message {
	var list []Message
	for _, m := range chain {
		if m.Conversation() {
			list = append(list, m)
		}
	}
	return list
}
