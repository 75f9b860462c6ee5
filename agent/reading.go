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
// only bookkeeping have a place in the chain, and nothing to say. No text of it
// has escape sequences of terminals.
type Reading struct {
	UUID      string
	Parent    string // uuid of the entry before it, also beyond a compaction; "" for the first
	Sidechain bool   // of a sub-agent
	Speaker   string // "" for bookkeeping
	Local     bool   // a person's, but the model was asked nothing: a command of Claude Code's own, a shell command, a note for its memory
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
	agentID := ""
	e := parseEntry(line, func(name string, v jsonscan.Value) {
		if name == "toolUseResult" {
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
	var said savedMessage
	if e.said() {
		said = parseSaved(e.Message)
	}
	r.take(&e, &said)
	r.noteAgent(agentID)
	return r, true
}

// take reads what an entry says.
func (r *Reading) take(e *entry, said *savedMessage) {
	var blocks []block
	if e.Type == "user" {
		blocks = said.blocks()
	}
	is := e.classify(said, blocks)
	switch is.kind {
	case answerLine, placeholderLine, apiErrorLine:
		r.assistant(said)
	case promptLine:
		r.Speaker, r.Prompt = SpeakerUser, e.prompt()
		r.Blocks = e.promptBlocks(said)
	case commandLine:
		r.Speaker, r.Prompt = SpeakerUser, e.prompt()
		r.say(is)
	case localCommandLine: // it may be a turn of ours
		r.Speaker, r.Prompt, r.Local = SpeakerUser, e.prompt(), true
		r.say(is)
	case bashInputLine, memoryLine:
		r.Speaker, r.Local = SpeakerUser, true
		r.say(is)
	case toolResultLine:
		r.Speaker, r.Blocks = SpeakerTool, contentBlocks(said.Content)
	case localOutputLine, bashOutputLine, interruptLine, compactSummaryLine, taskLine, peerLine, skillLine, hookLine:
		r.Speaker = SpeakerSystem
		r.say(is)
	case compactionLine:
		r.Speaker = SpeakerSystem
		r.say(classified{text: "The conversation was compacted here: what is before is summed up after."})
	case otherLine:
		if e.Type == "user" { // of a shape not known
			r.Speaker, r.Prompt = SpeakerUser, e.UUID
		}
	}
}

// say makes the text of a line the only block. A line without any, such as the
// output of a command that printed nothing, becomes bookkeeping.
func (r *Reading) say(is classified) {
	text := plain(is.shown())
	if strings.TrimSpace(text) == "" {
		r.Speaker, r.Local = "", false
		return
	}
	r.Blocks = []Block{{Kind: TextBlock, Text: text}}
}

// prompt is the uuid that a prompt was given under.
func (e *entry) prompt() string {
	if e.Type == "attachment" {
		return e.Attachment.Source
	}
	return e.UUID
}

// promptBlocks are those of a prompt as its author gave it.
func (e *entry) promptBlocks(said *savedMessage) []Block {
	content := said.Content
	if e.Type == "attachment" {
		content = e.Attachment.Prompt
	}
	var blocks []Block
	for _, b := range contentBlocks(content) {
		if b.Kind == TextBlock {
			b.Text = authored(b.Text)
		}
		if b.Kind != TextBlock || b.Text != "" {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// noteAgent puts the id of a sub-agent on the result that an entry holds.
func (r *Reading) noteAgent(id string) {
	if len(r.Blocks) == 1 && r.Blocks[0].Kind == ToolResultBlock {
		r.Blocks[0].Agent = id
	}
}

// assistant reads what is written as the model's.
func (r *Reading) assistant(said *savedMessage) {
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
		return Block{Kind: TextBlock, Text: plain(p.Text)}, strings.TrimSpace(p.Text) != ""
	case "thinking":
		return Block{Kind: ThinkingBlock, Text: plain(p.Thinking)}, strings.TrimSpace(p.Thinking) != ""
	case "tool_use", "server_tool_use":
		input := plainJSON(p.Input)
		return Block{Kind: ToolUseBlock, ID: p.ID, Tool: p.Name, Summary: Describe(p.Name, input), Input: input}, true
	case "tool_result":
		return Block{Kind: ToolResultBlock, ID: p.UseID, Text: plain(p.result()), Failed: p.Failed}, true
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
