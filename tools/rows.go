package tools

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

const (
	maxRowTitle  = 48 // characters
	maxRowReason = 60 // characters
	minShortID   = 8  // characters of a shortened id
)

// boundList shortens the rows of l, so that a page of 20 stays under 2,000
// tokens.
func boundList(l engine.List) engine.List {
	rows := slices.Clone(l.Sessions)
	for i := range rows {
		r := &rows[i]
		r.Title = oneline.Cut(r.Title, maxRowTitle)
		r.StatusReason = oneline.Cut(r.StatusReason, maxRowReason)
		r.Cost = r.Cost.Rounded(1e4)
		r.UpdatedAt = r.UpdatedAt.UTC().Truncate(time.Second)
	}
	if rows == nil {
		rows = []engine.Row{} // an empty list, not null
	}
	l.Sessions = rows
	return l
}

// showList is l as text, a line for each session.
func showList(l engine.List, now time.Time) string {
	var b strings.Builder
	fmt.Fprintln(&b, pageLine(l))
	if l.Importing != "" {
		fmt.Fprintf(&b, "(%s: sessions found on this machine are still being read)\n", l.Importing)
	}
	length := shortLength(l.Sessions)
	branches := branches(l.Sessions)
	for i, r := range l.Sessions {
		fmt.Fprintf(&b, "%s%s %s\n", branches[i], short(r.ID, length), rowText(r, length, now))
	}
	if l.NextCursor != "" {
		fmt.Fprintf(&b, "More: list_sessions with cursor %q and the same filters.\n", l.NextCursor)
	}
	if l.Next != "" {
		fmt.Fprintf(&b, "Next: %s\n", l.Next)
	}
	return strings.TrimSpace(b.String())
}

func pageLine(l engine.List) string {
	switch {
	case len(l.Sessions) == 0:
		return "No sessions."
	case l.Total > len(l.Sessions):
		return fmt.Sprintf("%d of %d sessions:", len(l.Sessions), l.Total)
	case len(l.Sessions) == 1:
		return "1 session:"
	}
	return fmt.Sprintf("%d sessions:", len(l.Sessions))
}

// rowText is all of a row but its id.
func rowText(r engine.Row, idLength int, now time.Time) string {
	facts := []string{oneline.Cut(r.Title, maxRowTitle), string(r.Status)}
	if r.StatusReason != "" {
		facts[1] += " (" + oneline.Cut(r.StatusReason, maxRowReason) + ")"
	}
	facts = append(facts, count(r.Turns, "turn"), cost(r.Cost), age(now.Sub(r.UpdatedAt)))
	if r.ContextTokens > 0 {
		facts = append(facts, contextSize(r.ContextTokens, r.ContextWindow))
	}
	if r.ExpiresAt != nil && r.ExpiresAt.Before(now.Add(soon)) {
		facts = append(facts, "Claude Code deletes its file on "+r.ExpiresAt.Format(time.DateOnly))
	}
	if r.ParentID != "" && r.Depth == 0 {
		facts = append(facts, "fork of "+short(r.ParentID, idLength))
	}
	if len(r.Tags) > 0 {
		facts = append(facts, "#"+oneline.Cut(strings.Join(r.Tags, " #"), maxRowTitle))
	}
	if r.Context {
		facts = append(facts, "context")
	}
	return strings.Join(facts, " · ")
}

// soon is when a line tells that Claude Code will delete a transcript.
const soon = 7 * 24 * time.Hour

// contextSize is how full a model's context is: "context 43k of 200k tokens".
func contextSize(used, window int64) string {
	return fmt.Sprintf("context %dk of %dk tokens", (used+999)/1000, window/1000)
}

// branches draws the tree that the depths of rows make: what stands before
// each row.
func branches(rows []engine.Row) []string {
	out := make([]string, len(rows))
	open := map[int]bool{} // levels at which another row follows below
	for i, r := range slices.Backward(rows) {
		if r.Depth > 0 {
			var b strings.Builder
			for level := 1; level < r.Depth; level++ {
				b.WriteString(pick(open[level], "│  ", "   "))
			}
			out[i] = b.String() + pick(open[r.Depth], "├─ ", "└─ ")
		}
		for level := range open {
			if level > r.Depth {
				delete(open, level)
			}
		}
		open[r.Depth] = true
	}
	return out
}

func pick(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// shortLength returns how many characters of their ids tell the sessions of a
// page apart.
func shortLength(rows []engine.Row) int {
	for length := minShortID; ; length++ {
		seen, twice, longest := map[string]bool{}, false, 0
		for _, r := range rows {
			id := short(r.ID, length)
			twice = twice || seen[id]
			seen[id] = true
			longest = max(longest, len(r.ID))
		}
		if !twice || length >= longest {
			return length
		}
	}
}

func short(id string, length int) string { return id[:min(len(id), length)] }

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// age writes how long ago something was, in its largest unit.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%dm ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh ago", int(d.Hours()))
	}
	return fmt.Sprintf("%dd ago", int(d.Hours()/24))
}
