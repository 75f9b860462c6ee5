package engine

import "github.com/claude-sessions/claude-sessions/sessionstore"

// WaitRequest waits for something to happen in sessions.
type WaitRequest struct {
	Sessions    []string `json:"sessions" jsonschema:"Names, ids or unique prefixes of ids, 1 to 20."`
	For         string   `json:"for,omitzero" jsonschema:"turn_end: the running turn, or the next in line, ends. request: it also waits for a person's answer. change: anything changes."`
	Until       string   `json:"until,omitzero" jsonschema:"any: until it happened in one of them. all: in each."`
	WaitSeconds *int     `json:"wait_seconds,omitzero" jsonschema:"How long to wait at most, 0 to 45."`
	Since       *uint64  `json:"since,omitzero" jsonschema:"With for change: seq of an earlier answer; what changed since then ends the wait at once."`
}

// What a WaitRequest waits for.
const (
	ForTurnEnd = "turn_end"
	ForRequest = "request"
	ForChange  = "change"
)

// How many of its sessions a WaitRequest waits for.
const (
	UntilAny = "any"
	UntilAll = "all"
)

// MaxWaitSessions is how many sessions one call can wait for.
const MaxWaitSessions = 20

// Waited tells what a WaitRequest came to. That nothing happened in time is no
// error.
type Waited struct {
	Sessions []WaitedSession `json:"sessions"` // in the order of the request, each once
	TimedOut bool            `json:"timed_out"`
	Seq      uint64          `json:"seq"` // since of a later wait for changes
	Next     string          `json:"next,omitempty"`
}

// Happening is what ended a wait.
type Happening string

// The happenings. A session that does nothing ends a wait for the end of a
// turn at once: with its last turn, or, where it has none of ours, as idle.
const (
	HappenedTurnEnd Happening = "turn_end"
	HappenedIdle    Happening = "idle"
	HappenedRequest Happening = "request"
	HappenedChange  Happening = "change"
	HappenedDeleted Happening = "deleted"
	HappenedNothing Happening = "nothing"
)

// WaitedSession is a session that was waited for, as it is now.
type WaitedSession struct {
	ID           string              `json:"session_id"`
	Name         string              `json:"name,omitempty"`
	Title        string              `json:"title"`
	Status       sessionstore.Status `json:"status,omitempty"` // none of one that was deleted
	StatusReason string              `json:"status_reason,omitempty"`
	Happened     Happening           `json:"happened"`
	Changed      []string            `json:"changed,omitempty"` // with change: turn, transcript, session
	// Turn is the one that ended; if nothing happened, the one that goes on.
	Turn       *Turn     `json:"turn,omitempty"`
	LastWords  string    `json:"last_words,omitempty"`  // of a turn that goes on
	LastResult string    `json:"last_result,omitempty"` // first lines; where the newest turn is none of ours
	Queued     int       `json:"queued,omitempty"`      // turns that wait
	Requests   []Request `json:"requests,omitempty"`    // what it waits for a person to answer
}
