package agent

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

// What an Examination finds in a transcript.
const (
	FoundNoJSON         = "a line that is no JSON object"
	FoundTooLong        = "a line of more than 128 MiB"
	FoundUnknownType    = "a line of an unknown type"
	FoundUnknownBlock   = "a part of a message of an unknown type"
	FoundNoUUID         = "a message without a uuid"
	FoundChangedRepeat  = "a uuid that is repeated with other content"
	FoundMissingParent  = "a parent that is not in the file, and is bridged"
	FoundUnboundEntry   = "a parent that is not in the file, and cannot be bridged"
	FoundLoop           = "a loop of parents"
	FoundStrayResult    = "the result of a tool that was not used"
	FoundUnansweredUse  = "the use of a tool that has no result"
	FoundUnreadableFile = "a file that cannot be read"
)

// A Finding is something in a transcript that could not be placed, or that a
// report about it should name. It has no words of the transcript.
type Finding struct {
	Kind string `json:"kind"`
	Line int    `json:"line"`           // from 1; lines that are empty do not count
	UUID string `json:"uuid,omitempty"` // of the entry, if it has one
	What string `json:"what,omitempty"` // the type that is not known
}

// A Tally is how much of one kind an Examination found.
type Tally struct {
	Count int            `json:"count"`
	Line  int            `json:"line"`            // of the first
	Types map[string]int `json:"types,omitempty"` // that are not known
}

// An Examination keeps so many Findings of each kind, and tells so many types
// apart: a broken file may have one on each line.
const (
	maxFindings = 100
	maxTypes    = 100
)

// OtherTypes stands for the types beyond these, and for those that are no plain
// word: they may be words of a conversation.
const OtherTypes = "(other)"

// An Examination is what a transcript consists of, without its words.
type Examination struct {
	Path        string            `json:"path"`
	Lines       int               `json:"lines"`
	Entries     int               `json:"entries"`  // that have a place in the conversation
	Branches    int               `json:"branches"` // messages of the session itself that no other message follows
	Compactions int               `json:"compactions"`
	SubAgents   int               `json:"sub_agents"` // in the file itself
	Types       map[string]int    `json:"types"`      // how many lines are of each type
	Found       map[string]*Tally `json:"found,omitempty"`
	Findings    []Finding         `json:"findings,omitempty"` // the first of each kind
}

// Examine reads a transcript and tells what could not be placed. It follows no
// link and opens regular files only. The error is that of reading.
func Examine(path string) (Examination, error) {
	e := examiner{Examination: Examination{Path: path, Types: make(map[string]int), Found: make(map[string]*Tally)}, conv: NewOutline(ofSubAgent(path)), contents: make(map[string]uint64)}
	if err := e.file(path); err != nil {
		return e.Examination, fmt.Errorf("examining %s: %w", path, err)
	}
	e.finish()
	return e.Examination, nil
}

// ofSubAgent reports whether a transcript is that of a sub-agent, by its name.
func ofSubAgent(path string) bool { return strings.HasPrefix(filepath.Base(path), "agent-") }

type examiner struct {
	Examination
	conv     *Conversation
	contents map[string]uint64 // hash of the message of each uuid
}

// openRegular opens a regular file, and no link to one: to open a named pipe
// would wait for its writer.
func openRegular(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	return os.Open(path)
}

func (e *examiner) file(path string) error {
	file, err := openRegular(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := newLineReader(file, maxEntry)
	defer lines.release()
	for {
		line, _, err := lines.next()
		for ; lines.skipped > 0; lines.skipped-- {
			e.Lines++
			e.found(FoundTooLong, "", "")
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		e.Lines++
		e.line(line)
	}
}

func (e *examiner) found(kind, uuid, what string) {
	e.add(Finding{Kind: kind, Line: e.Lines, UUID: uuid, What: what})
}

func (e *examiner) add(f Finding) {
	tally := e.Found[f.Kind]
	if tally == nil {
		tally = &Tally{Line: f.Line, Types: make(map[string]int)}
		e.Found[f.Kind] = tally
	}
	tally.Count++
	if f.What != "" {
		f.What = countType(tally.Types, f.What)
	}
	if tally.Count <= maxFindings {
		e.Findings = append(e.Findings, f)
	}
}

// countType counts a type, and returns under which name.
func countType(types map[string]int, name string) string {
	if _, there := types[name]; !there && (len(types) >= maxTypes || name != "" && !typeShape.MatchString(name)) {
		name = OtherTypes
	}
	types[name]++
	return name
}

var contentSeed = maphash.MakeSeed()

func (e *examiner) line(line []byte) {
	if line[0] != '{' || !jsonscan.Valid(line) {
		e.found(FoundNoJSON, "", "")
		return
	}
	entry := parseValid(line, nil)
	countType(e.Types, entry.Type)
	if !knownTypes[entry.Type] {
		e.found(FoundUnknownType, entry.UUID, entry.Type)
	}
	if entry.said() {
		e.message(&entry)
	}
	e.conv.AddLine(int64(e.Lines), line)
}

// message looks at an entry of the user or the model.
func (e *examiner) message(entry *entry) {
	if entry.UUID == "" {
		e.found(FoundNoUUID, "", "")
		return
	}
	said := parseSaved(entry.Message)
	for _, b := range said.blocks() {
		if !knownBlocks[b.Type] {
			e.found(FoundUnknownBlock, entry.UUID, b.Type)
		}
	}
	hash := maphash.Bytes(contentSeed, said.Content)
	if before, again := e.contents[entry.UUID]; again && before != hash {
		e.found(FoundChangedRepeat, entry.UUID, "")
	}
	e.contents[entry.UUID] = hash
}

// finish tells what the whole of the conversation shows.
func (e *examiner) finish() {
	e.Entries, e.Branches, e.Compactions = e.conv.Len(), e.conv.branches(), e.conv.compactions()
	e.SubAgents = len(e.conv.Sidechains())
	for _, f := range e.conv.unplaced() {
		e.add(f)
	}
}

// knownTypes are the types of lines that Claude Code is known to write.
var knownTypes = set("user", "assistant", "system", "attachment", "progress", "summary", "custom-title", "ai-title", "agent-name", "agent-color", "agent-setting",
	"tag", "mode", "permission-mode", "last-prompt", "queue-operation", "file-history-snapshot", "file-history-delta", "api-request", "api-request-shape", "api-request-blob", "cost-state",
	"tools-used", "atis-latch", "content-replacement", "worktree-state", "pr-link", "task-summary", "bridge-session", "started", "result")

// knownBlocks are the types of parts that a message may have.
var knownBlocks = set("text", "thinking", "redacted_thinking", "tool_use", "tool_result", "image", "document", "server_tool_use",
	"web_search_tool_result", "web_fetch_tool_result", "fallback")

func set(names ...string) map[string]bool {
	s := make(map[string]bool, len(names))
	for _, n := range names {
		s[n] = true
	}
	return s
}
