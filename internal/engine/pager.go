package engine

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

// A pager makes one page.
type pager struct {
	engine *Engine
	req    ReadRequest
	walk   *walk
	at     spot

	replies map[string]bool  // of the model, that were passed
	goesOn  map[string]bool  // entries that are not the last of their reply
	lines   map[string]int64 // numbers of the lines of what was selected

	newer, older bool // there are messages after the page, before it
}

// page selects messages, the one nearest to where it begins first, and takes
// as many as fit.
func (p *pager) page(ctx context.Context) (Transcript, error) {
	links, err := p.links()
	if err != nil {
		return Transcript{}, err
	}
	out := Transcript{Format: p.req.Format, Subagent: p.walk.tape.sub}
	out.Subagents = p.walk.tape.subs[:min(len(p.walk.tape.subs), maxSubagents)]
	if err := p.fill(ctx, &out, links); err != nil {
		return Transcript{}, err
	}
	if p.at.Older {
		slices.Reverse(out.Messages)
	}
	nameResults(out.Messages)
	nameSubagents(out.Messages, p.walk.tape)
	return out, nil
}

// fill puts messages on the page as long as they fit; the first always does.
// Messages are read a few at a time, as each may be large.
func (p *pager) fill(ctx context.Context, out *Transcript, links []link) error {
	for some := range slices.Chunk(links, 16) {
		messages, err := p.messages(ctx, some)
		if err != nil {
			return err
		}
		for _, m := range messages {
			n := estimate(m)
			if out.Shown > 0 && (out.Tokens+n > p.req.MaxTokens || out.Shown == p.req.Limit) {
				p.left()
				return nil
			}
			out.Messages = append(out.Messages, m)
			out.Shown, out.Tokens = out.Shown+1, out.Tokens+n
		}
	}
	return nil
}

// left notes that some of what was selected is not on the page.
func (p *pager) left() {
	if p.at.Older {
		p.older = true
	} else {
		p.newer = true
	}
}

// links selects the messages of the page and one more, if there is one, so
// that a page which is the last one can be told.
func (p *pager) links() ([]link, error) {
	var links []link
	var err error
	if p.at.Older {
		links, err = p.before()
	} else {
		links, err = p.after()
	}
	for _, l := range links {
		p.lines[l.uuid] = l.seq
	}
	return links, cmp.Or(p.walk.err, err)
}

// before selects the newest messages, or those before the cursor's, the newest
// first.
func (p *pager) before() ([]link, error) {
	from := p.at.Message
	if p.newer = from != ""; p.newer {
		p.walk.beginAt(p.at.Line)
	} else {
		from = p.walk.leaf()
	}
	if _, ok := p.walk.get(from); p.newer && !ok {
		return nil, noMessage(from)
	}
	var links []link
	for l := range p.walk.back(from) {
		shown := p.req.shows(l)
		if shown {
			p.part(l)
		}
		if !shown || l.uuid == p.at.Message {
			continue
		}
		if links = append(links, l); len(links) > p.req.Limit {
			break
		}
	}
	return links, nil
}

// after selects the messages from the start, or after the cursor's, the oldest
// first: of the living branch, or of another one that the cursor is on.
func (p *pager) after() ([]link, error) {
	b, err := p.engine.branches.of(p.walk.tape)
	if err != nil {
		return nil, err
	}
	begin, end := b.part(p.at.Message, p.walk.tape.leaf)
	if begin < 0 {
		return p.afterElsewhere()
	}
	if p.at.Message != "" && !p.at.Itself {
		begin++
	}
	p.older = slices.ContainsFunc(b.links[:begin], p.req.shows)
	var links []link
	last := begin
	for ; last < end && len(links) <= p.req.Limit; last++ {
		if p.req.shows(b.links[last]) {
			links = append(links, b.links[last])
		}
	}
	for _, l := range slices.Backward(b.links[begin:min(last+replyParts, end)]) {
		if p.req.shows(l) {
			p.part(l)
		}
	}
	return links, nil
}

// replyParts is how far apart the parts of one message of the model may be: as
// far as it is looked for more of them.
const replyParts = 256

// part is where on the branch a message is (""; its start), and where it ends:
// at a leaf, or its own end for "". Begin is -1 if either is on another branch.
func (b *branch) part(message, leaf string) (begin, end int) {
	end = len(b.links)
	if leaf != "" {
		i, ok := b.at[leaf]
		if !ok {
			return -1, 0
		}
		end = i + 1
	}
	if message == "" {
		return 0, end
	}
	begin, ok := b.at[message]
	if !ok || begin >= end {
		return -1, 0
	}
	return begin, end
}

// afterElsewhere is after for a message that is not on the living branch.
func (p *pager) afterElsewhere() ([]link, error) {
	leaf := p.walk.leaf()
	if p.at.Message != "" {
		if leaf = p.walk.leafAbove(p.at.Message); leaf == "" {
			return nil, noMessage(p.at.Message)
		}
	}
	var nearest []link // the newest first
	enough := p.req.Limit + 1
	met := false
	for l := range p.walk.back(leaf) {
		met = met || p.at.Message != "" && l.uuid == p.at.Message
		shown := p.req.shows(l)
		if p.older = met && shown && !(p.at.Itself && l.uuid == p.at.Message); p.older {
			break
		}
		if shown {
			p.part(l)
			nearest = append(nearest, l)
		}
		if len(nearest) > 2*enough { // seldom, so that little is moved
			nearest = append(nearest[:0], nearest[len(nearest)-enough:]...)
		}
	}
	nearest = nearest[max(0, len(nearest)-enough):]
	slices.Reverse(nearest)
	return nearest, nil
}

// part notes which entries are not the last of the model's message. It is told
// all that are shown, the newest first.
func (p *pager) part(l link) {
	if l.reply != "" && p.replies[l.reply] {
		p.goesOn[l.uuid] = true
	}
	p.replies[l.reply] = true
}

func noMessage(uuid string) error {
	return Errorf(NotFound, "Give a message uuid or a turn_id of this session, start, or end.", "the session has no message %q.", oneline.Shorten(uuid, 60))
}

// cursors puts the ways on from the page into it.
func (p *pager) cursors(id string, out *Transcript) {
	if len(out.Messages) == 0 {
		return
	}
	at := spot{Session: id, Subagent: p.walk.tape.sub}
	if p.older {
		at.Older, at.Message = true, out.Messages[0].UUID
		at.Line = p.lines[at.Message]
		out.PrevCursor = at.cursor()
	}
	if p.newer {
		at.Older, at.Line, at.Message = false, 0, out.Messages[len(out.Messages)-1].UUID
		out.NextCursor = at.cursor()
	}
}

// next says how to see what the page does not show.
func (p *pager) next(out Transcript) string {
	var ways []string
	if out.Shown == 0 {
		ways = append(ways, "There is nothing to show here: begin at the end, or ask for more roles and tools.")
	}
	if i := slices.IndexFunc(out.Messages, func(m Message) bool { return m.whole() > 0 }); i >= 0 {
		ways = append(ways, p.readMessage(out.Session, out.Messages[i]))
	}
	if out.PrevCursor != "" {
		ways = append(ways, "Older messages: cursor prev_cursor.")
	}
	if out.NextCursor != "" {
		ways = append(ways, "Newer messages: cursor next_cursor.")
	}
	return strings.Join(ways, " ")
}
