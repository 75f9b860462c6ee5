// Package agent runs Claude Code and holds all that is known of it: how it is
// found and started, its stream-json protocol, its transcripts on disk, its
// exit, and what it leaves behind. It knows nothing of stores, queues or MCP.
//
// A Run is one child process that serves one session, for one or many turns.
// Its owner reads Events until the channel is closed, and calls Stop. All
// methods of a Run are safe to call at once.
//
// Facts about Claude Code in this package were measured with version 2.1.330
// unless a comment says otherwise. Message types, entry types and fields that
// are not known are passed over, never fatal.
package agent

import (
	"encoding/json"
	"time"
)

// Options say how a Run is started. Command, Dir, Env and SessionID are
// required; every other zero value leaves the choice to Claude Code.
type Options struct {
	Command   string   // path of the claude binary
	Dir       string   // working directory; must exist
	Env       []string // the child's whole environment, "NAME=value"
	SessionID string   // a new session's or a fork's id, or with Resume "" the one to make
	Resume    string   // id of the session to go on from; SessionID itself, or with Fork its parent
	Fork      bool     // SessionID is a new session that begins as a copy of Resume
	ResumeAt  string   // uuid of the last message to take over; "" all

	Model              string
	FallbackModel      string
	PermissionMode     string
	AllowedTools       []string
	DisallowedTools    []string
	AppendSystemPrompt string
	AddDirs            []string
	MCPServers         json.RawMessage // object: server name to its configuration
	Effort             string
	MaxTurns           int
	MaxBudgetUSD       float64
	SettingSources     []string

	// CostBefore is the running total that the transcript of Resume has saved.
	// It is needed only for versions of Claude Code whose results do not tell
	// their own cost.
	CostBefore float64

	// RunID marks every process of the run, tools' processes included, through
	// the environment variable RunIDVar, so that none is left behind.
	RunID string
}

// RunIDVar is the environment variable that marks the processes of a run.
const RunIDVar = "CLAUDE_SESSIONS_RUN"

// SessionVar is the environment variable that tells the processes of a run in
// which session they are: the SessionID of its Options.
const SessionVar = "CLAUDE_SESSIONS_SESSION"

// Event is what a Run reports: one of the types below. Events come in the
// order in which Claude Code wrote them, and none is lost.
type Event interface{ event() }

// Init begins a turn.
type Init struct {
	SessionID, Cwd, Model, PermissionMode, Version string
}

// Activity says what the run does now, in a few words: "Bash: go test ./…",
// "writing", "thinking".
type Activity struct{ Text string }

// Writing is text of the assistant as it comes, some words at a time. What comes
// is added to what came before, but for Anew: there a text begins, and what was
// written of another one, and not said, is void.
type Writing struct {
	Text    string
	Anew    bool
	Message string // with Anew: as of Said, if Claude Code tells it
}

// Said is text of the assistant, complete as far as this entry goes. UUID is
// that of its entry in the transcript; Message is the id of the model's message,
// which other entries may be parts of, too.
type Said struct{ Text, UUID, Message string }

// Retry tells that a request to the API failed and is tried again.
type Retry struct {
	Attempt, Max int
	Delay        time.Duration
	Status       int    // HTTP status; 0 if there was none
	Kind         string // Claude Code's word: "authentication_failed", "rate_limit", …
}

// AuthFailed tells that the retries are in vain: there is no valid login.
func (r Retry) AuthFailed() bool {
	return r.Kind == "authentication_failed" || r.Status == 401 || r.Status == 403
}

// TooMany tells that the API had too many requests of this account.
func (r Retry) TooMany() bool { return r.Kind == "rate_limit" || r.Status == 429 }

// Overloaded tells that the API had too many requests, of whomever.
func (r Retry) Overloaded() bool { return r.TooMany() || r.Kind == "overloaded" || r.Status == 529 }

// Mirror is a batch of transcript entries that Claude Code has written to
// disk: the exact lines. Sub is "" for the session's own transcript, else the
// sub-agent's path below the session's folder without its suffix
// ("subagents/agent-…"). Entries of a turn come before its Result, but for a
// few of bookkeeping that follow it.
//
// SessionID is the session whose file it is, "" if the path does not tell: it is
// another one after a command such as /clear.
type Mirror struct {
	Path      string
	SessionID string
	Sub       string
	Lines     []json.RawMessage
}

// Permission asks whether a tool may be used. It stays open until Run.Allow
// or Run.Deny, or until a Cancelled of the same ID.
type Permission struct {
	ID          string
	Tool        string
	Input       json.RawMessage
	Summary     string // of the input, as for Activity
	Suggestions json.RawMessage
	Question    bool // it asks the user something (AskUserQuestion)
}

// Started tells that Claude Code is at a prompt: as a turn of its own, or, if
// another one runs, as a part of that.
type Started struct{ Prompt string } // its uuid

// Cancelled tells that Claude Code no longer waits for the answer to a Permission.
type Cancelled struct{ ID string }

// Result ends a turn. There is exactly one for each prompt that was not folded
// into a running turn, and one for each turn that Claude Code begins by itself,
// as it does when a sub-agent in the background has ended.
type Result struct {
	Prompts   []string // uuids of the prompts that it answers; none if Claude Code could not begin
	Origin    string   // of a turn that no prompt of ours began: "task-notification"; else ""
	Working   int      // sub-agents in the background that have not ended; each leads to a turn of Claude Code's own
	OK        bool
	Code      string  // if not OK: one of the Code constants
	Text      string  // the answer, or what went wrong
	Usage     Usage   // of this turn alone
	CostTotal float64 // Claude Code's running total, which includes what a resumed or forked session had used before
	NumTurns  int
	Duration  time.Duration
	Denials   []Denial

	// Windows are how many tokens the context of each model holds that was used
	// in this process, sub-agents' included.
	Windows map[string]int64
	// LoginExpires is when the login will end, some days sooner or later; zero:
	// not told, as for a key.
	LoginExpires time.Time
}

// Exit is the last event. Err is nil after an orderly end.
type Exit struct {
	Err error // *ExitError, or why the output could not be read
}

// Codes of a Result or an ExitError that is no success: why, in the words that
// callers branch on.
const (
	CodeAPI            = "api_error"
	CodeRateLimited    = "rate_limited"
	CodeNotLoggedIn    = "not_logged_in"
	CodeTurnLimit      = "turn_limit"
	CodeBudget         = "budget_exceeded"
	CodeInterrupted    = "interrupted"
	CodeSessionMissing = "session_missing" // --resume of what is not there
	CodeMessageMissing = "message_missing" // --resume-session-at of what is not there
	CodeSessionExists  = "session_exists"  // --session-id of what is there already
	CodeTooOld         = "too_old"         // it does not know an option that is needed
	CodeFailed         = "failed"          // anything else
)

// Usage counts tokens and dollars.
type Usage struct {
	InputTokens, OutputTokens, CacheReadTokens, CacheCreationTokens int64

	CacheCreation1hTokens int64 `json:",omitzero"` // the part of CacheCreationTokens that is kept for an hour; the rest is for five minutes
	WebSearches           int64 `json:",omitzero"` // by the API's own tool

	CostUSD float64 // as Claude Code reports it: its running total includes sub-agents and requests that no transcript has

	// EstimatedUSD is what messages of a transcript cost by Anthropic's public
	// price list. It does not include what sub-agents used, whose messages are in
	// transcripts of their own, nor requests that no transcript has.
	EstimatedUSD float64 `json:",omitzero"`
	PricedTokens int64   `json:",omitzero"` // that EstimatedUSD is for
}

// tokens are all tokens, cached ones included.
func (u Usage) tokens() int64 {
	return u.InputTokens + u.OutputTokens + u.CacheReadTokens + u.CacheCreationTokens
}

// Priced reports whether EstimatedUSD is for all of the tokens: whether the
// price of each model that was used is known.
func (u Usage) Priced() bool { return u.PricedTokens == u.tokens() }

// Denial is one use of a tool that was not allowed.
type Denial struct{ Tool, Input string }

// Process names a process for as long as it lives, and not a later one with
// the same pid.
type Process struct {
	PID       int
	StartTime string // opaque; "" where the platform does not tell
}

func (Init) event()       {}
func (Activity) event()   {}
func (Writing) event()    {}
func (Said) event()       {}
func (Retry) event()      {}
func (RateLimit) event()  {}
func (Mirror) event()     {}
func (Permission) event() {}
func (Started) event()    {}
func (Cancelled) event()  {}
func (Result) event()     {}
func (Exit) event()       {}
