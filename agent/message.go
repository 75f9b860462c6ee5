package agent

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

// maxText bounds the text that is kept of one entry, in bytes.
const maxText = 256 << 10

// A Message is an entry of a transcript, as far as it is understood. Entries
// that are no part of the conversation have a Type and little else.
type Message struct {
	Type      string // "user", "assistant", "attachment", "system", "custom-title", …
	UUID      string // "" for some kinds of bookkeeping
	Parent    string // uuid of the entry before it; "" for the first
	Role      string // of a user or assistant message
	Text      string // what was said, at most 256 KiB; "" for tools' results
	Time      time.Time
	Title     string // if the entry gives the session one
	Sidechain bool   // said by or to a sub-agent
	Prompt    bool   // begins a turn: a prompt, or news of a sub-agent that has ended

	// Digest identifies role and content of a user or assistant message: it is
	// equal for equal ones, however their JSON was written.
	Digest [sha256.Size]byte

	reply      string // id of the model's message, of which this may be a part
	stop       string // why the model stopped there
	apiError   bool   // Claude Code's words for an error of the API
	made       bool   // by Claude Code, not the model
	interrupt  bool   // stands for an interrupt
	kind       lineKind
	output     string // of a command that Claude Code carried out itself
	summary    bool   // sums up what was compacted
	foldedFrom string // uuid of a prompt that was folded into a running turn
	usage      Usage
	model      string // that said it

	Line int64 // number of its line, as the Conversation was given it

	logicalParent string     // the last entry of what was compacted here, if the boundary tells
	boundary      bool       // the conversation was compacted here: what is before is summed up after
	preserved     *preserved // messages that the compaction kept; nil: none
	uses          []string   // ids of the uses of tools that it holds
	results       []string   // ids of the uses of tools whose results it holds
	blank         bool       // an answer without words and uses of tools: thoughts at most
	command       bool       // a system entry that is sent: a local command, or its output
	agent         string     // id of the sub-agent that it is of, where the line tells
	task          uint64     // hash of the prompt that a sub-agent was given with it
	tasks         []task     // prompts that it gives to sub-agents
	blocks        []BlockKind
}

// Shape returns who says a message of the model or the result of a tool, and the
// kinds of blocks that it has, as a Reading of it would. Known is false for other
// entries: only a Reading of them tells.
func (m Message) Shape() (speaker string, blocks []BlockKind, known bool) {
	switch m.kind {
	case answerLine:
		speaker = SpeakerAssistant
	case placeholderLine, apiErrorLine:
		speaker = SpeakerSystem
	case toolResultLine:
		speaker = SpeakerTool
	default:
		return "", nil, false
	}
	return speaker, m.blocks, true
}

// Reply returns the id of the message of the model that m is a part of; "" for
// all else.
func (m Message) Reply() string { return m.reply }

// Sent reports whether Claude Code sends the entry to the model, by itself: uses
// of tools that have no result are not sent all the same.
func (m Message) Sent() bool {
	switch m.Type {
	case "user":
		return true
	case "assistant":
		return !m.blank && !m.apiError
	case "attachment":
		return m.foldedFrom != ""
	}
	return m.command
}

func (m Message) said() bool { return m.Type == "user" || m.Type == "assistant" }

// preserved names the messages that a compaction kept, and the entry that they
// follow since. Claude Code writes either their ends or all of their uuids.
type preserved struct {
	anchor, head, tail string
	uuids              []string
}

// Conversation tells whether m is something that was said: by the user, a tool
// or the model, in the session itself. Its UUID is then a valid fork point.
func (m Message) Conversation() bool {
	return (m.Type == "user" || m.Type == "assistant") && m.UUID != "" && !m.Sidechain
}

// inChain tells whether entries of a type, with such a parent, are links of the
// chain. Others may have a uuid, too: the Agent SDK gives one to titles.
func inChain(kind, parent string) bool {
	switch kind {
	case "user", "assistant", "attachment", "system":
		return true
	}
	return parent != ""
}

// entry is a line of a transcript.
type entry struct {
	Type          string
	Subtype       string
	UUID          string
	Parent        string
	Request       string // id of the request to the API that was answered
	LogicalParent string // across a compaction
	Sidechain     bool
	Meta          bool
	Summary       bool // it sums up what was compacted
	APIError      bool
	ForkedFrom    forkedFrom
	AgentID       string
	Preserved     *preserved
	Time          time.Time
	Message       json.RawMessage
	Content       json.RawMessage // of what is no message
	CustomTitle   string
	AITitle       string
	Attachment    attached
}

// forkedFrom is what an entry is a copy of, that the Agent SDK made under
// another uuid.
type forkedFrom struct{ Session, Message string }

// attached is what Claude Code adds to a conversation: also prompts, of type
// queued_command, that were given while a turn ran.
type attached struct {
	Type   string
	Source string // uuid that the prompt was given under
	Mode   string // "prompt", "bash", …; "" in older versions
	Meta   bool
	Prompt json.RawMessage
}

// parseEntry is parseValid for a line that may be anything: what is not valid
// has no fields.
func parseEntry(line []byte, others func(name string, v jsonscan.Value)) (e entry) {
	if !jsonscan.Valid(line) {
		return e
	}
	return parseValid(line, others)
}

// parseValid reads a line that is valid JSON as far as it goes, and gives fields
// that an entry does not hold to others, which may be nil.
func parseValid(line []byte, others func(name string, v jsonscan.Value)) (e entry) {
	jsonscan.Fields(line, func(name string, v jsonscan.Value) bool {
		if !e.field(name, v) && others != nil {
			others(name, v)
		}
		return true
	})
	return e
}

func (e *entry) field(name string, v jsonscan.Value) (known bool) {
	switch name {
	case "type":
		e.Type = v.String()
	case "subtype":
		e.Subtype = v.String()
	case "uuid":
		e.UUID = v.String()
	case "parentUuid":
		e.Parent = v.String()
	case "requestId":
		e.Request = v.String()
	case "logicalParentUuid":
		e.LogicalParent = v.String()
	case "isSidechain":
		e.Sidechain = v.True()
	case "isMeta":
		e.Meta = v.True()
	case "isCompactSummary":
		e.Summary = v.True()
	case "isApiErrorMessage":
		e.APIError = v.True()
	case "timestamp":
		e.Time, _ = time.Parse(time.RFC3339, v.String()) // of another shape: not told
	case "message":
		e.Message = v.Raw()
	case "content":
		e.Content = v.Raw()
	case "customTitle":
		e.CustomTitle = v.String()
	case "aiTitle":
		e.AITitle = v.String()
	case "forkedFrom":
		v.Fields(e.ForkedFrom.field)
	case "agentId":
		e.AgentID = v.String()
	case "compactMetadata":
		v.Fields(e.compacted)
	case "attachment":
		v.Fields(e.Attachment.field)
	default:
		return false
	}
	return true
}

// compacted takes over which messages a compaction kept.
func (e *entry) compacted(name string, v jsonscan.Value) bool {
	if name == "preservedSegment" || name == "preservedMessages" {
		e.Preserved = &preserved{}
		v.Fields(e.Preserved.field)
	}
	return true
}

func (p *preserved) field(name string, v jsonscan.Value) bool {
	switch name {
	case "anchorUuid":
		p.anchor = v.String()
	case "headUuid":
		p.head = v.String()
	case "tailUuid":
		p.tail = v.String()
	case "uuids":
		v.Elements(func(v jsonscan.Value) bool { p.uuids = append(p.uuids, v.String()); return true })
		if len(p.uuids) > 0 {
			p.head, p.tail = p.uuids[0], p.uuids[len(p.uuids)-1]
		}
	}
	return true
}

func (f *forkedFrom) field(name string, v jsonscan.Value) bool {
	switch name {
	case "sessionId":
		f.Session = v.String()
	case "messageUuid":
		f.Message = v.String()
	}
	return true
}

func (a *attached) field(name string, v jsonscan.Value) bool {
	switch name {
	case "type":
		a.Type = v.String()
	case "source_uuid":
		a.Source = v.String()
	case "commandMode":
		a.Mode = v.String()
	case "isMeta":
		a.Meta = v.True()
	case "prompt":
		a.Prompt = v.Raw()
	}
	return true
}

// ParseMessage reads one line of a transcript. It is false for what is no
// entry at all; an entry of a kind or shape not known is read as far as it goes.
func ParseMessage(line json.RawMessage) (Message, bool) { return parseMessage(line, true) }

// parseMessage is ParseMessage, with Text and Digest if words are asked for.
func parseMessage(line json.RawMessage, words bool) (Message, bool) {
	e := parseEntry(line, nil)
	if e.Type == "" {
		return Message{}, false
	}
	m, said, _ := e.message()
	if !words {
		m.Text = ""
	} else if e.said() {
		m.Digest = digest(m.Role, said.Content)
	}
	return m, true
}

// said tells whether an entry is a message of the user, a tool or the model.
func (e *entry) said() bool { return e.Type == "user" || e.Type == "assistant" }

// message is what an entry says, but for its Digest, the message as it came, and
// what it is.
func (e *entry) message() (m Message, said savedMessage, is classified) {
	m = Message{
		Type:      e.Type,
		UUID:      e.UUID,
		Parent:    e.Parent,
		Time:      e.Time,
		Sidechain: e.Sidechain,
		agent:     e.AgentID,
		apiError:  e.APIError,
	}
	var blocks []block
	if e.said() {
		said = parseSaved(e.Message)
		blocks = said.blocks()
	}
	is = e.classify(&said, blocks)
	m.kind = is.kind
	if is.kind == localOutputLine {
		m.output = is.shown()
	}
	switch e.Type {
	case "system":
		m.boundary = e.Subtype == "compact_boundary"
		m.command = e.Subtype == "local_command"
		m.logicalParent, m.preserved = e.LogicalParent, e.Preserved
	case "user", "assistant":
		m.read(&said, blocks)
		m.interrupt, m.summary = is.kind == interruptLine, e.Summary
		if e.Sidechain && e.Type == "user" {
			m.task = promptHash(m.Text)
		}
		m.Prompt = e.Type == "user" && is.kind.beginsTurn() && !e.Sidechain
	case "attachment":
		if e.Attachment.Type == "queued_command" {
			m.foldedFrom = e.Attachment.Source
		}
	case "custom-title":
		m.Title = e.CustomTitle
	case "ai-title":
		m.Title = e.AITitle
	}
	return m, said, is
}

// read takes over what was said.
func (m *Message) read(said *savedMessage, blocks []block) {
	m.Role, m.reply, m.stop = said.Role, said.ID, said.StopReason
	m.model, m.made = said.Model, said.Model == synthetic
	m.usage = said.Usage
	if m.Type == "assistant" {
		m.usage = said.Usage.priced(said.Model, said.terms, m.Time)
	}

	var text []string
	m.blank = true
	for _, b := range blocks {
		switch b.Type {
		case "text":
			text = append(text, b.Text)
			if strings.TrimSpace(b.Text) != "" {
				m.blank = false
				m.blocks = append(m.blocks, TextBlock)
			}
		case "tool_result":
			m.results = append(m.results, b.UseID)
			m.blocks = append(m.blocks, ToolResultBlock)
		case "tool_use":
			m.uses = append(m.uses, b.ID)
			m.blocks = append(m.blocks, ToolUseBlock)
			m.blank = false
			if t, ok := taskOf(b); ok {
				m.tasks = append(m.tasks, t)
			}
		case "thinking", "redacted_thinking":
			if b.Thinks {
				m.blocks = append(m.blocks, ThinkingBlock)
			}
		case "server_tool_use":
			m.blocks = append(m.blocks, ToolUseBlock)
			m.blank = false
		case "image", "document":
			m.blocks = append(m.blocks, TextBlock)
			m.blank = false
		default:
			m.blank = false
		}
	}
	m.Text = strings.Join(text, "\n")
	if len(m.Text) > maxText {
		m.Text = strings.ToValidUTF8(m.Text[:maxText], "")
	}
}

// savedMessage is a message as it stands in a transcript.
type savedMessage struct {
	message
	Usage Usage // without the dollars
	terms terms
}

// parseSaved reads a message as far as it goes.
func parseSaved(raw json.RawMessage) (s savedMessage) {
	jsonscan.Fields(raw, func(name string, v jsonscan.Value) bool {
		switch name {
		case "id":
			s.ID = v.String()
		case "role":
			s.Role = v.String()
		case "model":
			s.Model = v.String()
		case "stop_reason":
			s.StopReason = v.String()
		case "content":
			s.Content = v.Raw()
		case "usage":
			v.Fields(s.usageField)
		}
		return true
	})
	return s
}

// usageField takes a part of the usage as the Messages API names it.
func (s *savedMessage) usageField(name string, v jsonscan.Value) bool {
	switch name {
	case "speed", "inference_geo":
		s.terms.field(name, v.String())
	case "cache_creation", "server_tool_use":
		v.Fields(s.Usage.field)
	default:
		s.Usage.field(name, v)
	}
	return true
}

// field takes a count as the Messages API names it.
func (u *Usage) field(name string, v jsonscan.Value) bool {
	switch name {
	case "input_tokens":
		u.InputTokens = int64(v.Number())
	case "output_tokens":
		u.OutputTokens = int64(v.Number())
	case "cache_read_input_tokens":
		u.CacheReadTokens = int64(v.Number())
	case "cache_creation_input_tokens":
		u.CacheCreationTokens = int64(v.Number())
	case "ephemeral_1h_input_tokens":
		u.CacheCreation1hTokens = int64(v.Number())
	case "web_search_requests":
		u.WebSearches = int64(v.Number())
	}
	return true
}

// digest does not depend on the order of keys or on white space.
func digest(role string, content json.RawMessage) [sha256.Size]byte {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) == nil {
		if canonical, err := json.Marshal(value); err == nil {
			content = canonical
		}
	}
	return sha256.Sum256(append([]byte(role+"\x00"), content...))
}
