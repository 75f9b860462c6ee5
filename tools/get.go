package tools

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

func getSession() tool {
	return define(spec[engine.GetRequest, engine.Details]{
		name:  "get_session",
		title: "Look at a Claude Code session",
		description: `Tells all about one session: status and why, settings, the turn that runs and what it does now, what waits in line, what is asked, cost, forks and files.
Use it to look in on a session at work without waiting (wait_for_session waits), to learn its settings before you change them, or to find where its transcript is. It costs nothing and changes nothing.
Returns session, turn (the one that runs, else the last that ended, with its result), activity, last_words and writing (what the transcript does not have yet, as it comes) of a running turn, queue, requests (what it waits for a person to answer), ancestors, children, files and next. read_transcript reads what was said.`,
		hints: hints{readOnly: true, idempotent: true},
		call:  Sessions.Get,
		bound: boundDetails,
		show:  func(d engine.Details) string { return showDetails(d, time.Now()) },
	})
}

// What the details of a session may hold, in bytes.
const (
	maxLastWords    = 2_000
	maxInputsShown  = 8_000 // of all requests
	maxDetailResult = 6_000
)

// boundDetails cuts what is too long in d.
func boundDetails(d engine.Details) engine.Details {
	d.Session = boundAnswer(engine.Answer{Session: d.Session}).Session
	d.Turn, d.Next = boundTurn(d.Session, d.Turn, maxDetailResult, d.Next)
	d.LastWords = cutBytes(d.LastWords, maxLastWords)
	d.Writing = newestBytes(d.Writing, maxLastWords)
	d.Requests = boundRequests(d.Requests)
	return d
}

// boundRequests leaves inputs out where all together would be too long.
func boundRequests(list []engine.Request) []engine.Request {
	list = slices.Clone(list)
	left := maxInputsShown
	for i := range list {
		if left -= len(list[i].Input); left < 0 {
			list[i].Input = nil
		}
	}
	return list
}

// showDetails is d as text.
func showDetails(d engine.Details, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", headline(d.Session), strings.Join(sessionFacts(d.Session, now), " · "))
	if d.Turn != nil {
		showTurn(&b, d.Session, *d.Turn)
	}
	if d.LastWords != "" {
		fmt.Fprintf(&b, "It said last: %s\n", cutBytes(d.LastWords, maxEcho))
	}
	if d.Writing != "" && d.Writing != d.LastWords {
		fmt.Fprintf(&b, "It is writing: %s\n", newestBytes(d.Writing, maxEcho))
	}
	showQueue(&b, d)
	showRequests(&b, d.Requests)
	showLineage(&b, d)
	if d.Files.Transcript != "" {
		fmt.Fprintf(&b, "Transcript: %s\n", d.Files.Transcript)
	} else if d.Files.StoredBytes > 0 {
		fmt.Fprint(&b, "Transcript: only in the store; it is written back when the session is resumed.\n")
	}
	showLimits(&b, d.Session.Limits)
	if d.Next != "" {
		fmt.Fprintf(&b, "\nNext: %s\n", d.Next)
	}
	return strings.TrimSpace(b.String())
}

// sessionFacts are where and how a session works, and what it took.
func sessionFacts(s engine.Session, now time.Time) []string {
	facts := []string{"in " + s.Cwd, string(s.Origin), count(s.Turns, "turn"), cost(s.Usage.Cost)}
	set := s.Settings
	for _, f := range [][2]string{
		{"model ", set.Model}, {"permission_mode ", set.PermissionMode}, {"effort ", set.Effort},
		{"allowed ", strings.Join(set.AllowedTools, ", ")}, {"tags ", strings.Join(s.Tags, ", ")},
	} {
		if f[1] != "" {
			facts = append(facts, f[0]+oneline.Cut(f[1], 120))
		}
	}
	if s.ContextTokens > 0 {
		facts = append(facts, contextSize(s.ContextTokens, s.ContextWindow))
	}
	if s.Archived {
		facts = append(facts, "archived")
	}
	facts = append(facts, "updated "+age(now.Sub(s.UpdatedAt)))
	if s.ExpiresAt != nil {
		facts = append(facts, "Claude Code deletes its file on "+s.ExpiresAt.Format(time.DateOnly))
	}
	return facts
}

func showQueue(b *strings.Builder, d engine.Details) {
	if d.Queued == 0 {
		return
	}
	fmt.Fprintf(b, "In line: %s\n", count(d.Queued, "turn"))
	for _, q := range d.Queue[:min(len(d.Queue), 5)] {
		fmt.Fprintf(b, "- %s: %s (%s)\n", q.ID, oneline.Cut(q.Prompt, 80), oneline.Cut(q.Reason, 120))
	}
}

// showRequests tells what a person is asked, with what is needed to answer.
// maxDetailShown is how many bytes of what a tool is about to do the text shows.
const maxDetailShown = 2000

func showRequests(b *strings.Builder, list []engine.Request) {
	for _, r := range list {
		kind := "Permission wanted"
		if r.Question {
			kind = "Question"
		}
		fmt.Fprintf(b, "%s, request_id %s: %s\n", kind, r.ID, oneline.Cut(r.Summary, 200))
		if r.Detail != "" {
			fmt.Fprintf(b, "%s\n", cutBytes(r.Detail, maxDetailShown))
		}
		if r.Always != "" {
			fmt.Fprintf(b, "allow_always would add: %s\n", oneline.Cut(r.Always, 300))
		}
	}
}

func showLineage(b *strings.Builder, d engine.Details) {
	for i, r := range d.Ancestors[min(1, len(d.Ancestors)):] { // the parent is in the headline
		if i == 5 {
			fmt.Fprintf(b, "… and %d further up\n", len(d.Ancestors)-6)
			break
		}
		fmt.Fprintf(b, "Above it: %s %s\n", r.ID, r.Title)
	}
	for i, r := range d.Children {
		if i == 5 {
			fmt.Fprintf(b, "… of %d forks\n", d.ChildrenTotal)
			break
		}
		fmt.Fprintf(b, "Fork: %s %s (%s)\n", r.ID, r.Title, r.Status)
	}
}
