package agent

import "slices"

// An Outcome is what a transcript tells of a turn.
type Outcome struct {
	Found       bool   // the prompt is in the transcript
	Answered    bool   // the model has ended its answer
	Text        string // the answer, or as much as there is of it
	LastMessage string // uuid of the turn's newest message, to fork after; "" if not Found
	Interrupted bool   // by a request, not by a crash
	Error       string // what the API's refusal was, in Claude Code's words
	Usage       Usage  // of the turn; its dollars are an estimate
}

// Turn tells what came of a prompt: what stands below it, on the newest branch
// and before the next prompt. A prompt that was folded into a running turn
// shares the rest of that turn.
func (c *Conversation) Turn(promptUUID string) Outcome {
	if entry, ok := c.folded[promptUUID]; ok {
		promptUUID = entry
	}
	if !c.Has(promptUUID) {
		return Outcome{}
	}
	o := Outcome{Found: true, LastMessage: promptUUID}
	var last spoken
	for _, m := range c.below(promptUUID) {
		if m.Prompt {
			break
		}
		if m.Conversation() {
			o.take(m, &last)
		}
	}
	o.Text = last.text
	o.Usage.add(last.usage)
	return o
}

// below returns what follows a message on the newest of its branches, without
// the message itself.
func (c *Conversation) below(uuid string) []Message {
	branch := c.Through(uuid)
	i := slices.IndexFunc(branch, func(m Message) bool { return m.UUID == uuid })
	return branch[i+1:]
}

// A spoken is one message of the model, which may stand in several entries, one
// for each of its parts.
type spoken struct {
	id, text string
	usage    Usage // its entries repeat it
}

// take adds a part, and returns the usage of the message before if the part
// begins another one.
func (s *spoken) take(m Message) (ended Usage) {
	if m.reply != s.id {
		ended = s.usage
		*s = spoken{id: m.reply}
	}
	if m.Text != "" && s.text != "" {
		s.text += "\n"
	}
	s.text += m.Text
	s.usage = m.usage
	return ended
}

func (u *Usage) add(v Usage) {
	u.InputTokens += v.InputTokens
	u.OutputTokens += v.OutputTokens
	u.CacheReadTokens += v.CacheReadTokens
	u.CacheCreationTokens += v.CacheCreationTokens
	u.CacheCreation1hTokens += v.CacheCreation1hTokens
	u.WebSearches += v.WebSearches
	u.CostUSD += v.CostUSD
	u.EstimatedUSD += v.EstimatedUSD
	u.PricedTokens += v.PricedTokens
}

// take adds a message of the turn.
func (o *Outcome) take(m Message, last *spoken) {
	if m.made && !m.apiError {
		return // "No response requested.": said of a turn that was cut off
	}
	o.LastMessage = m.UUID
	o.Answered = false
	switch {
	case m.interrupt:
		o.Interrupted = true
	case m.local:
		o.Answered = true // a command has no other answer
	case m.apiError:
		o.Error = m.Text
	case m.Type == "assistant":
		o.Error = ""
		o.Answered = m.stop != "" && m.stop != "tool_use" && m.stop != "pause_turn"
		o.Usage.add(last.take(m))
	}
}
