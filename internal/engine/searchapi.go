package engine

import "time"

// SearchRequest looks for words in what was said in sessions.
type SearchRequest struct {
	Query          string   `json:"query" jsonschema:"Words, \"phrases\", prefixes (migrat*). All must occur in one message; case and accents make no difference."`
	Role           string   `json:"role,omitzero" jsonschema:"Only prompts (user), answers and inputs of tools (assistant), or names, titles, tags and notes (title)."`
	Status         []string `json:"status,omitzero" jsonschema:"Any of these statuses."`
	Tag            string   `json:"tag,omitzero" jsonschema:"Sessions with this tag."`
	Cwd            string   `json:"cwd,omitzero" jsonschema:"Sessions in this folder or below it."`
	Parent         string   `json:"parent,omitzero" jsonschema:"Direct forks of this session."`
	Root           string   `json:"root,omitzero" jsonschema:"All of the tree that this session is the root of."`
	Origin         string   `json:"origin,omitzero" jsonschema:"managed: made here; imported: found on the machine."`
	Archived       string   `json:"archived,omitzero" jsonschema:"Archived sessions: no, yes (only), any."`
	UpdatedAfter   string   `json:"updated_after,omitzero" jsonschema:"RFC 3339 time, or an age such as 36h or 7d."`
	IncludeRunning bool     `json:"include_running,omitzero" jsonschema:"Also those at work now, and the one that asks."`
	Limit          int      `json:"limit,omitzero" jsonschema:"Hits on a page."`
	Cursor         string   `json:"cursor,omitzero" jsonschema:"next_cursor of the page before."`
}

// SearchResult is a page of hits, the best first.
type SearchResult struct {
	Hits       []Hit  `json:"hits"`
	NextCursor string `json:"next_cursor,omitempty"`
	Indexing   string `json:"indexing,omitempty"` // "indexed 1,200 of 20,000 sessions", while not all can be found
	Next       string `json:"next,omitempty"`
}

// Hit is a message that fits, or the title of a session. A message that forks
// have in common is one hit.
type Hit struct {
	SessionID string    `json:"session_id"`
	Title     string    `json:"title"` // of the session, shortened
	Subagent  string    `json:"subagent,omitempty"`
	UUID      string    `json:"uuid,omitempty"` // of the message; none for a title
	Role      string    `json:"role"`           // user, assistant or title
	Time      time.Time `json:"time"`           // to the second
	Snippet   string    `json:"snippet"`        // the words are **marked**
}

// ReindexRequest asks for the search index to be made anew. It has no arguments.
type ReindexRequest struct{}

// ReindexResult tells what came of it.
type ReindexResult struct {
	Sessions int `json:"sessions"` // that were indexed
}
