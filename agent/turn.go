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
	asked := c.messages[c.at[promptUUID]].kind
	var said spoken
	for _, m := range c.below(promptUUID) {
		if m.Prompt || m.kind == localCommandLine && asked == localCommandLine {
			break
		}
		switch {
		case m.kind == localOutputLine && (asked == commandLine || asked == localCommandLine):
			o.carriedOut(m)
		case m.Conversation() && !m.aside():
			o.take(m, &said)
		}
	}
	if o.Text == "" {
		o.Text = said.text()
	}
	for _, r := range said.replies {
		o.Usage.add(r.usage)
	}
	return o
}

// below returns what follows a message on the newest of its branches, without
// the message itself.
func (c *Conversation) below(uuid string) []Message {
	branch := c.Through(uuid)
	i := slices.IndexFunc(branch, func(m Message) bool { return m.UUID == uuid })
	return branch[i+1:]
}

// aside reports whether m is no part of a turn that it stands in: what a person
// did meanwhile that asks the model nothing.
func (m Message) aside() bool {
	return m.kind.local() || m.kind == localOutputLine || m.kind == bashOutputLine || m.kind == caveatLine
}

// A spoken is what the model says in a turn, by message. A message may stand in
// several entries, one for each of its parts, with others between them.
type spoken struct{ replies []spokenReply }

type spokenReply struct {
	id, text string
	usage    Usage // its entries repeat it, the last ones with all of its output
}

// take adds a part of a message.
func (s *spoken) take(m Message) {
	i := slices.IndexFunc(s.replies, func(r spokenReply) bool { return m.reply != "" && r.id == m.reply })
	if i < 0 {
		i, s.replies = len(s.replies), append(s.replies, spokenReply{id: m.reply})
	}
	r := &s.replies[i]
	if m.Text != "" && r.text != "" {
		r.text += "\n"
	}
	r.text += m.Text
	if m.usage.OutputTokens >= r.usage.OutputTokens {
		r.usage = m.usage
	}
}

// text is that of the newest message that has any.
func (s *spoken) text() string {
	for _, r := range slices.Backward(s.replies) {
		if r.text != "" {
			return r.text
		}
	}
	return ""
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
func (o *Outcome) take(m Message, said *spoken) {
	if m.kind == placeholderLine {
		return // "No response requested.": said of a turn that was cut off
	}
	o.LastMessage = m.UUID
	o.Answered = false
	switch m.kind {
	case interruptLine:
		o.Interrupted = true
	case apiErrorLine:
		o.Error = m.Text
	case answerLine:
		o.Error = ""
		o.Answered = m.stop != "" && m.stop != "tool_use" && m.stop != "pause_turn"
		said.take(m)
	}
}

// carriedOut adds the output of a command, which has no other answer.
func (o *Outcome) carriedOut(m Message) {
	o.Answered, o.Text = true, m.output
	if m.Conversation() {
		o.LastMessage = m.UUID
	}
}
