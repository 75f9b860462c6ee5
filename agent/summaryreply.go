package agent

import (
	"slices"
	"strings"
)

// keptReplies is of how many messages of the model a Summary knows more than
// that they were counted: lines of more are never mixed.
const keptReplies = 4

// A countedReply is a message of the model, with its usage as it was counted.
type countedReply struct {
	ID    uint64   `json:"id"` // its hash
	Model string   `json:"model,omitempty"`
	Usage Usage    `json:"usage,omitzero"`
	Late  bool     `json:"late,omitempty"`  // it was counted before, and has returned: Usage is not what was counted
	Texts []uint64 `json:"texts,omitempty"` // hashes of its texts
}

// answer adds an entry of the model. A message may stand in several entries,
// which all repeat its usage, the last of them with all of its output; and again,
// under other uuids, where a branch was copied. again tells that the entry itself
// was read before.
func (s *Summary) answer(m Message, request string, again bool) {
	r := s.reply(m, request, again)
	if r != nil && !r.Late && m.usage.OutputTokens >= r.Usage.OutputTokens {
		s.charge(r, m.usage)
	}
	if r == nil || again {
		return
	}
	if s.Model != m.model+wideModel {
		s.Model = m.model
	}
	u := m.usage
	if n := u.InputTokens + u.CacheReadTokens + u.CacheCreationTokens + u.OutputTokens; n > 0 {
		s.Context = n
	}
	if text := strings.TrimSpace(m.Text); text != "" {
		s.say(r.ID, text)
	}
}

// reply finds the message that an entry is a part of; nil, if the entry was read
// before and its message is no longer kept.
func (s *Summary) reply(m Message, request string, again bool) *countedReply {
	id := seenHash("entry", m.UUID)
	if m.reply != "" {
		id = seenHash("message", m.reply, request)
	}
	if i := s.replyAt(id); i >= 0 {
		return &s.Replies[i]
	}
	if again {
		return nil
	}
	late := !s.Seen.add(id)
	return s.push(countedReply{ID: id, Model: m.model, Late: late})
}

func (s *Summary) replyAt(id uint64) int {
	return slices.IndexFunc(s.Replies, func(r countedReply) bool { return r.ID == id })
}

// push makes a message the newest.
func (s *Summary) push(r countedReply) *countedReply {
	if n := len(s.Replies) + 1 - keptReplies; n > 0 {
		s.Replies = slices.Delete(s.Replies, 0, n)
	}
	s.Replies = append(s.Replies, r)
	return &s.Replies[len(s.Replies)-1]
}

// charge counts the usage of a message, in the place of what was counted of it.
func (s *Summary) charge(r *countedReply, u Usage) {
	s.Usage = s.Usage.less(r.Usage)
	s.Usage.add(u)
	r.Usage = u
}

// say takes a text of a message. It is the last answer, or goes on with it,
// unless a newer message has said something already. A text that a message of
// before has said once is said again, on another branch.
func (s *Summary) say(id uint64, text string) {
	at, current := s.replyAt(id), s.replyAt(s.Answered)
	r, hash := s.Replies[at], seenHash("text", text)
	known := slices.Contains(r.Texts, hash)
	switch {
	case at == current && known:
		return
	case at == current:
		s.LastAnswer = keep(s.LastAnswer + "\n" + text)
	case at < current && !known: // late
	case at < current:
		s.Replies = slices.Delete(s.Replies, at, at+1)
		r.Texts = nil
		s.push(r)
		at = len(s.Replies) - 1
		fallthrough
	default:
		s.LastAnswer, s.Answered = keep(text), id
	}
	s.Replies[at].Texts = append(slices.Clip(r.Texts), hash)
}

// less is u without v, but for the dollars that Claude Code reports.
func (u Usage) less(v Usage) Usage {
	u.InputTokens -= v.InputTokens
	u.OutputTokens -= v.OutputTokens
	u.CacheReadTokens -= v.CacheReadTokens
	u.CacheCreationTokens -= v.CacheCreationTokens
	u.CacheCreation1hTokens -= v.CacheCreation1hTokens
	u.WebSearches -= v.WebSearches
	u.EstimatedUSD -= v.EstimatedUSD
	u.PricedTokens -= v.PricedTokens
	return u
}
