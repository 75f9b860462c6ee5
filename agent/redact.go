package agent

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

// A Redactor takes the words out of lines of a transcript and leaves their
// structure: types, ids, links, times, versions, numbers, the names of models and
// of Claude Code's own tools, and the tags by which Claude Code marks what it
// writes. All other strings, names of unknown fields too, become filler of about
// the same length, equal strings the same filler. It is not safe for concurrent
// use.
type Redactor struct{ key [32]byte }

// NewRedactor returns a Redactor with a key of its own: what it writes cannot be
// compared with what another one writes.
func NewRedactor() *Redactor {
	r := &Redactor{}
	rand.Read(r.key[:]) // it never fails
	return r
}

// RedactFile writes a transcript without its words, a last line that has no end
// included. Lines of more than 128 MiB are left out. It follows no link and opens
// regular files only.
func RedactFile(w io.Writer, path string) error {
	file, err := openRegular(path)
	if err != nil {
		return fmt.Errorf("redacting %s: %w", path, err)
	}
	defer file.Close()
	lines := newLineReader(file, maxEntry)
	defer lines.release()
	r, out := NewRedactor(), bufio.NewWriter(w)
	for {
		line, whole, err := lines.next()
		if errors.Is(err, io.EOF) {
			return out.Flush()
		}
		if err != nil {
			return fmt.Errorf("redacting %s: %w", path, err)
		}
		out.Write(r.Line(line)) // its error stays and comes with Flush
		if whole {
			out.WriteByte('\n')
		}
	}
}

// Line redacts one line. One that is no JSON becomes a line that is none, either.
func (r *Redactor) Line(line []byte) []byte {
	if !jsonscan.Valid(line) {
		return []byte(r.filler(string(line)))
	}
	var out bytes.Buffer
	if v := jsonscan.Parse(line); bytes.HasPrefix(v.Raw(), []byte("{")) {
		r.object(&out, v, inLine)
	} else {
		r.value(&out, "", v, inOther)
	}
	return out.Bytes()
}

// A level is where in a line a value stands: it decides which names are kept.
type level int

const (
	inLine       level = iota // an entry, also one that stands in the data of another
	inMessage                 // the message of an entry
	inPart                    // a part of a message, or of a tool's result
	inAttachment              // an attachment of an entry
	inOther                   // any other object: what is in there may be anybody's
	inInput                   // the input of a tool: no field in it is known
)

// below returns the level of the value of a field.
func (in level) below(field string) level {
	switch {
	case in == inInput || field == "input":
		return inInput
	case in == inLine && field == "message":
		return inMessage
	case in == inLine && field == "data":
		return inLine
	case in == inLine && field == "attachment":
		return inAttachment
	case field == "content" && (in == inMessage || in == inPart), field == "prompt" && in == inAttachment:
		return inPart
	}
	return inOther
}

// value writes a value of a field of an object at a level.
func (r *Redactor) value(out *bytes.Buffer, field string, v jsonscan.Value, in level) {
	raw := bytes.TrimSpace(v.Raw())
	switch {
	case len(raw) == 0:
		out.WriteString("null")
	case raw[0] == '"':
		r.string(out, r.text(field, v.String(), in))
	case raw[0] == '{':
		r.object(out, v, in.below(field))
	case raw[0] == '[':
		r.list(out, field, v, in)
	default: // a number, true, false or null
		out.Write(raw)
	}
}

func (r *Redactor) object(out *bytes.Buffer, v jsonscan.Value, in level) {
	out.WriteByte('{')
	first := true
	v.Fields(func(name string, v jsonscan.Value) bool {
		if !first {
			out.WriteByte(',')
		}
		first = false
		if in != inInput && structural[name] != noField {
			r.string(out, name)
		} else {
			r.string(out, r.filler(name))
		}
		out.WriteByte(':')
		r.value(out, name, v, in)
		return true
	})
	out.WriteByte('}')
}

func (r *Redactor) list(out *bytes.Buffer, field string, v jsonscan.Value, in level) {
	out.WriteByte('[')
	first := true
	v.Elements(func(v jsonscan.Value) bool {
		if !first {
			out.WriteByte(',')
		}
		first = false
		r.value(out, field, v, in)
		return true
	})
	out.WriteByte(']')
}

func (r *Redactor) string(out *bytes.Buffer, s string) {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.Encode(s)           // a string, to a Buffer
	out.Truncate(out.Len() - 1) // the line's end
}

// fieldKind is what the strings of a field are.
type fieldKind int

const (
	noField      fieldKind = iota // not known: filler, its name too
	idField                       // an id: kept if it looks like one, else filler
	typeField                     // the name of a kind: kept where only Claude Code writes it, elsewhere if it is known
	nameField                     // one of a few names: kept if it is known
	modelField                    // the name of a model
	versionField                  // a version
	timeField                     // a time
	toolField                     // the name of a tool
	textField                     // text: filler but for tags
	plainField                    // an object, list, number or flag
)

// structural are the fields whose names are kept.
var structural = fields(map[fieldKind]string{
	idField: "uuid parentUuid logicalParentUuid sessionId id tool_use_id toolUseID toolUseId requestId messageId messageUuid leafUuid agentId promptId " +
		"source_uuid anchorUuid headUuid tailUuid uuids allUuids sourceToolAssistantUUID sourceToolUseID parentToolUseID parent_tool_use_id",
	typeField:    "type subtype",
	nameField:    "role stop_reason level userType operation trigger hookEvent permissionMode entrypoint mode promptSource rowSource turnOrigin commandMode status",
	modelField:   "model",
	versionField: "version",
	timeField:    "timestamp",
	toolField:    "name",
	textField:    "text thinking content summary customTitle aiTitle lastPrompt prompt cwd gitBranch slug",
	plainField: "message usage input_tokens output_tokens cache_read_input_tokens cache_creation_input_tokens cache_creation ephemeral_5m_input_tokens ephemeral_1h_input_tokens " +
		"server_tool_use web_search_requests isSidechain isMeta isCompactSummary isVisibleInTranscriptOnly isApiErrorMessage is_error compactMetadata preTokens preservedSegment preservedMessages " +
		"attachment forkedFrom totalCostUSD modelUsage isAsync input toolUseResult data snapshot",
})

func fields(names map[fieldKind]string) map[string]fieldKind {
	kinds := make(map[string]fieldKind)
	for kind, list := range names {
		for _, name := range strings.Fields(list) {
			kinds[name] = kind
		}
	}
	return kinds
}

var (
	idShape      = regexp.MustCompile(`^(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|a?[0-9a-f]{6,40}|(?:msg|req|toolu|srvtoolu)_[0-9A-Za-z]{8,64})$`)
	typeShape    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)
	modelShape   = regexp.MustCompile(`^(?:(?:[a-z]{2,6}\.)?anthropic\.)?claude-[a-z0-9.@:-]{1,40}(?:\[1m\])?$`)
	versionShape = regexp.MustCompile(`^\d{1,4}\.\d{1,4}\.\d{1,6}$`)
)

// text returns what is written in the place of a string in an object at a level.
func (r *Redactor) text(field, s string, in level) string {
	kind := structural[field]
	switch {
	case strings.TrimSpace(s) == "":
		return s // that a text is blank matters
	case in == inInput:
		return r.filler(s)
	case kind == textField:
		return r.tagged(s)
	case stays(kind, s, in):
		return s
	}
	return r.filler(s)
}

// stays reports whether a string of a field has no words of a person.
func stays(kind fieldKind, s string, in level) bool {
	switch kind {
	case idField:
		return idShape.MatchString(s)
	case typeField:
		return knownNames[s] || knownTypes[s] || knownBlocks[s] || in != inOther && typeShape.MatchString(s)
	case nameField:
		return knownNames[s]
	case modelField:
		return s == synthetic || modelShape.MatchString(s)
	case versionField:
		return versionShape.MatchString(s)
	case timeField:
		_, err := time.Parse(time.RFC3339, s)
		return err == nil
	case toolField:
		return ownTools[s]
	}
	return false
}

// knownNames are the values that Claude Code writes into fields of few values.
var knownNames = set("user", "assistant", "system", "message", "external", "ant", "cli", "sdk-cli", "sdk-ts", "sdk-py", "claude-vscode", "mcp", "sdk", "local", "human", "none",
	"end_turn", "tool_use", "max_tokens", "stop_sequence", "pause_turn", "refusal", "model_context_window_exceeded",
	"info", "warning", "error", "suggestion", "notice", "auto", "manual", "enqueue", "dequeue", "remove", "popAll",
	"default", "acceptEdits", "bypassPermissions", "dontAsk", "plan", "prompt", "bash", "task-notification",
	"PreToolUse", "PostToolUse", "PostToolUseFailure", "UserPromptSubmit", "SessionStart", "SessionEnd", "Stop", "StopFailure", "SubagentStart", "SubagentStop",
	"PreCompact", "PostCompact", "Notification", "PermissionRequest", "completed", "async_launched", "running", "pending", "in_progress", "failed", "killed", "create", "update")

// ownTools are Claude Code's own tools.
var ownTools = set("Bash", "BashOutput", "KillShell", "Read", "Write", "Edit", "MultiEdit", "NotebookEdit", "NotebookRead", "Glob", "Grep", "LS", "Task", "Agent",
	"TodoRead", "TodoWrite", "WebFetch", "WebSearch", "ExitPlanMode", "EnterPlanMode", "EnterWorktree", "ExitWorktree", "AskUserQuestion", "Skill", "SlashCommand", "ToolSearch")

// marking is what Claude Code writes into a text to say what it is.
var marking = regexp.MustCompile(`</?(?:command-name|command-message|command-args|local-command-stdout|local-command-stderr|local-command-caveat|bash-input|bash-stdout|bash-stderr|` +
	`user-memory-input|task-notification|system-reminder|ide_opened_file|ide_selection|user-prompt-submit-hook)>` +
	`|\[Request interrupted by user(?: for tool use)?\]` +
	`|Caveat: The messages below were generated by the user while running local commands`)

// tagged redacts a text but for the tags by which Claude Code marks what it is, and
// the names of its own commands.
func (r *Redactor) tagged(s string) string {
	var out strings.Builder
	put := func(s string) {
		switch name := strings.TrimSpace(s); {
		case name == "":
			out.WriteString(s)
		case localCommands["/"+strings.TrimPrefix(name, "/")] && strings.HasSuffix(out.String(), ">"):
			out.WriteString(s)
		default:
			out.WriteString(r.filler(s))
		}
	}
	done := 0
	for _, at := range marking.FindAllStringIndex(s, -1) {
		put(s[done:at[0]])
		out.WriteString(s[at[0]:at[1]])
		done = at[1]
	}
	put(s[done:])
	return out.String()
}

// shortest is how long filler is at least, in bytes: so that it differs for
// different strings.
const shortest = 16

// filler returns what stands for a string: digits, each after an x, so that there
// are no words in it. Its length is the next of 16, 32, 64, … bytes, at most 16 KiB.
func (r *Redactor) filler(s string) string {
	length := shortest
	for length < len(s) && length < 16<<10 {
		length *= 2
	}
	mac := hmac.New(sha256.New, r.key[:])
	mac.Write([]byte(s))
	seed := mac.Sum(nil)
	out := make([]byte, 0, length)
	for n := uint64(0); len(out) < length; n++ {
		block := sha256.Sum256(binary.LittleEndian.AppendUint64(bytes.Clone(seed), n))
		for _, b := range block {
			out = append(out, 'x', '0'+b%10)
		}
	}
	return string(out[:length])
}
