package agent

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

// keptText bounds each text of a Summary, in runes.
const keptText = 400

// SummaryVersion is the version of the rules by which Summary.Add understands a
// line. Raise it whenever Add understands a line differently: what was stored by
// other rules is then made again.
const SummaryVersion = 2

// A Summary is what a transcript tells at a glance. It is made line by line
// with Add, can be kept as JSON, and goes on from there. The zero Summary is
// that of an empty transcript.
type Summary struct {
	CustomTitle string `json:"custom_title,omitempty"` // given by a person
	AITitle     string `json:"ai_title,omitempty"`
	Synopsis    string `json:"synopsis,omitempty"` // what Claude Code calls the session's summary
	Tag         string `json:"tag,omitempty"`
	FirstPrompt string `json:"first_prompt,omitempty"`
	LastPrompt  string `json:"last_prompt,omitempty"`
	LastAnswer  string `json:"last_answer,omitempty"`

	Cwd       string `json:"cwd,omitempty"` // where the session was started
	GitBranch string `json:"git_branch,omitempty"`
	Model     string `json:"model,omitempty"` // that answered last; with [1m] at its end if it was used with the wide context

	Turns   int   `json:"turns,omitempty"` // prompts
	Usage   Usage `json:"usage,omitzero"`  // tokens of all answers; the dollars are the running total that was saved last
	Context int64 `json:"context,omitempty"`
	Inline  int   `json:"inline,omitempty"` // sub-agents that have no transcript of their own: see Conversation.Sidechains
	// Recorded is how many output tokens the newest cost record counts, RecordedOf
	// how many the answers before it have: see Covered.
	Recorded   int64 `json:"recorded,omitempty"`
	RecordedOf int64 `json:"recorded_of,omitempty"`

	Created time.Time `json:"created,omitzero"` // the first time that any line tells: of a fork, when it was made
	Updated time.Time `json:"updated,omitzero"` // of the newest message

	First       string `json:"first,omitempty"`        // uuid of the first message, which a fork shares with its parent
	CopyOf      string `json:"copy_of,omitempty"`      // id of the session of which the Agent SDK made this copy, under other uuids
	CopiedFirst string `json:"copied_first,omitempty"` // uuid that the first message has there
	Last        string `json:"last,omitempty"`         // uuid of the newest message

	Command bool `json:"command,omitempty"` // FirstPrompt is only a command: the first real prompt replaces it

	// What was read, as far as later lines depend on it.
	Seen      seenSet         `json:"seen,omitempty"`      // uuids of entries, and messages of the model that were counted
	Replies   []countedReply  `json:"replies,omitempty"`   // messages of the model, the oldest first: the newest ones
	Answered  uint64          `json:"answered,omitempty"`  // which of them LastAnswer is
	Synopses  []synopsis      `json:"synopses,omitempty"`  // whose message was not read yet
	Undecided *pendingCommand `json:"undecided,omitempty"` // the newest line, if it is a slash command
	Caveat    string          `json:"caveat,omitempty"`    // uuid of the newest line, if it says that a local command follows
}

// clone returns a copy that shares no memory with s that Add changes.
func (s *Summary) clone() Summary {
	c := *s
	c.Seen, c.Replies, c.Synopses = maps.Clone(s.Seen), slices.Clone(s.Replies), slices.Clone(s.Synopses)
	if s.Undecided != nil {
		undecided := *s.Undecided
		c.Undecided = &undecided
	}
	return c
}

// Rest returns a Summary that goes on from s and tells nothing of what s does:
// with what is added to it later, it tells only that. Its counts may become
// negative, where later lines correct what s has.
func (s *Summary) Rest() *Summary {
	c := s.clone()
	return &Summary{Seen: c.Seen, Replies: c.Replies, Undecided: c.Undecided, Caveat: c.Caveat}
}

// Title is what Claude Code calls the session; "" if it has no name for it.
func (s *Summary) Title() string {
	for _, t := range []string{s.CustomTitle, s.AITitle, s.Synopsis} {
		if t != "" {
			return t
		}
	}
	return ""
}

// summaryEntry is a line with what only a Summary looks at.
type summaryEntry struct {
	entry
	Cwd        string
	GitBranch  string
	Synopsis   string
	Leaf       string // message that a Synopsis leads up to
	Tag        *string
	LastPrompt string
	Total      float64
	Models     map[string]struct{} // of a cost-state, by the names that Claude Code gives them
	Output     int64               // tokens of all of those models
}

func (e *summaryEntry) field(name string, v jsonscan.Value) {
	switch name {
	case "cwd":
		e.Cwd = v.String()
	case "gitBranch":
		e.GitBranch = v.String()
	case "summary":
		e.Synopsis = v.String()
	case "leafUuid":
		e.Leaf = v.String()
	case "tag":
		if tag := v.String(); v.IsString() {
			e.Tag = &tag
		}
	case "lastPrompt":
		e.LastPrompt = v.String()
	case "totalCostUSD":
		e.Total = v.Number()
	case "modelUsage":
		e.Models = map[string]struct{}{}
		v.Fields(func(name string, v jsonscan.Value) bool {
			e.Models[name] = struct{}{}
			v.Fields(e.used)
			return true
		})
	}
}

// used takes a count of one model, as a cost-state names it.
func (e *summaryEntry) used(name string, v jsonscan.Value) bool {
	if name == "outputTokens" {
		e.Output += int64(v.Number())
	}
	return true
}

// Add takes the next line. One that is no entry, or of a kind not known, adds
// nothing.
func (s *Summary) Add(line json.RawMessage) {
	if !dull(line) && jsonscan.Valid(line) {
		s.add(line)
	}
}

// add is Add for a line that is valid JSON, and not dull.
func (s *Summary) add(line json.RawMessage) {
	var e summaryEntry
	e.entry = parseValid(line, e.field)
	if s.Created.IsZero() {
		s.Created = e.Time
	}
	if e.UUID != "" && !e.Sidechain && e.Type != "user" && e.Type != "assistant" {
		s.read(e.UUID)
	}
	switch e.Type {
	case "user", "assistant":
		s.message(&e)
	case "system":
		if e.classify(nil, nil).kind == localOutputLine {
			s.carriedOut()
		}
	case "custom-title":
		s.CustomTitle = keep(e.CustomTitle)
	case "ai-title":
		s.AITitle = keep(e.AITitle)
	case "summary":
		s.synopsis(e.Leaf, keep(e.Synopsis))
	case "tag":
		if e.Tag != nil {
			s.Tag = keep(*e.Tag)
		}
	case "last-prompt":
		if text := lastPrompt(e.LastPrompt); s.LastPrompt == "" { // the prompt itself is not in what was read
			s.LastPrompt = text
		}
	case "cost-state":
		s.record(&e)
		if _, wide := e.Models[s.Model+wideModel]; wide && s.Model != "" {
			s.Model += wideModel
		}
	}
}

// record takes a cost record. One that tells no tokens is taken to count all.
func (s *Summary) record(e *summaryEntry) {
	s.Usage.CostUSD = e.Total
	s.Recorded, s.RecordedOf = e.Output, 0
	if e.Output > 0 {
		s.RecordedOf = s.Usage.OutputTokens
	}
}

// Covered reports whether the newest cost record counts all answers that stand
// before it, but for those with which a fork began and which no record of its
// parent counted. A process counts from the record that it found: without one,
// what older processes have used is not in its own. Answers that were cut off
// are in no record, so that a tenth may be missing.
func (s *Summary) Covered(shared Usage) bool {
	of := s.RecordedOf
	if shared.CostUSD == 0 {
		of -= shared.OutputTokens
	}
	return s.Usage.CostUSD > 0 && s.Recorded >= of-of/10
}

// dull tells whether a line says nothing that a Summary takes, by its first
// bytes: they are most of a transcript's, and not worth decoding.
func dull(line []byte) bool {
	head := line[:min(len(line), 200)]
	return bytes.HasPrefix(head, []byte(`{"type":"api-request`)) ||
		bytes.HasPrefix(head, []byte(`{"type":"file-history`)) ||
		isAttachment(head)
}

// isAttachment reports whether a line is an attachment, by its first bytes, as
// Claude Code writes them.
func isAttachment(line []byte) bool {
	head := line[:min(len(line), 200)]
	return bytes.HasPrefix(head, []byte(`{"parentUuid":`)) && bytes.Contains(head, []byte(`,"attachment":{"type":"`))
}

func (s *Summary) message(e *summaryEntry) {
	m, _, is := e.message()
	if m.Sidechain && m.Type == "user" && m.Parent == "" && m.Text != warmUp && s.Seen.add(seenHash("uuid", m.UUID)) {
		s.Inline++
	}
	if !m.Conversation() {
		return
	}
	again := !s.read(m.UUID)
	if is.kind == answerLine {
		s.answer(m, e.Request, again)
	}
	if again {
		return
	}
	if s.First == "" {
		s.First, s.CopyOf, s.CopiedFirst = m.UUID, e.ForkedFrom.Session, e.ForkedFrom.Message
	}
	s.Last = m.UUID
	if s.Cwd == "" {
		s.Cwd = e.Cwd
	}
	if e.GitBranch != "" {
		s.GitBranch = e.GitBranch
	}
	if m.Time.After(s.Updated) {
		s.Updated = m.Time
	}
	s.asked(m, is)
}

// warmUp is what 2.0.25 said to a sub-agent that the session itself began with.
const warmUp = "Warmup"

// read notes that an entry was read, and reports whether it is new.
func (s *Summary) read(uuid string) bool {
	hash := seenHash("uuid", uuid)
	if len(s.Synopses) > 0 {
		s.verify(hash)
	}
	return s.Seen.add(hash)
}

// asked adds what is written as the user's.
func (s *Summary) asked(m Message, is classified) {
	switch is.kind {
	case commandLine, localCommandLine:
		s.command(m, is)
		return
	case localOutputLine:
		s.carriedOut()
	case caveatLine:
		s.Caveat = m.UUID
		return
	case metaLine:
		s.expanded(m)
		return
	case hookLine, additionLine:
		return
	case answerLine:
		s.answeredCommand(m)
	case promptLine:
		s.prompt(keep(is.text), false)
	}
	s.Undecided, s.Caveat = nil, ""
}

// prompt adds a turn. A prompt without words, such as a picture, has no text.
func (s *Summary) prompt(text string, command bool) {
	s.Turns++
	if text == "" {
		return
	}
	if s.FirstPrompt == "" || s.Command && !command {
		s.FirstPrompt, s.Command = text, command
	}
	s.LastPrompt = text
}

// lastPrompt is a prompt that Claude Code remembers as the newest; "" if it is
// none.
func lastPrompt(text string) string {
	text = withoutAdditions(text)
	name, _, _ := strings.Cut(text, " ")
	if textKind(text) != promptLine || localCommands[name] {
		return ""
	}
	return keep(text)
}

// keep is a text as a Summary keeps it: valid, and not too long.
func keep(text string) string {
	if text = plain(text[:min(len(text), 16*keptText)]); len(text) > 4*keptText {
		text = text[:4*keptText]
	}
	return oneline.Shorten(strings.ToValidUTF8(strings.TrimSpace(text), ""), keptText)
}
