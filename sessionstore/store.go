package sessionstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Errors that callers branch on. Every method may also return ctx's error, and
// ErrClosed after Close.
var (
	ErrNotFound   = errors.New("not found")
	ErrExists     = errors.New("exists already")
	ErrNameTaken  = errors.New("name is taken")
	ErrConflict   = errors.New("changed by somebody else since it was read")
	ErrLeased     = errors.New("leased by somebody else")
	ErrStaleLease = errors.New("the lease is no longer valid")
	ErrBadCursor  = errors.New("the cursor does not belong to this query")
	ErrResync     = errors.New("the change log does not reach back that far")
	ErrFull       = errors.New("the disk is nearly full")
	ErrTooLarge   = errors.New("more than one write holds")
	ErrClosed     = errors.New("the store is closed")
	ErrBroken     = errors.New("the store must be opened anew")
)

// AmbiguousError is returned by Resolve for a reference that fits several
// sessions.
type AmbiguousError struct {
	Ref        string
	Candidates []Session // at most 10
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%q fits %d sessions", e.Ref, len(e.Candidates))
}

// Store remembers sessions, their turns, entries, leases and requests. All
// methods are safe to call at once. A write that returned nil survives a kill
// of the process at any later point. Values that go in are copied, values that
// come out are the caller's.
//
// The interface asks nothing that only an embedded store could answer: no
// write spans more than a session and the fork that is made of it, time is the
// store's clock, entries are opaque bytes.
type Store interface {
	// Commit writes m as a whole or not at all. A dozen turns always fit, however
	// long; ErrTooLarge.
	Commit(ctx context.Context, m Mutation) (Committed, error)

	// Session returns the session with this id, or ErrNotFound.
	Session(ctx context.Context, id string) (Session, error)
	// Resolve finds a session by its name, its id, or a prefix of its id of at
	// least 4 characters, in this order. ErrNotFound; *AmbiguousError.
	Resolve(ctx context.Context, ref string) (Session, error)
	// List returns one page of the sessions that fit q. It reads no record of a
	// session that is not on the page. ErrBadCursor.
	List(ctx context.Context, q Query) (Page, error)
	// Selector returns a function that tells of a session whether a List of q
	// would have it, on whatever page. It reads no record, and is safe to use at
	// once. The unknown is not selected.
	Selector(q Query) (func(ctx context.Context, sessionID string) (bool, error), error)
	// Delete forgets a session with its turns, requests, entries and keys, under
	// its lease if token is not 0. The unknown is no error. Children stay, and
	// keep the id of the parent that is gone.
	Delete(ctx context.Context, id string, token uint64) error
	// DeleteAll is as Delete for several sessions, all or none of them, and
	// leaves tombstones. Only of very many a crash may leave some, the first. A
	// session that is made anew takes its tombstone away.
	DeleteAll(ctx context.Context, list []Deletion) error
	// Tombstone returns that of a deleted session, by its id or the name that
	// it had (of several the one deleted last), or ErrNotFound.
	Tombstone(ctx context.Context, ref string) (Tombstone, error)

	// Turn returns the turn with this id, or ErrNotFound.
	Turn(ctx context.Context, id string) (Turn, error)
	// Turns yields a session's turns, newest first.
	Turns(ctx context.Context, sessionID string) iter.Seq2[Turn, error]
	// LiveTurns returns all turns that have not ended, of all sessions, oldest
	// QueuedAt first. Its cost depends on their number only.
	LiveTurns(ctx context.Context) ([]Turn, error)
	// Requests returns a session's requests, oldest first; only the open ones
	// if open is set.
	Requests(ctx context.Context, sessionID string, open bool) ([]Request, error)
	// Receipt returns what an idempotency key of this owner stands for, or
	// ErrNotFound.
	Receipt(ctx context.Context, owner, key string) (Receipt, error)

	// Acquire gives owner the lease of a session for ttl. The same owner takes
	// its own lease again, which makes the old token stale; somebody else's
	// must have expired, or ErrLeased comes with the present lease. ErrNotFound
	// for an unknown session.
	Acquire(ctx context.Context, sessionID, owner string, ttl time.Duration) (Lease, error)
	// Renew prolongs l by ttl from now, also when it has expired and nobody has
	// had the session's lease since. ErrStaleLease.
	Renew(ctx context.Context, l Lease, ttl time.Duration) (Lease, error)
	// Release ends l. A stale or unknown lease is no error.
	Release(ctx context.Context, l Lease) error
	// Leases returns all leases that were not released, those that have expired
	// included, in no order.
	Leases(ctx context.Context) ([]Lease, error)

	// Append adds lines to a transcript, in order, all or none, never
	// interleaved with another call's, and returns how many were new. A line
	// whose "uuid" the same transcript holds already is dropped, but for
	// a.Verbatim; lines without are always kept. An empty a.Lines is a no-op. ErrNotFound for an unknown
	// session; ErrStaleLease if a.Token is not 0 and not the present lease's;
	// an error for a line that is no JSON object (nothing is written then).
	Append(ctx context.Context, a Append) (added int, err error)
	// Entries yields the entries of a transcript from number from on, in
	// bounded memory whatever their number. Of an unknown transcript it yields
	// one ErrNotFound. What is Raw is good until the next one is asked for.
	Entries(ctx context.Context, sessionID, sub string, from int64) iter.Seq2[Entry, error]
	// DropEntries forgets the entries of all transcripts of a session. Its record,
	// source, turns and requests stay, and the same lines can be appended again.
	// ErrNotFound for an unknown session.
	DropEntries(ctx context.Context, sessionID string) error
	// Space tells what the entries of all sessions take.
	Space(ctx context.Context) (Space, error)
	// Transcripts lists the transcripts of a session, its own ("") first.
	Transcripts(ctx context.Context, sessionID string) ([]TranscriptHead, error)
	// Known returns a function that tells whether a transcript holds an entry
	// with a uuid; what is unknown holds none. It remembers what it has found, so
	// that many questions cost little more than one: it is to be dropped after
	// them, may tell yes of what was dropped meanwhile, and is not safe to use at
	// once.
	Known(sessionID, sub string) func(ctx context.Context, uuid string) (bool, error)
	// Source returns how far the file of a session was read, or ErrNotFound.
	Source(ctx context.Context, sessionID string) (Source, error)
	// Sources yields the sources of all sessions, in no order. It holds nothing
	// while the caller looks at one.
	Sources(ctx context.Context) iter.Seq2[Source, error]

	// Seq is the sequence number of the newest change.
	Seq(ctx context.Context) (uint64, error)
	// Changes returns up to limit changes after since, oldest first, and blocks
	// until there is one or ctx ends. ErrResync when since is older than what
	// is kept: list anew, then go on from Seq.
	Changes(ctx context.Context, since uint64, limit int) ([]Change, error)

	// Instance is an id made when the store was first opened.
	Instance() string
	// Secret is 32 random bytes made when the store was first opened, for keyed
	// fingerprints.
	Secret() []byte
	// Now is the store's clock.
	Now() time.Time
	Close() error
}

// Mutation is one atomic write. Nil and empty parts are left alone. All parts
// concern one session, or a session and the fork that Create makes of it.
type Mutation struct {
	Token    uint64   // if not 0, the present lease of Update's session must have it, else ErrStaleLease
	Create   *Session // a new session: ErrExists by id, ErrNameTaken by name
	Update   *Session // replaces the record if Version is the stored one, else ErrConflict; ErrNotFound; ErrNameTaken
	Turns    []Turn   // each is made or replaced; one that has ended is never changed again: ErrConflict
	Requests []Request
	Source   *Source // replaces the session's
	// At, if not zero and not in the future, becomes UpdatedAt of Create and
	// Update: they tell of what happened then, not now.
	At time.Time
	// Key, if not empty, is an idempotency key of the session's owner. When it
	// is known already nothing is written, and Committed.Duplicate has its receipt.
	Key     string
	Receipt Receipt
}

// Committed is the outcome of Commit.
type Committed struct {
	Session   Session  // Create or Update as stored, with its new Version and UpdatedAt; Update's if both; zero if neither
	Created   Session  // Create as stored
	Duplicate *Receipt // the Key was known: nothing was written
	Seq       uint64   // of the change
}

// Space is what entries take, in bytes.
type Space struct {
	Lines int64 // of all lines that are kept, each with a line break
	Kept  int64 // that these take in the store, which may compress them
	Disk  int64 // that the store takes for entries, what is deleted and not freed yet included
}

// Append is a batch of transcript lines.
type Append struct {
	SessionID string
	Sub       string // "" or the sub-agent's path
	Token     uint64 // 0: no lease is needed
	Lines     []json.RawMessage
	// Verbatim appends all lines, also those with a uuid that the transcript
	// holds. It is for a reader that copies a file and knows by its Source what
	// it has appended. Without it a line whose uuid is known is dropped, whatever
	// else it says: a mirror's and a file's line of one uuid may differ.
	Verbatim bool
	// Source, if not nil, replaces the session's together with the append, and
	// also if no line is new or there is none.
	Source *Source
}

// Order is what a list is sorted by.
type Order string

// The orders: newest first for the times, by code point for names (sessions
// without a name last).
const (
	ByUpdated Order = "updated"
	ByCreated Order = "created"
	ByName    Order = "name"
)

// Query selects sessions. The zero Query is all that are not archived, newest
// update first, 20 of them.
type Query struct {
	Text         string   // in name, title, note, first and last prompt (the first 2,000 bytes of each); case-folded; all words must occur
	Status       []Status // any of them
	Tags         []string // all of them
	Cwd          string   // this folder or one below it
	ConfigDir    string
	ParentID     string
	RootID       string
	Origin       Origin
	Archived     Archived // "" is NotArchived
	UpdatedAfter time.Time
	Order        Order // "" is ByUpdated
	Limit        int   // 0 is 20; at most 1,000
	Cursor       string
}

// Archived selects by whether a session was put away.
type Archived string

// The choices of Query.Archived.
const (
	NotArchived  Archived = "no"
	OnlyArchived Archived = "yes"
	AnyArchived  Archived = "any"
)

// Page is one page of a list.
type Page struct {
	Sessions []Session
	Next     string // cursor of the next page; "" on the last
	Total    int    // how many fit, over all pages
}

// Change tells that a session was written or deleted. Entries' changes are
// told as well.
type Change struct {
	Seq       uint64    `json:"seq"`
	SessionID string    `json:"session_id"`
	TurnID    string    `json:"turn_id,omitempty"`
	Kind      string    `json:"kind"` // "session", "entries" or "deleted"
	At        time.Time `json:"at"`
}
