package agent

import (
	"bytes"
	"encoding/json"
	"regexp"
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

	Reply      string `json:"reply,omitempty"` // id of the model's message of which the newest line may be a part
	ReplyUsage Usage  `json:"reply_usage,omitzero"`
	Command    bool   `json:"command,omitempty"` // FirstPrompt is only a command: the first real prompt replaces it
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
	switch e.Type {
	case "user", "assistant":
		s.message(&e)
	case "custom-title":
		s.CustomTitle = keep(e.CustomTitle)
	case "ai-title":
		s.AITitle = keep(e.AITitle)
	case "summary":
		s.Synopsis = keep(e.Synopsis)
	case "tag":
		if e.Tag != nil {
			s.Tag = keep(*e.Tag)
		}
	case "last-prompt":
		if s.LastPrompt == "" { // the prompt itself is not in what was read
			s.LastPrompt = keep(e.LastPrompt)
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
		bytes.HasPrefix(head, []byte(`{"parentUuid":`)) && bytes.Contains(head, []byte(`,"attachment":{"type":"`))
}

func (s *Summary) message(e *summaryEntry) {
	m, _ := e.message()
	if !m.Conversation() {
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
	switch {
	case m.Prompt && !strings.HasPrefix(m.Text, taskNotification):
		s.prompt(m.Text)
	case m.Type == "assistant" && !m.made:
		s.answer(m)
	}
}

func (s *Summary) prompt(text string) {
	s.Turns++
	text, command := promptText(text)
	if text == "" {
		return
	}
	if s.FirstPrompt == "" || s.Command && !command {
		s.FirstPrompt, s.Command = text, command
	}
	s.LastPrompt = text
}

var (
	commandName = regexp.MustCompile(`<command-name>([^<]*)</command-name>`)
	commandArgs = regexp.MustCompile(`(?s)<command-args>(.*?)</command-args>`)
	addedByIDE  = regexp.MustCompile(`(?s)<(ide_opened_file|ide_selection|system-reminder)>.*?</(ide_opened_file|ide_selection|system-reminder)>`)
)

// promptText is a prompt as its author wrote it; "" if nobody did.
func promptText(text string) (prompt string, command bool) {
	if command := commandText(text); command != "" {
		return keep(command), true
	}
	if strings.Contains(text, "<") {
		text = addedByIDE.ReplaceAllString(text, "")
	}
	return keep(text), false
}

// commandText is a command as its author wrote it; "" if a prompt is none.
func commandText(text string) string {
	name := commandName.FindStringSubmatch(text)
	if name == nil {
		return ""
	}
	command := strings.TrimSpace(name[1])
	if args := commandArgs.FindStringSubmatch(text); args != nil {
		command = strings.TrimSpace(command + " " + args[1])
	}
	return command
}

// answer adds an entry of the model. A message may stand in several entries,
// which all repeat its usage.
func (s *Summary) answer(m Message) {
	same := m.reply != "" && m.reply == s.Reply
	if same {
		s.Usage = s.Usage.less(s.ReplyUsage)
	}
	s.Usage.add(m.usage)
	s.Reply, s.ReplyUsage = m.reply, m.usage
	if s.Model != m.model+wideModel {
		s.Model = m.model
	}
	u := m.usage
	if n := u.InputTokens + u.CacheReadTokens + u.CacheCreationTokens + u.OutputTokens; n > 0 {
		s.Context = n
	}
	text := strings.TrimSpace(m.Text)
	switch {
	case text == "":
	case same && s.LastAnswer != "":
		s.LastAnswer = keep(s.LastAnswer + "\n" + text)
	default:
		s.LastAnswer = keep(text)
	}
}

// keep is a text as a Summary keeps it: valid, and not too long.
func keep(text string) string {
	if len(text) > 4*keptText {
		text = text[:4*keptText]
	}
	return oneline.Shorten(strings.ToValidUTF8(strings.TrimSpace(text), ""), keptText)
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
