package engine

import (
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Caller is who calls: one server process of one MCP client. It lives in
// memory only, as its environment holds secrets.
type Caller struct {
	ID     string   `json:"id"`     // random; which server process it is, so that requests of its turns can be told from others
	Cwd    string   `json:"cwd"`    // where the caller runs; the default folder of new sessions
	Env    []string `json:"env"`    // the caller's whole environment; children get an allow-listed part of it
	Claude string   `json:"claude"` // the claude binary it wants; "" is `claude` on its PATH
	Policy Policy   `json:"policy"`
}

// Policy is what the operator of a caller allows. The zero Policy allows
// nothing out of the ordinary.
type Policy struct {
	AllowBypass bool     `json:"allow_bypass"` // permission mode bypassPermissions
	Roots       []string `json:"roots"`        // folders that sessions may work in; empty: any
	MaxDepth    int      `json:"max_depth"`    // how deep sessions may start sessions; 0: DefaultMaxDepth
}

// Call is what goes with a request beside its arguments.
type Call struct {
	Client     string         // name of the MCP client, kept with the turn
	OnProgress func(Progress) // may be nil; called from one goroutine at a time, and not after the call returned
}

// Progress tells what happens while a call waits.
type Progress struct {
	SessionID string `json:"session_id"`
	TurnID    string `json:"turn_id"`
	Text      string `json:"text"` // "Bash: go test ./…", "waiting for permission: Write"
}

// SettingsPatch changes Settings. What is nil stays as it is; an empty value
// goes back to Claude Code's default.
type SettingsPatch struct {
	Model              *string        `json:"model,omitzero" jsonschema:"Model name or alias, e.g. opus, sonnet, haiku. Default: Claude Code's."`
	FallbackModel      *string        `json:"fallback_model,omitzero" jsonschema:"Model to use while the first is overloaded."`
	PermissionMode     *string        `json:"permission_mode,omitzero" jsonschema:"How tools are permitted. bypassPermissions needs the operator's --allow-bypass-permissions."`
	AllowedTools       []string       `json:"allowed_tools,omitzero" jsonschema:"Rules of tools that may be used without asking, e.g. Write or Bash(go test:*)."`
	DisallowedTools    []string       `json:"disallowed_tools,omitzero" jsonschema:"Rules of tools that may never be used."`
	AppendSystemPrompt *string        `json:"append_system_prompt,omitzero" jsonschema:"Text added to Claude Code's system prompt; fixed once a session has begun."`
	AddDirs            []string       `json:"add_dirs,omitzero" jsonschema:"More folders that the session may work in."`
	MCPServers         map[string]any `json:"mcp_servers,omitzero" jsonschema:"MCP servers of the session: name to configuration, as in .mcp.json. Write secrets as ${NAME} and name them in pass_env."`
	Effort             *string        `json:"effort,omitzero" jsonschema:"How hard the model thinks."`
	MaxTurns           *int           `json:"max_turns,omitzero" jsonschema:"Most model round trips in one turn; 0 is no limit."`
	MaxBudgetUSD       *float64       `json:"max_budget_usd,omitzero" jsonschema:"Most dollars that one turn may cost; 0 is no limit."`
	SessionBudgetUSD   *float64       `json:"session_budget_usd,omitzero" jsonschema:"Most dollars that all turns of the session may cost together; 0 is no limit. A fork counts its own."`
	SettingSources     []string       `json:"setting_sources,omitzero" jsonschema:"Which settings files Claude Code reads: user, project, local. Default: all."`
	PassEnv            []string       `json:"pass_env,omitzero" jsonschema:"Names of further environment variables of the caller's that the session gets. Values are never stored."`
}

// StartRequest asks for a new session and its first turn.
type StartRequest struct {
	Prompt string `json:"prompt" jsonschema:"What the session is to do."`
	Name   string `json:"name,omitzero" jsonschema:"Unique name to call the session by later."`
	Cwd    string `json:"cwd,omitzero" jsonschema:"Folder to work in, absolute. Default: the server's own."`
	SettingsPatch
	Tags           []string `json:"tags,omitzero" jsonschema:"Tags to find the session by."`
	Note           string   `json:"note,omitzero" jsonschema:"A note for people."`
	FromSession    string   `json:"from_session,omitzero" jsonschema:"Begin with a summary of this session (name, id or prefix), made by a fork of it. It is not changed."`
	SummaryOf      string   `json:"summary_of,omitzero" jsonschema:"With from_session: what the summary is to be about, or must not leave out."`
	WaitSeconds    *int     `json:"wait_seconds,omitzero" jsonschema:"How long to wait for the turn to end, 0 to 45. The turn goes on all the same."`
	IdempotencyKey string   `json:"idempotency_key,omitzero" jsonschema:"The same key again gives the same session and turn instead of new ones."`
}

// IfBusy says what a prompt does when the session is at work.
type IfBusy string

// The choices of ResumeRequest.IfBusy.
const (
	IfBusyQueue     IfBusy = "queue"     // wait in line
	IfBusyFail      IfBusy = "fail"      // refuse with busy
	IfBusyInterrupt IfBusy = "interrupt" // stop the running turn and go next
	IfBusySteer     IfBusy = "steer"     // be taken into the running turn, or come next
)

// ResumeRequest asks for one more turn of a session.
type ResumeRequest struct {
	Session string `json:"session" jsonschema:"Name, id, or unique prefix (4 or more characters) of the id of a session."`
	Prompt  string `json:"prompt,omitzero" jsonschema:"What the session is to do next. Needed, unless continue is true."`
	// Continue is in the place of a prompt: see continuation.
	Continue bool   `json:"continue,omitzero" jsonschema:"Without a prompt: go on from where the last turn was cut off (a crash, an interrupt, a limit)."`
	Cwd      string `json:"cwd,omitzero" jsonschema:"Work in this folder from now on; needed when the old one is gone."`
	SettingsPatch
	Force          bool   `json:"force,omitzero" jsonschema:"Go on although another Claude Code has the session open: what one of the two says may be lost."`
	IfBusy         IfBusy `json:"if_busy,omitzero" jsonschema:"When the session is at work: queue the prompt, fail, interrupt the running turn, or steer it: then Claude Code takes the prompt into the turn as soon as a tool has ended, or begins it next."`
	WaitSeconds    *int   `json:"wait_seconds,omitzero" jsonschema:"How long to wait for the turn to end, 0 to 45. The turn goes on all the same."`
	IdempotencyKey string `json:"idempotency_key,omitzero" jsonschema:"The same key again gives the same turn instead of a new one."`
}

// ForkRequest asks for a new session that begins as a copy of another one.
// Without a prompt the fork exists at once and costs nothing.
type ForkRequest struct {
	Session string `json:"session" jsonschema:"Name, id, or unique prefix (4 or more characters) of the id of the session to fork. It is not changed."`
	Prompt  string `json:"prompt,omitzero" jsonschema:"First prompt of the fork. Without one the fork exists at once and costs nothing."`
	Name    string `json:"name,omitzero" jsonschema:"Unique name to call the fork by later."`
	At      string `json:"at,omitzero" jsonschema:"Fork after this turn or message: a turn_id or a message uuid. Default: the newest."`
	Cwd     string `json:"cwd,omitzero" jsonschema:"Folder for the fork to work in. Default: the parent's."`
	SettingsPatch
	Tags           []string `json:"tags,omitzero" jsonschema:"Tags of the fork. Default: the parent's."`
	Note           string   `json:"note,omitzero" jsonschema:"A note for people."`
	WaitSeconds    *int     `json:"wait_seconds,omitzero" jsonschema:"How long to wait for the turn to end, 0 to 45. The turn goes on all the same."`
	IdempotencyKey string   `json:"idempotency_key,omitzero" jsonschema:"The same key again gives the same fork instead of a new one."`
}

// ListRequest selects sessions.
type ListRequest struct {
	Query        string   `json:"query,omitzero" jsonschema:"Words that must all occur in name, title, note or prompts."`
	Status       []string `json:"status,omitzero" jsonschema:"Any of these statuses."`
	Tag          string   `json:"tag,omitzero" jsonschema:"Sessions with this tag."`
	Cwd          string   `json:"cwd,omitzero" jsonschema:"Sessions in this folder or below it."`
	Parent       string   `json:"parent,omitzero" jsonschema:"Direct forks of this session (name, id or prefix)."`
	Root         string   `json:"root,omitzero" jsonschema:"All of the tree that this session (name, id or prefix) is the root of."`
	Origin       string   `json:"origin,omitzero" jsonschema:"managed: made here; imported: found in Claude Code's own transcripts."`
	Archived     string   `json:"archived,omitzero" jsonschema:"Archived sessions: no (default), yes (only), any."`
	UpdatedAfter string   `json:"updated_after,omitzero" jsonschema:"RFC 3339 time, or an age such as 36h or 7d."`
	Sort         string   `json:"sort,omitzero" jsonschema:"Order: updated (default) and created are newest first."`
	Limit        int      `json:"limit,omitzero" jsonschema:"Sessions on a page, 1 to 200; default 20."`
	Cursor       string   `json:"cursor,omitzero" jsonschema:"next_cursor of the page before."`
	View         string   `json:"view,omitzero" jsonschema:"list (default), or tree: forks below their parents."`
}

// Answer is the result of Start, Resume and Fork.
type Answer struct {
	Session Session `json:"session"`
	Turn    *Turn   `json:"turn,omitempty"` // nil for a fork without a prompt
	// Requests are what the session waits for a person to answer.
	Requests []Request `json:"requests,omitempty"`
	Next     string    `json:"next,omitempty"` // what to call now, in a sentence
}

// Session is a session as callers see it.
type Session struct {
	ID             string              `json:"session_id"`
	Name           string              `json:"name,omitempty"`
	Title          string              `json:"title"`
	Tags           []string            `json:"tags,omitempty"`
	Note           string              `json:"note,omitempty"`
	Status         sessionstore.Status `json:"status"`
	StatusReason   string              `json:"status_reason,omitempty"`
	Cwd            string              `json:"cwd"`
	Project        string              `json:"project,omitempty"` // the last part of Cwd
	ParentID       string              `json:"parent_id,omitempty"`
	ForkedAt       string              `json:"forked_at,omitempty"`
	ForkVerified   bool                `json:"fork_verified,omitempty"` // the copy was compared with the parent
	RootID         string              `json:"root_id"`
	FromSession    string              `json:"from_session,omitempty"`    // id of the session whose summary this one began with
	SummarySession string              `json:"summary_session,omitempty"` // id of the archived fork that made the summary
	SummaryCost
	Settings       sessionstore.Settings `json:"settings"` // of mcp_servers the names only: the rest may be secret
	Usage          Usage                 `json:"usage"`
	InheritedUsage Usage                 `json:"inherited_usage"` // the parent's when the fork was made; not part of Usage
	Turns          int                   `json:"turns"`
	Origin         sessionstore.Origin   `json:"origin"`
	CreatedAt      time.Time             `json:"created_at"`
	UpdatedAt      time.Time             `json:"updated_at"`
	LastPrompt     string                `json:"last_prompt,omitempty"`
	LastResult     string                `json:"last_result,omitempty"`
	ExpiresAt      *time.Time            `json:"expires_at,omitempty"` // when Claude Code will delete its transcript
	GitBranch      string                `json:"git_branch,omitempty"`
	Model          string                `json:"model,omitempty"`          // that answered last
	ContextTokens  int64                 `json:"context_tokens,omitempty"` // that the last answer took of the model's window
	ContextWindow  int64                 `json:"context_window,omitempty"` // how many tokens that holds
	SubAgents      int                   `json:"sub_agents,omitempty"`
	Archived       bool                  `json:"archived,omitempty"`
	Limits         []Limit               `json:"limits,omitempty"` // that are near or reached, the account's included
}

// Turn is a turn as callers see it.
type Turn struct {
	ID            string                  `json:"turn_id"`
	Prompt        string                  `json:"prompt"`
	Status        sessionstore.TurnStatus `json:"status"`
	Reason        string                  `json:"reason,omitempty"`         // what it waits for
	QueuePosition int                     `json:"queue_position,omitempty"` // 1: it is the next to start
	Result        string                  `json:"result,omitempty"`         // of a turn that did not complete: what Claude Code said last
	Error         *sessionstore.TurnError `json:"error,omitempty"`
	QueuedAt      time.Time               `json:"queued_at"`
	StartedAt     *time.Time              `json:"started_at,omitempty"`
	EndedAt       *time.Time              `json:"ended_at,omitempty"`
	Usage         Usage                   `json:"usage"`
	Denials       []sessionstore.Denial   `json:"denials,omitempty"`
	Client        string                  `json:"client,omitempty"`
	FoldedInto    string                  `json:"folded_into,omitempty"` // the turn that it steered and whose result it has
	Restored      bool                    `json:"restored,omitempty"`    // the transcript was gone, and was written back from the store first
	Limits        []Limit                 `json:"limits,omitempty"`      // that it ran into
}

// Row is a session in a list: what is needed to choose one, and short.
type Row struct {
	ID           string              `json:"session_id"`
	Title        string              `json:"title"` // shortened
	Status       sessionstore.Status `json:"status"`
	StatusReason string              `json:"status_reason,omitempty"` // shortened
	Cwd          string              `json:"cwd"`
	Tags         []string            `json:"tags,omitempty"`
	Archived     bool                `json:"archived,omitempty"`
	ParentID     string              `json:"parent_id,omitempty"`
	Depth        int                 `json:"depth,omitempty"`   // in a tree: how many ancestors stand above it
	Context      bool                `json:"context,omitempty"` // in a tree: it does not fit the filters itself, a fork of it does
	Turns        int                 `json:"turns"`
	Cost
	UpdatedAt     time.Time  `json:"updated_at"`               // to the second
	LastResult    string     `json:"last_result,omitempty"`    // on a page of few sessions only
	ContextTokens int64      `json:"context_tokens,omitempty"` // likewise, with the size of the window
	ContextWindow int64      `json:"context_window,omitempty"`
	ExpiresAt     *time.Time `json:"expires_at,omitempty"` // likewise, or within a week: when Claude Code will delete its transcript
}

// List is the result of a ListRequest.
type List struct {
	Sessions   []Row  `json:"sessions"`
	Total      int    `json:"total"` // how many fit, over all pages
	NextCursor string `json:"next_cursor,omitempty"`
	Importing  string `json:"importing,omitempty"` // "importing 1,200 of 20,000", while that goes on
	Next       string `json:"next,omitempty"`
}

// Info is what an engine tells of itself.
type Info struct {
	PID         int       `json:"pid"`
	Version     string    `json:"version"`
	DataDir     string    `json:"data_dir"`
	StartedAt   time.Time `json:"started_at"`
	Running     int       `json:"running"` // runs alive
	Queued      int       `json:"queued"`  // turns that wait
	Warm        int       `json:"warm"`    // processes that are kept for the next turns of their sessions
	Spare       bool      `json:"spare"`   // a process waits for the next new session
	MaxRuns     int       `json:"max_runs"`
	Sessions    int       `json:"sessions"`
	Importing   string    `json:"importing,omitempty"`    // as in List
	Corrections string    `json:"corrections,omitempty"`  // "records of 1,234 sessions are being made again from their stored lines: 310 done", or what came of it; "" if none was to be
	Indexing    string    `json:"indexing,omitempty"`     // as in SearchResult
	Archive     string    `json:"archive,omitempty"`      // how large the copies of transcripts are: "1.2 GiB of copies of transcripts, at most 2.0 GiB"
	ArchiveOver bool      `json:"archive_over,omitempty"` // that is over the limit
	Limits      []Limit   `json:"limits,omitempty"`       // of all accounts that were used lately
	Passed      []string  `json:"passed,omitempty"`       // sentences: what was passed over in the transcripts of this machine, and why
}
