package sessionstore

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
)

// Origin tells who made a session.
type Origin string

// The origins of a session.
const (
	Managed  Origin = "managed"  // started or forked through the engine
	Imported Origin = "imported" // found in a transcript that somebody else wrote
)

// Status is what a session is doing. The zero Status is not valid in a stored record.
type Status string

// The statuses of a session. See Session.StatusReason for the why.
const (
	Idle        Status = "idle"
	Queued      Status = "queued"
	Running     Status = "running"
	Waiting     Status = "waiting" // a request is open
	Failed      Status = "failed"
	Interrupted Status = "interrupted"
	Missing     Status = "missing" // no transcript is to be had
)

// Statuses lists every Status, in the order in which people read them.
var Statuses = []Status{Idle, Queued, Running, Waiting, Failed, Interrupted, Missing}

// Session is a conversation that is remembered. Version and UpdatedAt are the
// store's own: it sets them on every write, and UpdatedAt rises strictly over
// all writes of a store but those that say when (Mutation.At).
type Session struct {
	ID           string   `json:"session_id"` // a UUID, the same that Claude Code uses
	Owner        string   `json:"owner"`      // who the record belongs to; "" is the store's only user
	Name         string   `json:"name,omitempty"`
	GivenTitle   string   `json:"given_title,omitempty"` // the title that somebody set here
	CLITitle     string   `json:"cli_title,omitempty"`   // the title that Claude Code gave
	FirstPrompt  string   `json:"first_prompt,omitempty"`
	LastPrompt   string   `json:"last_prompt,omitempty"`
	LastResult   string   `json:"last_result,omitempty"` // first lines
	Tags         []string `json:"tags,omitempty"`
	Note         string   `json:"note,omitempty"`
	Status       Status   `json:"status"`
	StatusReason string   `json:"status_reason,omitempty"`
	Cwd          string   `json:"cwd"`
	ConfigDir    string   `json:"config_dir,omitempty"` // Claude Code's config folder that holds the transcript
	ParentID     string   `json:"parent_id,omitempty"`
	ForkedAt     string   `json:"forked_at,omitempty"` // uuid of the last message taken over from the parent
	ForkVerified bool     `json:"fork_verified,omitempty"`
	RootID       string   `json:"root_id"`              // the session itself for one that is no fork
	FromID       string   `json:"from_id,omitempty"`    // session whose summary this one began with
	SummaryID    string   `json:"summary_id,omitempty"` // fork of that one, which was asked for the summary
	Settings     Settings `json:"settings"`
	Usage        Usage    `json:"usage"`                  // its own turns' only
	Inherited    Usage    `json:"inherited"`              // what the parent had used when the fork was made
	CostTotal    float64  `json:"cost_total"`             // the running total that Claude Code last told, inherited cost included
	Turns        int      `json:"turns"`                  // own turns that ended
	LastMessage  string   `json:"last_message,omitempty"` // uuid of the newest message of the conversation
	Origin       Origin   `json:"origin"`
	Archived     bool     `json:"archived,omitempty"`

	// As the transcript tells.
	GitBranch     string `json:"git_branch,omitempty"`
	Model         string `json:"model,omitempty"`          // that answered last
	ContextTokens int64  `json:"context_tokens,omitempty"` // that the last answer took of the model's window
	SubAgents     int    `json:"sub_agents,omitempty"`

	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"` // when Claude Code will delete the transcript; nil: not known
	Version   uint64     `json:"version"`              // 1 for a new record, +1 with each write
}

// Title is what people see: the title that was set here, else the name, else
// Claude Code's title, else the first line of the first prompt.
func (s *Session) Title() string {
	for _, t := range []string{s.GivenTitle, s.Name, s.CLITitle} {
		if t != "" {
			return t
		}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(s.FirstPrompt), "\n")
	return first
}

// Settings are what Claude Code is started with. They are stored with the
// session, applied again on every resume and inherited by every fork. Zero
// values mean Claude Code's own defaults. Values of environment variables are
// never stored: PassEnv holds names only.
type Settings struct {
	Model              string          `json:"model,omitempty"`
	FallbackModel      string          `json:"fallback_model,omitempty"`
	PermissionMode     string          `json:"permission_mode,omitempty"`
	AllowedTools       []string        `json:"allowed_tools,omitempty"`
	DisallowedTools    []string        `json:"disallowed_tools,omitempty"`
	AppendSystemPrompt string          `json:"append_system_prompt,omitempty"`
	AddDirs            []string        `json:"add_dirs,omitempty"`
	MCPServers         json.RawMessage `json:"mcp_servers,omitempty"` // object: server name to its configuration
	Effort             string          `json:"effort,omitempty"`
	MaxTurns           int             `json:"max_turns,omitempty"`
	MaxBudgetUSD       float64         `json:"max_budget_usd,omitempty"`     // of one turn
	SessionBudgetUSD   float64         `json:"session_budget_usd,omitempty"` // of all turns of the session; its forks have each their own
	SettingSources     []string        `json:"setting_sources,omitempty"`
	PassEnv            []string        `json:"pass_env,omitempty"`
}

// Usage counts tokens and dollars. It never holds running totals of a process:
// a turn's usage is its own, a session's is the sum of its own turns'.
type Usage struct {
	InputTokens         int64   `json:"input_tokens"`
	OutputTokens        int64   `json:"output_tokens"`
	CacheReadTokens     int64   `json:"cache_read_tokens"`
	CacheCreationTokens int64   `json:"cache_creation_tokens"`
	CostUSD             float64 `json:"cost_usd"`

	CostBasis CostBasis `json:"cost_basis,omitempty"` // see Basis
}

// CostBasis is where the dollars of a Usage come from.
type CostBasis string

// The bases of a cost.
const (
	CostReported  CostBasis = ""          // Claude Code reported all of it
	CostEstimated CostBasis = "estimated" // some of it is computed from tokens, at list prices
	CostUnknown   CostBasis = "unknown"   // some of it is not known: CostUSD is the rest
)

// Basis is the CostBasis, but that tokens for no dollars have an unknown cost:
// Claude Code never reports that, and records of older versions have no basis.
func (u Usage) Basis() CostBasis {
	if u.CostUSD == 0 && u.InputTokens+u.OutputTokens+u.CacheReadTokens+u.CacheCreationTokens > 0 {
		return CostUnknown
	}
	return u.CostBasis
}

// with is the basis of a sum.
func (b CostBasis) with(c CostBasis) CostBasis {
	for _, basis := range []CostBasis{CostUnknown, CostEstimated} {
		if b == basis || c == basis {
			return basis
		}
	}
	return CostReported
}

// Add returns the sum of u and v. Dollars keep nine decimals, so that no noise
// of the sum is shown.
func (u Usage) Add(v Usage) Usage {
	u.CostBasis = u.Basis().with(v.Basis())
	u.InputTokens += v.InputTokens
	u.OutputTokens += v.OutputTokens
	u.CacheReadTokens += v.CacheReadTokens
	u.CacheCreationTokens += v.CacheCreationTokens
	u.CostUSD = math.Round((u.CostUSD+v.CostUSD)*1e9) / 1e9
	return u
}

// TurnStatus is how far a turn is.
type TurnStatus string

// The statuses of a turn. The last three are final: a turn ends exactly once.
const (
	TurnQueued      TurnStatus = "queued"
	TurnRunning     TurnStatus = "running"
	TurnWaiting     TurnStatus = "waiting"
	TurnCompleted   TurnStatus = "completed"
	TurnFailed      TurnStatus = "failed"
	TurnInterrupted TurnStatus = "interrupted"
)

// Ended tells whether s is final.
func (s TurnStatus) Ended() bool {
	return s == TurnCompleted || s == TurnFailed || s == TurnInterrupted
}

// Turn is one prompt and all until its result.
type Turn struct {
	ID          string     `json:"turn_id"` // a UUID; the prompt's message carries it in the transcript
	SessionID   string     `json:"session_id"`
	Seq         int64      `json:"seq"`             // order in the session's queue, unique in the session
	After       string     `json:"after,omitempty"` // turn, of any session, that must end first; its result becomes the beginning of Prompt, and After empty
	Prompt      string     `json:"prompt"`
	Status      TurnStatus `json:"status"`
	Reason      string     `json:"reason,omitempty"` // what it waits for, in a sentence
	Result      string     `json:"result,omitempty"`
	Error       *TurnError `json:"error,omitempty"`
	QueuedAt    time.Time  `json:"queued_at"`
	StartedAt   time.Time  `json:"started_at,omitzero"`
	EndedAt     time.Time  `json:"ended_at,omitzero"`
	Usage       Usage      `json:"usage"`
	Denials     []Denial   `json:"denials,omitempty"`
	Settings    Settings   `json:"settings"`               // those of the session when it was asked: what comes later does not change it
	Cwd         string     `json:"cwd"`                    // likewise
	Force       bool       `json:"force,omitempty"`        // to be run although somebody else has the session open
	Client      string     `json:"client,omitempty"`       // who asked
	Attempts    int        `json:"attempts,omitempty"`     // how often a process was started for it
	Environment string     `json:"environment,omitempty"`  // keyed fingerprint of the environment it needs; no value can be had from it
	LastMessage string     `json:"last_message,omitempty"` // uuid of its last message in the transcript
	Restored    bool       `json:"restored,omitempty"`     // the transcript that it goes on from was gone, and was written back
	Run         *Run       `json:"run,omitempty"`          // the process that serves or served it
	// Again is what its next process is told, where an earlier one has had the
	// prompt already; Sent is the uuid under which it was. "" of both: the prompt
	// itself, under the turn's own id.
	Again      string `json:"again,omitempty"`
	Sent       string `json:"sent,omitempty"`
	FoldedInto string `json:"folded_into,omitempty"` // the turn that it steered and whose result it has
}

// TurnError is why a turn did not complete. Code is one of the engine's taxonomy.
type TurnError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Denial is one use of a tool that was not allowed.
type Denial struct {
	Tool    string `json:"tool_name"`
	Input   string `json:"input,omitempty"` // shortened
	Message string `json:"message,omitempty"`
}

// Run names a child process well enough to know it again after a restart of
// the engine: a pid alone may have been given to somebody else.
type Run struct {
	ID         string `json:"run_id"`
	PID        int    `json:"pid"`
	StartTime  string `json:"start_time"` // opaque; compared for equality only
	Transcript string `json:"transcript,omitempty"`
}

// RequestStatus is how far a Request is.
type RequestStatus string

// The statuses of a Request.
const (
	RequestOpen    RequestStatus = "open"
	RequestAllowed RequestStatus = "allowed"
	RequestDenied  RequestStatus = "denied"
	RequestExpired RequestStatus = "expired" // denied because nobody answered in time
	RequestDropped RequestStatus = "dropped" // its turn ended first
)

// Request is what a run asks of a person: a permission or a question.
type Request struct {
	ID         string          `json:"request_id"`
	SessionID  string          `json:"session_id"`
	TurnID     string          `json:"turn_id"`
	Tool       string          `json:"tool_name"`
	Input      json.RawMessage `json:"input,omitempty"`
	Summary    string          `json:"summary,omitempty"`  // of the input, on one line
	Question   bool            `json:"question,omitempty"` // it asks a person something, rather than for a permission
	Status     RequestStatus   `json:"status"`
	Message    string          `json:"message,omitempty"`
	OpenedAt   time.Time       `json:"opened_at"`
	AnsweredAt time.Time       `json:"answered_at,omitzero"`

	Suggestions json.RawMessage `json:"suggestions,omitempty"` // Claude Code's own, of what would allow the like for good
	AnsweredBy  string          `json:"answered_by,omitempty"` // the client
	// Reply is an answer that no process could be told yet: it is for the one
	// that asks again.
	Reply *Reply `json:"reply,omitempty"`
}

// Reply is what a process is told that has asked.
type Reply struct {
	Allow   bool            `json:"allow"`
	Input   json.RawMessage `json:"input,omitempty"`   // of the tool, changed; nil: as it was asked for
	Message string          `json:"message,omitempty"` // for the model, of a denial
}

// Lease is the right to write a session, for one owner and a time. Token rises
// with every lease of a session ever given, so that a write under an old one
// is known and refused.
type Lease struct {
	SessionID string    `json:"session_id"`
	Owner     string    `json:"owner"`
	Token     uint64    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"` // by the store's clock
}

// Entry is a transcript line as Claude Code wrote it.
type Entry struct {
	Seq int64 // from 0, without gaps, in the order of appending, in its transcript
	Raw json.RawMessage
}

// TranscriptHead says what the store holds of one transcript.
type TranscriptHead struct {
	SessionID string `json:"session_id"`
	Sub       string `json:"sub,omitempty"` // "" is the session's own, else a sub-agent's
	Entries   int64  `json:"entries"`
	Bytes     int64  `json:"bytes"` // of its lines, each with a line break
}

// Source is how far a file that others write was read for a session. It is
// written together with what was read, so that nothing is read twice.
type Source struct {
	SessionID string          `json:"session_id"`
	Path      string          `json:"path"`
	Size      int64           `json:"size"`            // of the file when it was read
	ModTime   time.Time       `json:"mod_time"`        // likewise
	State     json.RawMessage `json:"state,omitempty"` // the reader's own
}

// Deletion is a session to be deleted, under its lease if Token is not 0.
type Deletion struct {
	SessionID string
	Token     uint64
	Tombstone *Tombstone // nil: nothing is to remind of it
}

// Tombstone is what is kept of a deleted session, so that the file that others
// keep of it is known for what it is.
type Tombstone struct {
	SessionID string    `json:"session_id"`
	Name      string    `json:"name,omitempty"`
	Title     string    `json:"title,omitempty"`
	Path      string    `json:"path,omitempty"` // of the file; "" if there was none
	Size      int64     `json:"size,omitempty"`
	ModTime   time.Time `json:"mod_time,omitzero"`
	DeletedAt time.Time `json:"deleted_at"`
}

// Receipt is what an idempotency key stands for.
type Receipt struct {
	SessionID string `json:"session_id"`
	TurnID    string `json:"turn_id,omitempty"`
	Request   string `json:"request,omitempty"` // fingerprint of the request that used the key first
}

// Clone returns a copy of s that shares no memory with it.
func (s Session) Clone() Session {
	s.Tags = slices.Clone(s.Tags)
	s.Settings = s.Settings.Clone()
	if s.ExpiresAt != nil {
		t := *s.ExpiresAt
		s.ExpiresAt = &t
	}
	return s
}

// Clone returns a copy of s that shares no memory with it.
func (s Settings) Clone() Settings {
	s.AllowedTools = slices.Clone(s.AllowedTools)
	s.DisallowedTools = slices.Clone(s.DisallowedTools)
	s.AddDirs = slices.Clone(s.AddDirs)
	s.MCPServers = slices.Clone(s.MCPServers)
	s.SettingSources = slices.Clone(s.SettingSources)
	s.PassEnv = slices.Clone(s.PassEnv)
	return s
}
