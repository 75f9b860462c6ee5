package engine

import (
	"slices"
	"sync"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
)

// A link is an entry of a conversation, and says what a page may show of it.
type link struct {
	uuid    string
	reply   string // id of the model's message, if it is one
	line    int64  // number of its line
	speaker string // "" for bookkeeping
	says    says
}

// says are the kinds of blocks that an entry has.
type says uint8

const (
	saysText says = 1 << iota
	saysThinking
	saysTools // uses or results
)

func saysOf(blocks []agent.BlockKind) (s says) {
	for _, b := range blocks {
		switch b {
		case agent.TextBlock:
			s |= saysText
		case agent.ThinkingBlock:
			s |= saysThinking
		default:
			s |= saysTools
		}
	}
	return s
}

// An outline is the conversation of a tape, without its words, and what a page
// may show of each of its entries. It takes in what is added to the tape.
type outline struct {
	tape  *tape
	conv  *agent.Conversation
	links map[string]link
	lines int64 // how many were read
	last  link  // of the newest line that has one

	active []link            // nil: not made since the last line
	inline []agent.Sidechain // likewise
	listed bool              // inline was made
}

func newOutline(t *tape) *outline {
	return &outline{tape: t, conv: agent.NewOutline(t.sub != ""), links: map[string]link{}}
}

// readOn takes in what a tape has that was not read, and reports whether that is
// anything.
func (o *outline) readOn(t *tape) (grown bool, err error) {
	o.tape = t
	if t.lines >= 0 && t.lines <= o.lines {
		return false, nil
	}
	for entry, err := range t.from(o.lines) {
		if err != nil {
			return false, err
		}
		o.add(entry.Seq, entry.Raw)
	}
	o.active, o.inline, o.listed = nil, nil, false
	return true, nil
}

// add takes a line. Of two with one uuid the later counts.
func (o *outline) add(seq int64, line []byte) {
	o.lines = seq + 1
	m, ok := o.conv.AddLine(seq, line)
	if !ok {
		return
	}
	o.last = link{uuid: m.UUID, reply: m.Reply(), line: seq}
	speaker, blocks, known := m.Shape()
	if !known && m.Type != "attachment" || m.Type == "attachment" && m.Sent() {
		r, _ := agent.ParseReading(line) // of what has no place in the chain there is none
		speaker = r.Speaker
		for _, b := range r.Blocks {
			blocks = append(blocks, b.Kind)
		}
	}
	o.last.speaker, o.last.says = speaker, saysOf(blocks)
	o.links[m.UUID] = o.last
}

// goesOn reports whether a tape begins with what was read: nothing of it was
// taken away, or changed its place, since.
func (o *outline) goesOn(t *tape) bool {
	if t.lines < 0 || o.tape.lines < 0 {
		return t.key == o.tape.key
	}
	if t.lines < o.lines || o.last.uuid == "" {
		return false
	}
	for entry, err := range t.from(o.last.line) {
		return err == nil && agent.EntryID(entry.Raw) == o.last.uuid
	}
	return false
}

// branch returns the entries among which a page is selected: of the active
// branch, up to the leaf of the tape if that has one, or else of the newest
// branch or sub-agent that has a message. It is nil if the message is nowhere. The
// name of the sub-agent is "" if it is none.
func (o *outline) branch(message string) (links []link, subagent string) {
	links = o.main()
	switch {
	case message == "" || slices.ContainsFunc(links, func(l link) bool { return l.uuid == message }):
		return links, ""
	case o.tape.leaf != "":
		return nil, ""
	}
	if s, ok := o.conv.SidechainOf(message); ok {
		return o.linksOf(s.Entries), s.Name
	}
	return o.linksOf(o.conv.Through(message)), ""
}

// main returns the branch that is shown unless another one is asked for. Of the
// transcript of a sub-agent, all of which is marked as a sidechain, it is the
// branch that ends in its newest entry.
func (o *outline) main() []link {
	if o.active == nil {
		switch {
		case o.tape.leaf != "":
			o.active = o.linksOf(o.conv.ReadUpTo(o.tape.leaf))
		default:
			o.active = o.linksOf(o.conv.Active())
		}
	}
	return o.active
}

func (o *outline) linksOf(entries []agent.Message) []link {
	if entries == nil {
		return nil
	}
	links := make([]link, 0, len(entries))
	for _, m := range entries {
		if l, ok := o.links[m.UUID]; ok {
			links = append(links, l)
		}
	}
	return links
}

// inlineSubs returns the sub-agents whose messages are in the transcript itself.
func (o *outline) inlineSubs() []agent.Sidechain {
	if !o.listed {
		o.inline, o.listed = o.conv.Sidechains(), true
	}
	return o.inline
}

// inlineSub finds one of them, by its name or a part that only it has.
func (o *outline) inlineSub(ref string) (agent.Sidechain, bool) {
	subs := o.inlineSubs()
	heads := make([]head, len(subs))
	for i, s := range subs {
		heads[i].sub = s.Name
	}
	i := findSubagent(heads, ref)
	if i < 0 {
		return agent.Sidechain{}, false
	}
	return subs[i], true
}

const (
	keptLines   = 1_000           // shorter tapes are read again for each page
	maxOutlines = 4               // that are kept
	maxLinks    = 300_000         // of all outlines that are kept: some 100 MiB
	outlineRest = 2 * time.Minute // how long one is kept that nobody reads
)

// outlines are those that are kept. The zero value keeps none yet.
type outlines struct {
	mu   sync.Mutex
	kept []*keptOutline // the one used last is the last
}

// keptOutline can take in what is added to its tape. key and timer are fixed,
// outlines.mu guards links, and its own mutex the rest.
type keptOutline struct {
	key   tapeKey
	timer *time.Timer // forgets it
	links int         // how many it keeps

	mu  sync.Mutex
	now *outline // nil: not read yet
}

// tapeKey tells tapes apart. A file that has changed is another one.
type tapeKey struct {
	owner, sub string
	leaf       string
	file       string // path, size and time of change; "" is the store
}

// with calls use with the outline of a tape, which nobody else uses meanwhile.
func (os *outlines) with(t *tape, use func(*outline) error) error {
	if t.lines >= 0 && t.lines < keptLines {
		o := newOutline(t)
		if _, err := o.readOn(t); err != nil {
			return err
		}
		return use(o)
	}
	k := os.take(t.key)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now == nil || !k.now.goesOn(t) {
		k.now = newOutline(t)
	}
	grown, err := k.now.readOn(t)
	if err != nil {
		os.forget(k)
		return err
	}
	if grown {
		os.bound(k, len(k.now.links))
	}
	return use(k.now)
}

// take finds a kept outline, or makes an empty one, and makes it the last.
func (os *outlines) take(key tapeKey) *keptOutline {
	os.mu.Lock()
	defer os.mu.Unlock()
	i := slices.IndexFunc(os.kept, func(k *keptOutline) bool { return k.key == key })
	if i < 0 {
		k := &keptOutline{key: key}
		k.timer = time.AfterFunc(outlineRest, func() { os.forget(k) })
		os.kept = append(os.kept, k)
		return k
	}
	k := os.kept[i]
	k.timer.Reset(outlineRest)
	os.kept = append(slices.Delete(os.kept, i, i+1), k)
	return k
}

func (os *outlines) forget(k *keptOutline) {
	os.mu.Lock()
	defer os.mu.Unlock()
	k.timer.Stop()
	os.kept = slices.DeleteFunc(os.kept, func(other *keptOutline) bool { return other == k })
}

// bound forgets the outlines that were not used for longest: all others, if the
// one that was just read is so long.
func (os *outlines) bound(k *keptOutline, links int) {
	os.mu.Lock()
	defer os.mu.Unlock()
	k.links = links
	total := 0
	for _, other := range os.kept {
		total += other.links
	}
	for len(os.kept) > 1 && (len(os.kept) > maxOutlines || total > maxLinks) && os.kept[0] != k {
		total -= os.kept[0].links
		os.kept[0].timer.Stop()
		os.kept = os.kept[1:]
	}
}
