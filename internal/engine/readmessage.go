package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// How much of a page one part of a message may take, unless the message was
// asked for alone.
const (
	textShare = 2 // a half
	toolShare = 4 // a quarter

	summaryBytes = 200 // of a tool's result, where tools are summed up
	toolName     = 64  // bytes, of the name that a result gets in the end
	subagentName = 64  // likewise, that a use gets
	nearLines    = 256 // a gap of so many lines is read over rather than jumped
)

// messages reads what links stand for, in their order.
func (p *pager) messages(ctx context.Context, links []link) ([]Message, error) {
	byLine := slices.SortedFunc(slices.Values(links), func(a, b link) int { return int(a.line - b.line) })
	found := make(map[string]Message, len(links))
	for len(byLine) > 0 {
		rest, err := p.near(ctx, byLine, found)
		if err != nil {
			return nil, err
		}
		byLine = rest
	}
	var list []Message
	for _, l := range links {
		if m, ok := found[l.uuid]; ok {
			list = append(list, m)
		}
	}
	return list, nil
}

// near reads the first of some links, which are in the order of their lines,
// and those that are not far from it. It returns the others.
func (p *pager) near(ctx context.Context, links []link, found map[string]Message) ([]link, error) {
	for entry, err := range p.tape.from(links[0].line) {
		if err != nil {
			return nil, err
		}
		if entry.Seq < links[0].line {
			continue
		}
		if r, ok := agent.ParseReading(entry.Raw); ok {
			m := p.message(&r)
			if err := p.noteTurn(ctx, r.Prompt, &m); err != nil {
				return nil, err
			}
			found[r.UUID] = m
		}
		last := links[0].line
		if links = links[1:]; len(links) == 0 || links[0].line > last+nearLines {
			return links, nil
		}
	}
	return nil, nil // lines that were there are gone: the session was deleted
}

// noteTurn puts what is known of its turn on a prompt that was given here.
func (p *pager) noteTurn(ctx context.Context, prompt string, m *Message) error {
	if prompt == "" {
		return nil
	}
	t, err := p.engine.store.Turn(ctx, prompt)
	if errors.Is(err, sessionstore.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	m.TurnID = t.ID
	if t.Status.Ended() {
		m.Turn = &TurnNote{Status: t.Status, Usage: viewUsage(t.Usage)}
	}
	return nil
}

// message is a reading as the request wants it.
func (p *pager) message(r *agent.Reading) Message {
	m := Message{UUID: r.UUID, Role: r.Speaker, Local: r.Local, Time: r.Time, Model: r.Model}
	var texts, thoughts []string
	for _, b := range r.Blocks {
		switch {
		case b.Kind == agent.TextBlock:
			texts = append(texts, b.Text)
		case b.Kind == agent.ThinkingBlock && p.req.IncludeThinking:
			thoughts = append(thoughts, b.Text)
		case b.Kind == agent.ToolUseBlock && p.req.IncludeTools != ToolsNone:
			m.Uses = append(m.Uses, p.use(b))
		case b.Kind == agent.ToolResultBlock && p.req.IncludeTools != ToolsNone:
			m.Results = append(m.Results, p.result(b))
		}
	}
	text, thinking := strings.Join(texts, "\n\n"), strings.Join(thoughts, "\n\n")
	m.Text, m.Thinking = cut(text, p.most(textShare)), cut(thinking, p.most(textShare))
	if len(m.Text)+len(m.Thinking) < len(text)+len(thinking) {
		m.Cut = len(text) + len(thinking)
	}
	if u := r.Usage; u != (agent.Usage{}) && !p.goesOn[r.UUID] {
		m.Tokens = &Tokens{Input: u.InputTokens, Output: u.OutputTokens, CacheRead: u.CacheReadTokens, CacheCreation: u.CacheCreationTokens}
	}
	return m
}

// most is how many bytes of a part fit: a share of the page, or nearly all of
// it if the message was asked for alone.
func (p *pager) most(share int) int {
	if p.req.Limit == 1 {
		return p.req.MaxTokens * bytesPerToken * 9 / 10
	}
	return p.req.MaxTokens * bytesPerToken / share
}

func (p *pager) use(b agent.Block) ToolUse {
	u := ToolUse{ID: b.ID, Name: b.Tool, Summary: b.Summary}
	if p.req.IncludeTools != ToolsFull {
		return u
	}
	u.Input = b.Input
	if most := p.most(toolShare); len(b.Input) > most {
		u.Input, u.Cut = cutInput(b.Input, most), len(b.Input)
	}
	return u
}

func (p *pager) result(b agent.Block) ToolResult {
	most := p.most(toolShare)
	if p.req.IncludeTools != ToolsFull {
		most = min(most, summaryBytes)
	}
	r := ToolResult{UseID: b.ID, Text: cut(b.Text, most), Failed: b.Failed, Subagent: agent.SubOf(b.Agent, p.subs)}
	if len(r.Text) < len(b.Text) {
		r.Cut = len(b.Text)
	}
	return r
}

// cut is as much of the beginning of text as fits into limit bytes.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// cutInput shortens the texts of a tool's input until it fits; one that has
// too many of them is left out.
func cutInput(input json.RawMessage, limit int) json.RawMessage {
	for most := limit / 2; most >= 32; most /= 2 {
		var value any
		if json.Unmarshal(input, &value) != nil {
			return nil
		}
		if raw, err := json.Marshal(cutTexts(value, most)); err == nil && len(raw) <= limit {
			return raw
		}
	}
	return nil
}

func cutTexts(value any, limit int) any {
	switch v := value.(type) {
	case string:
		return cut(v, limit)
	case []any:
		for i := range v {
			v[i] = cutTexts(v[i], limit)
		}
	case map[string]any:
		for k := range v {
			v[k] = cutTexts(v[k], limit)
		}
	}
	return value
}

// whole is how many bytes the longest part of m has that is not there in whole;
// 0: all are.
func (m *Message) whole() int {
	n := m.Cut
	for _, u := range m.Uses {
		n = max(n, u.Cut)
	}
	for _, r := range m.Results {
		n = max(n, r.Cut)
	}
	return n
}

// estimate is how many tokens a message takes at most, as JSON or as Markdown,
// which is shorter.
func estimate(m Message) int {
	raw, _ := json.Marshal(m) // plain data
	later := len(m.Results) * toolName
	for _, u := range m.Uses {
		if agent.BeginsAgent(u.Name) {
			later += subagentName
		}
	}
	return (len(raw)+later)/bytesPerToken + 1
}

// nameResults gives results of tools the names of the tools whose uses are
// there.
func nameResults(messages []Message) {
	names := map[string]string{}
	for _, m := range messages {
		for _, u := range m.Uses {
			names[u.ID] = u.Name
		}
		for i := range m.Results {
			m.Results[i].Name = names[m.Results[i].UseID]
		}
	}
}
