package tools

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

func TestShowHits(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	hit := engine.Hit{SessionID: parentID, Title: "main", UUID: turnID, Role: "user", Time: now.Add(-5 * time.Minute), Snippet: "fix the **clock** now"}
	sub := engine.Hit{SessionID: childID, Title: strings.Repeat("long ", 30), Subagent: "subagents/agent-1", UUID: turnID, Role: "assistant",
		Time: now.Add(-50 * time.Hour), Snippet: strings.Repeat("**clock** and ", 30)}
	title := engine.Hit{SessionID: childID, Title: "clock", Role: "title", Time: now, Snippet: "**clock**"}
	tests := []struct {
		name   string
		result engine.SearchResult
		want   string
	}{
		{"nothing", engine.SearchResult{}, "Nothing found."},
		{"nothing yet", engine.SearchResult{Indexing: "indexed 3 of 1,200 sessions"}, `
Nothing found.
Not all is searched yet: indexed 3 of 1,200 sessions.`},
		{"one", engine.SearchResult{Hits: []engine.Hit{hit}}, `
1 hit:
3f2a9c1e main · user · 5m ago · c0ffee00-1111-4222-8333-444455556666
  fix the **clock** now`},
		{"a page", engine.SearchResult{Hits: []engine.Hit{sub, title}, NextCursor: "abc"}, `
The best 2 hits:
7b10d2f4 long long long long long long long long… · assistant · 2d ago · sub-agent subagents/agent-1 · c0ffee00-1111-4222-8333-444455556666
  **clock** and **clock** and **clock** and **clock** and **clock** and **clock** and **clock** and **clock** and **clock** and **clock** and **clock**…
7b10d2f4 clock · title · now
  **clock**
More: search_sessions with cursor "abc" and the same query and filters.`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), showHits(test.result, now)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSearchBudget holds that the text of a default page of 20 hits stays under
// 2,000 tokens.
func TestSearchBudget(t *testing.T) {
	var r engine.SearchResult
	for range 20 {
		r.Hits = append(r.Hits, engine.Hit{
			SessionID: parentID, Title: "Find out why the build breaks on Windows since the update of the linter", UUID: turnID, Role: "assistant",
			Time:    time.Date(2026, 11, 22, 11, 0, 17, 0, time.UTC),
			Snippet: "…" + strings.Repeat("the **linter** says that the file is not formatted; ", 6) + "…",
		})
	}
	r.NextCursor = strings.Repeat("x", 150)
	f := &fake{search: func() (engine.SearchResult, error) { return r, nil }}
	result := use(t, connect(t, f, Options{}, eras[0]), "search_sessions", `{"query":"linter"}`)
	conforms(t, searchSessions(), result)
	shown, raw := tokens(text(t, result)), tokens(string(encode(result.StructuredContent)))
	t.Logf("about %d tokens of text, %d structured", shown, raw)
	if shown > 2000 || raw > 5000 {
		t.Errorf("a page takes about %d tokens as text and %d structured, want at most 2000 and 5000", shown, raw)
	}
}
