package engine

import (
	"encoding/json"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Decision is what a person says to a request.
type Decision string

// The decisions. AllowAlways also changes the session's settings, so that the
// like is not asked again.
const (
	Allow       Decision = "allow"
	AllowAlways Decision = "allow_always"
	Deny        Decision = "deny"
)

// ReplyRequest answers a request of a session.
type ReplyRequest struct {
	Session      string         `json:"session" jsonschema:"Name, id, or unique prefix (4 or more characters) of the id of the session that asks."`
	RequestID    string         `json:"request_id,omitzero" jsonschema:"Which request. Default: the only one that is open."`
	Decision     Decision       `json:"decision,omitzero" jsonschema:"allow (once), allow_always (also adds the rule that Claude Code suggests to the session's settings), or deny. Not needed with answers."`
	Message      string         `json:"message,omitzero" jsonschema:"What the model is told with a denial: why, and what to do instead."`
	UpdatedInput map[string]any `json:"updated_input,omitzero" jsonschema:"Allow with this input of the tool instead of the one that was asked for: the whole, with what stays as it was."`
	Answers      map[string]any `json:"answers,omitzero" jsonschema:"For a question: the text of each question (or its header) and the label that is chosen, a list of labels, or words of your own."`
}

// Replied is the outcome of a ReplyRequest.
type Replied struct {
	Session Session `json:"session"`
	Request Request `json:"request"`
	Added   string  `json:"added,omitempty"` // what allow_always has added to the settings
	Next    string  `json:"next,omitempty"`
}

// Request is what a run waits for a person to answer, as callers see it.
type Request struct {
	ID        string                     `json:"request_id"`
	SessionID string                     `json:"session_id"`
	Session   string                     `json:"session,omitempty"` // its title, shortened
	TurnID    string                     `json:"turn_id"`
	Tool      string                     `json:"tool_name"`
	Summary   string                     `json:"summary,omitempty"`  // of the input, on one line
	Detail    string                     `json:"detail,omitempty"`   // as a person needs to see it, in Markdown: the command, the diff, the URL
	Input     json.RawMessage            `json:"input,omitempty"`    // left out where it is large
	Question  bool                       `json:"question,omitempty"` // it asks a person something, rather than for a permission
	Questions []Question                 `json:"questions,omitempty"`
	Always    string                     `json:"always,omitempty"` // what allow_always would add to the session's settings; "": it is not to be had
	Client    string                     `json:"client,omitempty"` // who asked for the turn
	OpenedAt  time.Time                  `json:"opened_at"`
	ExpiresAt *time.Time                 `json:"expires_at,omitempty"` // when it is denied if nobody answers; nil: never
	Status    sessionstore.RequestStatus `json:"status"`
}

// Question is one of those that the model asks a person at once.
type Question struct {
	Question    string   `json:"question"`
	Header      string   `json:"header,omitempty"`
	Options     []Option `json:"options,omitempty"`
	MultiSelect bool     `json:"multi_select,omitempty"`
}

// Option is an answer that the model suggests.
type Option struct {
	Label       string `json:"label"`
	Description string `json:"description,omitempty"`
}

// maxRequestInput is how many bytes of input a Request has at most.
const maxRequestInput = 4000

// RequestsRequest asks which requests are open.
type RequestsRequest struct {
	Mine        bool   `json:"mine,omitempty"`         // only those of turns that this caller has asked for
	Since       uint64 `json:"since,omitempty"`        // Seq of an earlier answer: wait until there is a change
	WaitSeconds int    `json:"wait_seconds,omitempty"` // how long to wait for one, at most MaxWaitSeconds
}

// OpenRequests are all requests that are open now, the oldest first.
type OpenRequests struct {
	Seq      uint64    `json:"seq"` // Since of the next request
	Requests []Request `json:"requests"`
}
