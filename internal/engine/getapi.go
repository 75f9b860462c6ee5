package engine

import (
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// GetRequest asks for one session.
type GetRequest struct {
	Session string `json:"session" jsonschema:"Name, id, or unique prefix (4 or more characters) of the id of a session."`
}

// Details are all that is known of a session. Its lists are bounded; their
// totals are told where they may be cut.
type Details struct {
	Session     Session `json:"session"`
	FirstPrompt string  `json:"first_prompt,omitempty"` // its beginning
	// Turn is the one that runs, or else the last that ended; nil: none did.
	Turn *Turn `json:"turn,omitempty"`
	// Activity is what the running turn does now, LastWords what the model said
	// last in it. Writing is what it says and the transcript does not have yet, as
	// far as it has come: the newest 32 KiB.
	Activity      string       `json:"activity,omitempty"`
	LastWords     string       `json:"last_words,omitempty"`
	Writing       string       `json:"writing,omitempty"`
	Queue         []QueuedTurn `json:"queue,omitempty"` // those that wait, the next first
	Queued        int          `json:"queued"`          // how many wait
	Requests      []Request    `json:"requests,omitempty"`
	Ancestors     []Relative   `json:"ancestors,omitempty"` // the parent first, up to the root
	Children      []Relative   `json:"children,omitempty"`  // direct forks, the newest first
	ChildrenTotal int          `json:"children_total"`
	Files         Files        `json:"files"`
	Next          string       `json:"next,omitempty"`
}

// The bounds of the lists of Details.
const (
	maxQueueShown   = 20
	maxRelatives    = 20
	maxQueuedPrompt = 200 // characters
)

// QueuedTurn is a turn that waits.
type QueuedTurn struct {
	ID       string    `json:"turn_id"`
	Prompt   string    `json:"prompt"` // shortened
	Position int       `json:"queue_position"`
	Reason   string    `json:"reason,omitempty"` // what it waits for
	QueuedAt time.Time `json:"queued_at"`
	Client   string    `json:"client,omitempty"`
}

// Relative is a session in the lineage of another one.
type Relative struct {
	ID       string              `json:"session_id"`
	Title    string              `json:"title,omitempty"` // shortened; "" for one that was deleted
	Status   sessionstore.Status `json:"status,omitempty"`
	ForkedAt string              `json:"forked_at,omitempty"` // the message of its parent that it begins after
}

// Files tells where a session is kept.
type Files struct {
	Transcript      string `json:"transcript,omitempty"` // Claude Code's file; "" if there is none now
	TranscriptBytes int64  `json:"transcript_bytes,omitempty"`
	SubAgents       int    `json:"sub_agent_files,omitempty"` // transcripts of sub-agents beside it
	Store           string `json:"store,omitempty"`           // the data folder, which has a copy
	StoredBytes     int64  `json:"stored_bytes"`              // of that copy, before compression
}
