package agent

import (
	"encoding/json"
	"slices"
)

// A Conversation is the model of what the lines of one transcript say. It is
// made in one pass over the lines, in the order of the file, of any version of
// Claude Code. Reading, fork points, verification of forks, outcomes of turns
// and reports all use it. Its rules are Claude Code's own: what SentUpTo("")
// returns is what Claude Code sends to the model when it resumes the session,
// which the test in test/oracle compares. Its TestShown lists what Active
// returns besides. The rules were measured with Claude Code 2.1.332.
//
// How each kind of line is used:
//
//   - "user", "assistant", "attachment" and "system" lines with a uuid are
//     entries. Their parentUuid links them.
//   - "progress" lines are no entries, but a parentUuid may lead through them.
//   - Lines of any other type are no part of the conversation.
//   - A later line with the uuid of an earlier one replaces it.
//   - A parent that is not in the file, or that would close a loop, is replaced
//     by the newest entry that is not newer than the entry, by their timestamps:
//     one of the session itself for an entry of the session, one of a sub-agent
//     for an entry of a sub-agent. An entry that names no parent, or that
//     names a missing one and has no timestamp, begins a conversation.
//   - Parts of one message of the model (lines with one message id) belong
//     together, with the results of their tools, wherever they are attached.
//   - A compact_boundary begins what is sent: see Loaded and Active.
//   - Entries with isSidechain are of sub-agents: see Sidechains. They are part
//     of the session itself only where its own entries are linked to them.
//
// The zero Conversation is empty and keeps no words. It is not safe for
// concurrent use.
type Conversation struct {
	words bool // Text and Digest are kept
	sub   bool // it is of a sub-agent: isSidechain says nothing

	messages []Message           // in the order of the lines
	at       map[string]int      // uuid to its place in messages
	hops     map[string]string   // uuid of a progress line to its parent
	replies  map[string][]int    // id of the model's message to its parts
	results  map[string][]int    // id of a use of a tool to entries with its result
	tasks    map[uint64][]string // hash of a prompt to the uses of tools that gave it to sub-agents
	folded   map[string]string   // uuid that a prompt was given under to the entry that holds it
	byTime   [2][]int            // places of entries of the session itself, and of sub-agents, that have a timestamp, by that; nil: not sorted since the last line
	newest   int                 // place of the entry of the session itself whose line is the last
	found    int                 // place of the tip; -1: not looked for since the last line
	boundary int                 // place of the last compact_boundary; -1: none
	relinked map[int]int         // places of parents that the last compaction changed; nil: not looked for since the last line
	lines    int64               // that were added
}

// NewConversation returns an empty conversation that keeps the words of its
// messages, as Turn and VerifyFork need them.
func NewConversation() *Conversation { return &Conversation{words: true} }

// NewOutline returns an empty conversation that keeps what links its messages,
// but neither Text nor Digest of them. For subagent it is that of a sub-agent
// with a transcript of its own, in which all entries have isSidechain.
func NewOutline(subagent bool) *Conversation { return &Conversation{sub: subagent} }

// Add takes the next line of the transcript. A line that has no place in the
// conversation is counted and skipped.
func (c *Conversation) Add(line json.RawMessage) {
	c.AddLine(c.lines, line)
}

// AddLine is Add for a line with a number, which becomes Message.Line. Numbers
// must rise. It returns the entry, or false for a line that is none.
func (c *Conversation) AddLine(number int64, line json.RawMessage) (Message, bool) {
	c.lines = number + 1
	if Bulky(line) {
		return Message{}, false
	}
	m, ok := parseMessage(line, c.words)
	if !ok || m.UUID == "" {
		return Message{}, false
	}
	m.Line, m.Sidechain = number, m.Sidechain && !c.sub
	c.relinked, c.byTime, c.found = nil, [2][]int{}, -1
	switch m.Type {
	case "user", "assistant", "attachment", "system":
		c.add(m)
		return m, true
	case "progress":
		c.hop(m)
	}
	return Message{}, false
}

func (c *Conversation) hop(m Message) {
	if c.hops == nil {
		c.hops = make(map[string]string)
	}
	c.hops[m.UUID] = m.Parent
}

// add takes an entry.
func (c *Conversation) add(m Message) {
	if c.at == nil {
		c.at, c.replies, c.results = make(map[string]int), make(map[string][]int), make(map[string][]int)
		c.folded, c.tasks = make(map[string]string), make(map[uint64][]string)
		c.newest, c.boundary = -1, -1
	}
	if m.Type == "user" && len(m.results) > 0 {
		m.Text = "" // a tool's, which may be long
	}
	place, again := c.at[m.UUID]
	if again {
		c.forget(place)
		c.messages[place] = m
	} else {
		place = len(c.messages)
		c.at[m.UUID] = place
		c.messages = append(c.messages, m)
	}
	if !m.Sidechain {
		c.newest = place
	}
	c.index(place, m)
}

func (c *Conversation) index(place int, m Message) {
	if m.Type == "assistant" && m.reply != "" {
		c.replies[m.reply] = append(c.replies[m.reply], place)
	}
	for _, use := range m.results {
		c.results[use] = append(c.results[use], place)
	}
	for _, t := range m.tasks {
		c.tasks[t.prompt] = append(c.tasks[t.prompt], t.use)
	}
	if m.foldedFrom != "" {
		c.folded[m.foldedFrom] = m.UUID
	}
	if m.boundary && !m.Sidechain {
		c.boundary = place
	}
}

// forget undoes index for an entry that is replaced.
func (c *Conversation) forget(place int) {
	m := c.messages[place]
	drop := func(list []int) []int { return slices.DeleteFunc(list, func(i int) bool { return i == place }) }
	c.replies[m.reply] = drop(c.replies[m.reply])
	for _, use := range m.results {
		c.results[use] = drop(c.results[use])
	}
}

// Has reports whether a message is part of any branch, or of a sub-agent.
func (c *Conversation) Has(uuid string) bool {
	_, ok := c.at[uuid]
	return ok
}

// Len returns how many entries there are, those of sub-agents included.
func (c *Conversation) Len() int { return len(c.messages) }

// Tip returns the uuid of the entry that Claude Code continues from when it
// resumes the session: the last of the session itself in the file whose branch
// has a message of the user or the model, or a later message that is linked to
// it. It is "" if there is none.
func (c *Conversation) Tip() string {
	if tip := c.tip(); tip >= 0 {
		return c.messages[tip].UUID
	}
	return ""
}

func (c *Conversation) tip() int {
	if len(c.messages) == 0 || c.newest < 0 {
		return -1
	}
	if c.found < 0 {
		c.found = c.findTip()
	}
	return c.found
}

func (c *Conversation) findTip() int {
	tip := c.latestBelow(c.newest)
	for ; tip >= 0; tip-- {
		if !c.messages[tip].Sidechain && slices.ContainsFunc(c.chain(tip, c.parent), c.spoken) {
			break
		}
	}
	return tip
}

// latestBelow returns the message with the latest timestamp of those that are
// linked, directly or not, to the entry at a place; the entry itself if none is as
// late. This matters where lines are repeated or out of order.
func (c *Conversation) latestBelow(place int) int {
	children := make(map[int][]int)
	for i, m := range c.messages {
		if parent := c.place(c.throughProgress(m.Parent)); parent >= 0 && !m.Sidechain {
			children[parent] = append(children[parent], i)
		}
	}
	latest := place
	below := map[int]bool{}
	for queue := []int{place}; len(queue) > 0; queue = queue[1:] {
		i := queue[0]
		if below[i] {
			continue
		}
		below[i] = true
		if c.spoken(i) && !c.messages[i].Time.Before(c.messages[latest].Time) {
			latest = i
		}
		queue = append(queue, children[i]...)
	}
	return latest
}

// spoken reports whether the entry at a place is a message of the user, a tool
// or the model.
func (c *Conversation) spoken(place int) bool { return c.messages[place].said() }

// newestBelow returns the newest entry of the session itself whose branch, by
// parent, has the one at a place: that one itself, at least.
func (c *Conversation) newestBelow(place int, parent func(int) int) int {
	off := make([]bool, len(c.messages)) // places whose branch is known not to have it
	for leaf := len(c.messages) - 1; leaf > place; leaf-- {
		if c.messages[leaf].Sidechain || off[leaf] {
			continue
		}
		chain := c.chain(leaf, parent)
		if slices.Contains(chain, place) {
			return leaf
		}
		for _, i := range chain {
			off[i] = true
		}
	}
	return place
}
