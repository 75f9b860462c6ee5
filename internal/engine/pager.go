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
	tape   *tape
	at     spot

	outline *outline
	subs    []string          // all sub-agents of the session
	inline  string            // name of the sub-agent that the page is of, if it has no transcript of its own
	replies map[string]bool   // of the model, that were passed
	goesOn  map[string]bool   // entries that are not the last of their reply
	begun   map[string]string // sub-agents that have no transcript of their own, by the uses of tools that began them

	newer, older bool // there are messages after the page, before it
}

// page selects messages, the one nearest to where it begins first, and takes
// as many as fit.
func (p *pager) page(ctx context.Context) (out Transcript, err error) {
	err = p.engine.outlines.with(p.tape, func(o *outline) error {
		p.outline = o
		out, err = p.make(ctx)
		return err
	})
	return out, err
}

func (p *pager) make(ctx context.Context) (Transcript, error) {
	p.listSubs()
	links, err := p.links()
	if err != nil {
		return Transcript{}, err
	}
	out := Transcript{Format: p.req.Format, Subagent: cmp.Or(p.inline, p.tape.sub), Subagents: p.subs}
	if !p.req.AllSubagents {
		out.Subagents = p.subs[:min(len(p.subs), maxSubagents)]
	}
	if err := p.fill(ctx, &out, links); err != nil {
		return Transcript{}, err
	}
	if p.at.Older {
		slices.Reverse(out.Messages)
	}
	nameResults(out.Messages)
	p.nameSubagents(out.Messages)
	return out, nil
}

// listSubs notes the sub-agents of the session, those that have no transcript of
// their own too.
func (p *pager) listSubs() {
	p.subs = slices.Clone(p.tape.subs)
	if p.tape.sub != "" {
		return
	}
	for _, s := range p.outline.inlineSubs() {
		p.subs = append(p.subs, s.Name)
		if s.BegunBy != "" {
			p.begun[s.BegunBy] = s.Name
		}
	}
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

// links selects the messages of the page, the one nearest to where it begins
// first, and one more, if there is one, so that a page which is the last one can
// be told.
func (p *pager) links() ([]link, error) {
	branch, err := p.branch()
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(branch, func(l link) bool { return l.uuid == p.at.Message })
	var links []link
	if p.at.Older {
		links, at = p.before(branch, at)
	} else {
		links, at = p.after(branch, at)
	}
	// Parts of a message of the model are near each other.
	for _, l := range slices.Backward(branch[:min(at+replyParts, len(branch))]) {
		if p.req.shows(l) {
			p.part(l)
		}
	}
	return links, nil
}

// branch returns the entries among which the page is.
func (p *pager) branch() ([]link, error) {
	if p.tape.inline != "" {
		return p.inlineBranch()
	}
	branch, inline := p.outline.branch(p.at.Message)
	if branch == nil && p.at.Message != "" {
		return nil, noMessage(p.at.Message)
	}
	p.inline = inline
	return branch, nil
}

// inlineBranch returns the entries of the sub-agent that is asked for, which has
// no transcript of its own.
func (p *pager) inlineBranch() ([]link, error) {
	sub, ok := p.outline.inlineSub(p.tape.inline)
	if !ok {
		return nil, noSubagent(p.tape.inline, p.subs)
	}
	p.inline = sub.Name
	return p.outline.linksOf(sub.Entries), nil
}

// before selects the newest messages, or those before the cursor's, the newest
// first. It returns where on the branch the page ends.
func (p *pager) before(branch []link, end int) ([]link, int) {
	if p.newer = end >= 0; !p.newer {
		end = len(branch)
	}
	var links []link
	for _, l := range slices.Backward(branch[:end]) {
		if !p.req.shows(l) {
			continue
		}
		if links = append(links, l); len(links) > p.req.Limit {
			break
		}
	}
	return links, end
}

// after selects the messages from the start, or after the cursor's, the oldest
// first. It returns where on the branch the page ends, at the earliest.
func (p *pager) after(branch []link, begin int) ([]link, int) {
	if begin >= 0 && !p.at.Itself {
		begin++
	}
	begin = max(begin, 0)
	p.older = slices.ContainsFunc(branch[:begin], p.req.shows)
	var links []link
	end := begin
	for ; end < len(branch) && len(links) <= p.req.Limit; end++ {
		if p.req.shows(branch[end]) {
			links = append(links, branch[end])
		}
	}
	return links, end
}

// replyParts is how far apart the parts of one message of the model may be: as
// far as it is looked for more of them.
const replyParts = 256

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
	at := spot{Session: id, Subagent: out.Subagent}
	if p.older {
		at.Older, at.Message = true, out.Messages[0].UUID
		out.PrevCursor = at.cursor()
	}
	if p.newer {
		at.Older, at.Message = false, out.Messages[len(out.Messages)-1].UUID
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
