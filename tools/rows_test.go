package tools

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func TestShowList(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	expires := now.Add(72 * time.Hour)
	row := func(id, title string, depth int, parent string) engine.Row {
		return engine.Row{ID: id, Title: title, Status: sessionstore.Idle, Turns: 2, Cost: engine.KnownCost(0.01), Depth: depth, ParentID: parent, UpdatedAt: now.Add(-5 * time.Minute)}
	}
	busy := engine.Row{ID: "33333333-b", Title: strings.Repeat("long ", 50), Status: sessionstore.Waiting, StatusReason: "permission: Write",
		Turns: 1, Cost: engine.KnownCost(12.345), Tags: []string{"a", "b"}, UpdatedAt: now.Add(-50 * time.Hour)}
	tests := []struct {
		name string
		list engine.List
		want string
	}{
		{"nothing", engine.List{}, `
No sessions.`},
		{"a page", engine.List{Total: 9, NextCursor: "abc", Sessions: []engine.Row{row("11111111-a", "main", 0, ""), row("22222222-a", "side", 0, "11111111-a"), busy}}, `
3 of 9 sessions:
11111111 main · idle · 2 turns · $0.0100 · 5m ago
22222222 side · idle · 2 turns · $0.0100 · 5m ago · fork of 11111111
33333333 long long long long long long long long long lo… · waiting (permission: Write) · 1 turn · $12.35 · 2d ago · #a #b
More: list_sessions with cursor "abc" and the same filters.`},
		{"costs", engine.List{Total: 2, Sessions: []engine.Row{
			{ID: "11111111-a", Title: "x", Status: sessionstore.Idle, UpdatedAt: now, Cost: engine.Cost{CostUSD: engine.KnownCost(0.3675).CostUSD, CostEstimated: true}},
			{ID: "22222222-a", Title: "y", Status: sessionstore.Idle, UpdatedAt: now},
		}}, `
2 sessions:
11111111 x · idle · 0 turns · ~$0.3675 (estimated) · now
22222222 y · idle · 0 turns · cost unknown · now`},
		{"few", engine.List{Total: 1, Sessions: []engine.Row{{ID: "11111111-a", Title: "x", Status: sessionstore.Idle, UpdatedAt: now, Cost: engine.KnownCost(0),
			ContextTokens: 42_001, ContextWindow: 200_000, ExpiresAt: &expires}}}, `
1 session:
11111111 x · idle · 0 turns · $0 · now · context 43k of 200k tokens · Claude Code deletes its file on 2026-11-25`},
		{"ids that begin alike", engine.List{Total: 2, Sessions: []engine.Row{row("11111111-aa", "x", 0, ""), row("11111111-ab", "y", 0, "")}}, `
2 sessions:
11111111-aa x · idle · 2 turns · $0.0100 · 5m ago
11111111-ab y · idle · 2 turns · $0.0100 · 5m ago`},
		{"a tree", engine.List{Total: 7, Next: "Resume one.", Sessions: []engine.Row{
			row("10000000-", "main", 0, ""), row("11000000-", "a", 1, "10000000-"), row("11100000-", "a1", 2, "11000000-"),
			row("11200000-", "a2", 2, "11000000-"), row("12000000-", "b", 1, "10000000-"), row("12100000-", "b1", 2, "12000000-"),
			row("20000000-", "other", 0, ""),
		}}, `
7 sessions:
10000000 main · idle · 2 turns · $0.0100 · 5m ago
├─ 11000000 a · idle · 2 turns · $0.0100 · 5m ago
│  ├─ 11100000 a1 · idle · 2 turns · $0.0100 · 5m ago
│  └─ 11200000 a2 · idle · 2 turns · $0.0100 · 5m ago
└─ 12000000 b · idle · 2 turns · $0.0100 · 5m ago
   └─ 12100000 b1 · idle · 2 turns · $0.0100 · 5m ago
20000000 other · idle · 2 turns · $0.0100 · 5m ago
Next: Resume one.`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), showList(test.list, now)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

// TestListBudget holds that a default page of 20 sessions stays under 2,000
// tokens, as text and as structured content each.
func TestListBudget(t *testing.T) {
	page := page(20)
	f := &fake{list: func() (engine.List, error) { return page, nil }}
	result := use(t, connect(t, f, Options{}, eras[0]), "list_sessions", `{}`)
	conforms(t, listSessions(), result)
	shown, raw := tokens(text(t, result)), tokens(string(encode(result.StructuredContent)))
	t.Logf("about %d tokens of text, %d structured", shown, raw)
	if shown > 2000 || raw > 2000 {
		t.Errorf("a page takes about %d tokens as text and %d structured, want at most 2000 each", shown, raw)
	}
}

// page makes sessions as people have them: one in four is a fork, one in five
// has tags, every other title is a whole sentence.
func page(n int) engine.List {
	random := rand.NewChaCha8([32]byte{1})
	l := engine.List{Total: 345, NextCursor: "eyJ1IjoxNzYzODA5NjE0fQ"}
	for i := range n {
		r := engine.Row{
			ID: uuid.Must(uuid.NewRandomFromReader(random)).String(), Title: "Find out why the build breaks on Windows since the update of the linter",
			Status: sessionstore.Idle, Cwd: "/home/ann/src/project", Turns: i, Cost: engine.KnownCost(0.0123456789 * float64(i)),
			UpdatedAt: time.Date(2026, 11, 22, 11, i, 17, 123456789, time.UTC),
		}
		if i%2 == 1 {
			r.Title = fmt.Sprintf("option-%d", i)
		}
		if i%4 == 2 {
			r.ParentID = l.Sessions[i-1].ID
		}
		if i%5 == 4 {
			r.Tags = []string{"release", fmt.Sprintf("v%d", i)}
		}
		l.Sessions = append(l.Sessions, r)
	}
	return l
}
