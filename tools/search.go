package tools

import (
	"fmt"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

const (
	maxHitTitle   = 40  // characters
	maxHitSnippet = 150 // characters, in the text
)

func searchSessions() tool {
	return define(spec[engine.SearchRequest, engine.SearchResult]{
		name:  "search_sessions",
		title: "Search Claude Code sessions",
		description: `Finds words in what was said in all sessions: prompts, answers, inputs of tools (commands, file names, edits), names, titles, tags and notes.
Use it to find the session in which something was discussed or done. Start with few, rare words. Results of tools are not searched. Filters are those of list_sessions.
Sessions at work now are left out, so that you do not find your own; include_running adds them. A message that forks share is one hit.
Returns a page of hits, the best and newest first, with a snippet in which the words are **marked**. Go on with read_transcript (from: the uuid), resume_session, or fork_session (at: the uuid).`,
		hints: hints{readOnly: true, idempotent: true},
		call:  Sessions.Search,
		bound: boundHits,
		show:  func(r engine.SearchResult) string { return showHits(r, time.Now()) },
	})
}

// boundHits shortens titles, so that hits are mostly their snippets.
func boundHits(r engine.SearchResult) engine.SearchResult {
	hits := make([]engine.Hit, len(r.Hits)) // an empty list, not null
	for i, h := range r.Hits {
		h.Title = oneline.Cut(h.Title, maxHitTitle)
		hits[i] = h
	}
	r.Hits = hits
	return r
}

// showHits is r as text, two lines for each hit.
func showHits(r engine.SearchResult, now time.Time) string {
	var b strings.Builder
	switch n := len(r.Hits); {
	case n == 0:
		fmt.Fprintln(&b, "Nothing found.")
	case r.NextCursor != "":
		fmt.Fprintf(&b, "The best %d hits:\n", n)
	default:
		fmt.Fprintf(&b, "%s:\n", count(n, "hit"))
	}
	for _, h := range r.Hits {
		fmt.Fprintf(&b, "%s %s\n  %s\n", short(h.SessionID, minShortID), hitFacts(h, now), oneline.Cut(h.Snippet, maxHitSnippet))
	}
	if r.Indexing != "" {
		fmt.Fprintf(&b, "Not all is searched yet: %s.\n", r.Indexing)
	}
	if r.NextCursor != "" {
		fmt.Fprintf(&b, "More: search_sessions with cursor %q and the same query and filters.\n", r.NextCursor)
	}
	return strings.TrimSpace(b.String())
}

func hitFacts(h engine.Hit, now time.Time) string {
	facts := []string{oneline.Cut(h.Title, maxHitTitle), h.Role, age(now.Sub(h.Time))}
	if h.Subagent != "" {
		facts = append(facts, "sub-agent "+h.Subagent)
	}
	if h.UUID != "" {
		facts = append(facts, h.UUID)
	}
	return strings.Join(facts, " · ")
}
