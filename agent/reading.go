package agent

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

// Who says what is read in a transcript. Claude Code writes results of tools
// and its own notes as the user's: here they are told apart.
const (
	SpeakerUser      = "user"
	SpeakerAssistant = "assistant"
	SpeakerTool      = "tool"   // results of tools
	SpeakerSystem    = "system" // Claude Code itself: interrupts, errors of the API, compactions, news of sub-agents
)

// A Reading is an entry of a transcript as people read it. Entries that are
// only bookkeeping have a place in the chain, and nothing to say.
type Reading struct {
	UUID      string
	Parent    string // uuid of the entry before it, also beyond a compaction; "" for the first
	Sidechain bool   // of a sub-agent
	Speaker   string // "" for bookkeeping
	Prompt    string // uuid that a prompt was given under, which can differ from its entry's; "" for all else
	Reply     string // id of the model's message, of which this may be a part
	Model     string
	Time      time.Time // zero if it is not told
	Usage     Usage     // of the whole reply: all of its entries repeat it
	Blocks    []Block
}

// Has tells whether r has a block of one of some kinds.
func (r *Reading) Has(kinds ...BlockKind) bool {
	for _, b := range r.Blocks {
		for _, k := range kinds {
			if b.Kind == k {
				return true
			}
		}
	}
	return false
}

// BlockKind is what a Block is.
type BlockKind string

// The kinds of blocks.
const (
	TextBlock       BlockKind = "text"
	ThinkingBlock   BlockKind = "thinking"
	ToolUseBlock    BlockKind = "tool_use"
	ToolResultBlock BlockKind = "tool_result"
)

// A Block is one part of what an entry says.
type Block struct {
	Kind    BlockKind
	Text    string          // of a text, a thought or a result; pictures and the like are named in brackets
	ID      string          // of the use of a tool; a result has that of its use
	Tool    string          // name of the tool that is used
	Summary string          // of its input, on one line: "Bash: go test ./…"
	Input   json.RawMessage // of the use of a tool
	Failed  bool            // the result is an error
	Agent   string          // of a result: id of the sub-agent that gave it, or was begun; SubOf finds its transcript
}

// ParseReading reads a line of a transcript. It is false for what has no place
// in the chain; an entry of a kind or shape not known has no blocks. A Reading
// shares no memory with the line.
func ParseReading(line json.RawMessage) (Reading, bool) {
	subtype, agentID := "", ""
	e := parseEntry(line, func(name string, v jsonscan.Value) {
		switch name {
		case "subtype":
			subtype = v.String()
		case "toolUseResult":
			agentID = jsonscan.String(v.Raw(), "agentId")
		}
	})
	if e.UUID == "" {
		return Reading{}, false
	}
	r := Reading{UUID: e.UUID, Parent: cmp.Or(e.Parent, e.LogicalParent), Sidechain: e.Sidechain, Time: e.Time}
	if !inChain(e.Type, r.Parent) {
		return Reading{}, false
	}
	switch {
	case e.Type == "user":
		r.user(&e)
		r.noteAgent(agentID)
	case e.Type == "assistant":
		r.assistant(&e)
	case e.Type == "attachment" && e.Attachment.Type == "queued_command":
		r.Speaker, r.Prompt = SpeakerUser, e.Attachment.Source
		r.Blocks = contentBlocks(e.Attachment.Prompt)
		r.noteTask()
	case e.Type == "system" && subtype == "compact_boundary":
		r.Speaker = SpeakerSystem
		r.Blocks = []Block{{Kind: TextBlock, Text: "The conversation was compacted here: what is before is summed up after."}}
	}
	return r, true
}

// noteAgent puts the id of a sub-agent on the result that an entry holds.
func (r *Reading) noteAgent(id string) {
	if len(r.Blocks) == 1 && r.Blocks[0].Kind == ToolResultBlock {
		r.Blocks[0].Agent = id
	}
}

// taskNotification begins a prompt that Claude Code gives itself when a
// sub-agent has ended.
const taskNotification = "<task-notification>"

// user reads what is written as the user's.
func (r *Reading) user(e *entry) {
	if e.Meta {
		return // written for the model, not for people
	}
	r.Blocks = contentBlocks(parseSaved(e.Message).Content)
	text := ""
	if len(r.Blocks) > 0 {
		text = r.Blocks[0].Text
	}
	switch {
	case r.Has(ToolResultBlock):
		r.Speaker = SpeakerTool
	case e.Summary, strings.HasPrefix(text, interruptedText):
		r.Speaker = SpeakerSystem
	case strings.HasPrefix(text, "<local-command-"):
		r.Speaker = SpeakerSystem
		r.Blocks[0].Text = commandOutput(text)
	default:
		r.Speaker, r.Prompt = SpeakerUser, e.UUID
		if command := commandText(text); command != "" {
			r.Blocks[0].Text = command
		}
		r.noteTask()
	}
}

// noteTask makes news of a sub-agent what they are: nothing that a user says.
func (r *Reading) noteTask() {
	if len(r.Blocks) > 0 && strings.HasPrefix(strings.TrimSpace(r.Blocks[0].Text), taskNotification) {
		r.Speaker, r.Prompt = SpeakerSystem, ""
		r.Blocks[0].Text = taskNews(r.Blocks[0].Text)
	}
}

// commandOutput is what a command of Claude Code's own said; all of the text, if
// that is not known.
func commandOutput(text string) string {
	for _, tag := range []string{"local-command-stdout", "local-command-stderr"} {
		if out := tagged(text, tag); out != "" {
			return out
		}
	}
	return text
}

// taskNews is what a notification says to people; all of it, if that is not
// known.
func taskNews(text string) string {
	summary, result := tagged(text, "summary"), tagged(text, "result")
	switch {
	case summary == "":
		return text
	case result == "":
		return summary
	}
	return summary + "\n\n" + result
}

// tagged is what stands in text between a tag and its end.
func tagged(text, tag string) string {
	_, rest, _ := strings.Cut(text, "<"+tag+">")
	if end := strings.LastIndex(rest, "</"+tag+">"); end >= 0 {
		return strings.TrimSpace(rest[:end])
	}
	return ""
}

// assistant reads what is written as the model's.
func (r *Reading) assistant(e *entry) {
	said := parseSaved(e.Message)
	r.Speaker, r.Reply, r.Model, r.Usage = SpeakerAssistant, said.ID, said.Model, said.Usage
	if r.Model == synthetic {
		r.Speaker, r.Model = SpeakerSystem, ""
	}
	r.Blocks = contentBlocks(said.Content)
}

// part is a block as it stands in a transcript.
type part struct {
	block
	Thinking string          `json:"thinking"`
	ID       string          `json:"id"`
	UseID    string          `json:"tool_use_id"`
	Failed   bool            `json:"is_error"`
	Content  json.RawMessage `json:"content"` // of a result: a string, or parts
}

// contentBlocks reads the content of a message: a string, or parts. Parts
// that are empty or of no known shape are left out.
func contentBlocks(content json.RawMessage) []Block {
	var blocks []Block
	for _, p := range parts(content) {
		if b, ok := p.read(); ok {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

func parts(content json.RawMessage) []part {
	if len(content) > 0 && content[0] == '"' {
		var text string
		_ = json.Unmarshal(content, &text) // not a string: no text
		return []part{{block: block{Type: "text", Text: text}}}
	}
	var list []part
	_ = json.Unmarshal(content, &list) // parts of other shapes have no type
	return list
}

func (p *part) read() (Block, bool) {
	switch p.Type {
	case "text":
		return Block{Kind: TextBlock, Text: p.Text}, strings.TrimSpace(p.Text) != ""
	case "thinking":
		return Block{Kind: ThinkingBlock, Text: p.Thinking}, strings.TrimSpace(p.Thinking) != ""
	case "tool_use", "server_tool_use":
		return Block{Kind: ToolUseBlock, ID: p.ID, Tool: p.Name, Summary: Describe(p.Name, p.Input), Input: p.Input}, true
	case "tool_result":
		return Block{Kind: ToolResultBlock, ID: p.UseID, Text: p.result(), Failed: p.Failed}, true
	case "image", "document":
		return Block{Kind: TextBlock, Text: "[" + p.Type + "]"}, true
	}
	return Block{}, false
}

// result is what a tool gave, as text.
func (p *part) result() string {
	var texts []string
	for _, inner := range parts(p.Content) {
		switch inner.Type {
		case "text":
			texts = append(texts, inner.Text)
		case "":
		default:
			texts = append(texts, "["+inner.Type+"]")
		}
	}
	return strings.Join(texts, "\n")
}
