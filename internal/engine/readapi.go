package engine

import (
	"encoding/json"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// ReadRequest asks for a page of a session's transcript.
type ReadRequest struct {
	Session         string   `json:"session" jsonschema:"Name, id, or unique prefix (4 or more characters) of the id of a session."`
	From            string   `json:"from,omitzero" jsonschema:"Where to read: end (the newest messages, default), start, or on from a message uuid or turn_id."`
	Limit           int      `json:"limit,omitzero" jsonschema:"Messages on a page, 1 to 200; default 20."`
	Roles           []string `json:"roles,omitzero" jsonschema:"Only what these say. tool: results of tools; system: interrupts, errors of the API, compactions, news of sub-agents. Default: all."`
	IncludeTools    string   `json:"include_tools,omitzero" jsonschema:"Uses and results of tools: none, summary (a line each), full."`
	IncludeThinking bool     `json:"include_thinking,omitzero" jsonschema:"Show what the model thought, too."`
	Subagent        string   `json:"subagent,omitzero" jsonschema:"Read this sub-agent's transcript instead: one of subagents in the answer, or a unique part of it."`
	Format          string   `json:"format,omitzero" jsonschema:"markdown: text to read; json: messages in the structured content."`
	MaxTokens       int      `json:"max_tokens,omitzero" jsonschema:"Most tokens that the answer may take; what does not fit is on the next page."`
	Cursor          string   `json:"cursor,omitzero" jsonschema:"next_cursor or prev_cursor of another page; from is then not looked at."`
	AllSubagents    bool     `json:"all_subagents,omitzero"` // name all sub-agents, not the first 50 only; no argument of the tool
}

// The formats of a ReadRequest. They differ in the words only, not in what is
// selected.
const (
	FormatMarkdown = "markdown"
	FormatJSON     = "json"
)

// How much a ReadRequest wants of tools.
const (
	ToolsNone    = "none"
	ToolsSummary = "summary"
	ToolsFull    = "full"
)

// Transcript is a page of a conversation: messages of its living branch, the
// oldest first.
type Transcript struct {
	Session    string    `json:"session_id"`
	Title      string    `json:"title"`
	Inherited  string    `json:"inherited_from,omitempty"` // for a fork that has not run: the session whose conversation it begins with
	Subagent   string    `json:"subagent,omitempty"`
	Subagents  []string  `json:"subagents,omitempty"` // those that have a transcript, at most 50 unless all are asked for
	Format     string    `json:"format"`
	Messages   []Message `json:"messages,omitempty"`
	Shown      int       `json:"shown"`                 // how many messages are on the page
	Tokens     int       `json:"tokens"`                // what they take, estimated high
	PrevCursor string    `json:"prev_cursor,omitempty"` // to the page of older messages; empty at the start
	NextCursor string    `json:"next_cursor,omitempty"` // to the page of newer messages; empty at the end
	Next       string    `json:"next,omitempty"`
}

// Message is an entry of a transcript. One message of the model can be several
// in a row, one for each of its parts.
type Message struct {
	UUID     string       `json:"uuid"`
	Role     string       `json:"role"`            // user, assistant, tool or system
	Local    bool         `json:"local,omitempty"` // a person's, but no prompt: a command of Claude Code's own, a shell command, a note for its memory
	Time     time.Time    `json:"time,omitzero"`
	Model    string       `json:"model,omitempty"`
	Text     string       `json:"text,omitempty"`
	Thinking string       `json:"thinking,omitempty"`
	Uses     []ToolUse    `json:"tool_uses,omitempty"`
	Results  []ToolResult `json:"tool_results,omitempty"`
	Cut      int          `json:"cut_bytes,omitempty"` // how long text and thinking are in whole, if they were cut

	// Tokens of the model's whole message; on the last of its parts only.
	Tokens *Tokens `json:"tokens,omitempty"`
	// TurnID is on a prompt that was given here. Turn tells what came of it,
	// once it has ended.
	TurnID string    `json:"turn_id,omitempty"`
	Turn   *TurnNote `json:"turn,omitempty"`
}

// Tokens are what a message of the model took.
type Tokens struct {
	Input         int64 `json:"input_tokens"`
	Output        int64 `json:"output_tokens"`
	CacheRead     int64 `json:"cache_read_tokens"`
	CacheCreation int64 `json:"cache_creation_tokens"`
}

// TurnNote is what a transcript tells of a turn that has ended.
type TurnNote struct {
	Status sessionstore.TurnStatus `json:"status"`
	Usage  Usage                   `json:"usage"`
}

// ToolUse is a call of a tool.
type ToolUse struct {
	ID      string          `json:"tool_use_id,omitempty"`
	Name    string          `json:"name"`
	Summary string          `json:"summary"`         // on one line: "Bash: go test ./…"
	Input   json.RawMessage `json:"input,omitempty"` // with include_tools full
	Cut     int             `json:"cut_bytes,omitempty"`
	// Subagent is the transcript of the sub-agent that it began: subagent of a
	// request reads it.
	Subagent string `json:"subagent,omitempty"`
}

// ToolResult is what a tool gave.
type ToolResult struct {
	UseID  string `json:"tool_use_id,omitempty"`
	Name   string `json:"name,omitempty"` // of the tool, if its use is on the page
	Text   string `json:"text"`
	Failed bool   `json:"is_error,omitempty"`
	Cut    int    `json:"cut_bytes,omitempty"` // how long the result is in whole, if it was cut
	// Subagent is as on its use, which may be on another page.
	Subagent string `json:"subagent,omitempty"`
}

// LinesRequest asks for a transcript as Claude Code wrote it, from its beginning
// or where the page before ended.
type LinesRequest struct {
	Session  string `json:"session"`
	Subagent string `json:"subagent,omitempty"`
	From     int64  `json:"from,omitempty"`   // Next of the page before
	Offset   int64  `json:"offset,omitempty"` // NextOffset of the page before
}

// Lines are a part of a transcript, all branches and bookkeeping included: bytes
// of Claude Code's file, which may end in the middle of a line, or lines of the
// store's copy, each with its end. Next and NextOffset are 0 at the end.
type Lines struct {
	Lines      []byte `json:"lines,omitempty"`
	Next       int64  `json:"next,omitempty"`        // number of the next line of the copy
	NextOffset int64  `json:"next_offset,omitempty"` // of the next byte of the file
}
