package agent

import (
	"cmp"
	"hash/fnv"
	"slices"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

// A Sidechain is a sub-agent whose messages are in the session's own transcript,
// as versions of Claude Code before 2.0.28 wrote them.
type Sidechain struct {
	Name    string    // as the Sub of a sub-agent that has a file of its own; SubOf finds it by the sub-agent's id
	BegunBy string    // id of the use of a tool that began it; "" if that is not known
	Entries []Message // in the order of the file
}

// inlineSub begins the names of sub-agents that have no file of their own.
const inlineSub = "inline/agent-"

// Sidechains returns the sub-agents whose messages are in this transcript, in
// the order in which they began. What belongs to the session itself, as its own
// messages are linked to it, is left out.
func (c *Conversation) Sidechains() []Sidechain {
	own := make(map[int]bool)
	for _, i := range c.whole(c.tip()) {
		own[i] = true
	}
	var list []Sidechain
	byID := make(map[string]int)
	used := make(map[string]bool)
	for i, m := range c.messages {
		if !m.Sidechain || own[i] {
			continue
		}
		root := c.root(i)
		id := cmp.Or(m.agent, c.messages[root].UUID)
		k, known := byID[id]
		if !known {
			k = len(list)
			byID[id] = k
			list = append(list, Sidechain{Name: inlineSub + id, BegunBy: c.begunBy(root, used)})
		}
		list[k].Entries = append(list[k].Entries, m)
	}
	return list
}

// SidechainOf returns the sub-agent that has a message; false if none has it.
func (c *Conversation) SidechainOf(uuid string) (Sidechain, bool) {
	place := c.place(uuid)
	if place < 0 || !c.messages[place].Sidechain {
		return Sidechain{}, false
	}
	for _, s := range c.Sidechains() {
		if slices.ContainsFunc(s.Entries, func(m Message) bool { return m.UUID == uuid }) {
			return s, true
		}
	}
	return Sidechain{}, false
}

// root returns the place of the entry with which a sub-agent begins.
func (c *Conversation) root(place int) int {
	seen := map[int]bool{}
	for {
		seen[place] = true
		parent := c.linked(place)
		if parent < 0 || seen[parent] || !c.messages[parent].Sidechain {
			return place
		}
		place = parent
	}
}

// begunBy finds the use of a tool that gave a sub-agent its prompt. Of several
// with the same prompt each begins one.
func (c *Conversation) begunBy(root int, used map[string]bool) string {
	if c.messages[root].task == 0 {
		return ""
	}
	for _, use := range c.tasks[c.messages[root].task] {
		if !used[use] {
			used[use] = true
			return use
		}
	}
	return ""
}

// A task is the use of a tool that gives a sub-agent its prompt.
type task struct {
	use    string
	prompt uint64 // hash
}

// taskOf reads the use of a tool; false if it begins no sub-agent.
func taskOf(b block) (task, bool) {
	if !BeginsAgent(b.Name) {
		return task{}, false
	}
	prompt := jsonscan.String(b.Input, "prompt")
	return task{use: b.ID, prompt: promptHash(prompt)}, prompt != ""
}

// promptHash is 0 for no prompt only.
func promptHash(prompt string) uint64 {
	if prompt == "" {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(prompt))
	return cmp.Or(h.Sum64(), 1)
}
