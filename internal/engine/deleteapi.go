package engine

import "github.com/claude-sessions/claude-sessions/sessionstore"

// DeleteRequest asks for sessions to be forgotten. Without Confirm it tells what
// it would do.
type DeleteRequest struct {
	Sessions         []string `json:"sessions" jsonschema:"Names, ids or unique prefixes of ids, 1 to 100."`
	Confirm          bool     `json:"confirm,omitzero" jsonschema:"true deletes; without it the answer says what would be deleted."`
	WithForks        bool     `json:"with_forks,omitzero" jsonschema:"Also all forks of the sessions, and theirs. Without it a session that has forks is refused."`
	DeleteTranscript bool     `json:"delete_transcript,omitzero" jsonschema:"Also Claude Code's own transcript files. Without it they stay, and can be resumed in a terminal."`
}

// The bounds of a DeleteRequest.
const (
	MaxDelete       = 100
	maxDeleteForked = 1000 // with all forks
	maxDoomedTold   = 40
)

// Deletion is what a DeleteRequest did, or would do.
type Deletion struct {
	Deleted         bool     `json:"deleted"`  // false: nothing was touched
	Sessions        []Doomed `json:"sessions"` // the first 40
	Total           int      `json:"total"`
	Forks           int      `json:"forks"`            // of them that were not named but are forks of those
	StoredBytes     int64    `json:"stored_bytes"`     // of copies in the store, before compression
	TranscriptBytes int64    `json:"transcript_bytes"` // of Claude Code's files that go, too
	AlreadyDeleted  []string `json:"already_deleted,omitempty"`
	Failed          []string `json:"failed,omitempty"` // sentences: files that could not be deleted
	Next            string   `json:"next,omitempty"`
}

// Doomed is a session that is deleted, or would be.
type Doomed struct {
	ID               string              `json:"session_id"`
	Title            string              `json:"title"` // shortened
	Status           sessionstore.Status `json:"status"`
	Turns            int                 `json:"turns"`
	ParentID         string              `json:"parent_id,omitempty"`
	StoredBytes      int64               `json:"stored_bytes"`
	Transcript       string              `json:"transcript,omitempty"` // Claude Code's file
	DeleteTranscript bool                `json:"delete_transcript"`    // that goes, too
}
