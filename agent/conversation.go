package agent

import (
	"encoding/json"
	"slices"
)

// A Conversation is what the lines of a transcript amount to: messages linked
// to their parents, in one or more branches. It keeps a bounded part of each
// message. It is not safe for concurrent use.
type Conversation struct {
	messages []Message      // in the order of the lines
	at       map[string]int // uuid to its place in messages
	folded   map[string]string
}

// NewConversation returns an empty conversation.
func NewConversation() *Conversation {
	return &Conversation{at: make(map[string]int), folded: make(map[string]string)}
}

// Add takes the next line of the transcript. Lines that are no part of the
// conversation, or there already, are passed over.
func (c *Conversation) Add(line json.RawMessage) {
	m, ok := ParseMessage(line)
	if !ok || !m.linked() || c.Has(m.UUID) {
		return
	}
	if m.Type == "user" && !m.Prompt {
		m.Text = "" // a tool's, which may be long
	}
	c.at[m.UUID] = len(c.messages)
	c.messages = append(c.messages, m)
	if m.foldedFrom != "" {
		c.folded[m.foldedFrom] = m.UUID
	}
}

// Has tells whether a message is part of any branch.
func (c *Conversation) Has(uuid string) bool {
	_, ok := c.at[uuid]
	return ok
}

// Leaf returns the uuid of the newest message, on whose branch a resume goes
// on; "" if there is none.
func (c *Conversation) Leaf() string {
	if len(c.messages) == 0 {
		return ""
	}
	return c.messages[len(c.messages)-1].UUID
}

// Chain returns the branch that ends in a message, first message first; nil
// if the message is not there. It goes on beyond compactions.
func (c *Conversation) Chain(to string) []Message {
	var chain []Message
	seen := make(map[int]bool) // against a loop, which only a broken file has
	for i := c.place(to); i >= 0 && !seen[i]; i = c.place(c.messages[i].Parent) {
		seen[i] = true
		chain = append(chain, c.messages[i])
	}
	slices.Reverse(chain)
	return chain
}

// below returns what follows a message on the newest of its branches, in
// order and without the message itself.
func (c *Conversation) below(start int) []Message {
	tried := make(map[int]bool)
	for leaf := len(c.messages) - 1; leaf >= 0; leaf-- {
		var branch []Message
		for i := leaf; i >= 0 && !tried[i]; i = c.place(c.messages[i].Parent) {
			if i == start {
				slices.Reverse(branch)
				return branch
			}
			tried[i] = true
			branch = append(branch, c.messages[i])
		}
	}
	return nil
}

// place returns where a message is, or -1.
func (c *Conversation) place(uuid string) int {
	if i, ok := c.at[uuid]; ok {
		return i
	}
	return -1
}
