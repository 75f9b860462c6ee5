package tools

import (
	"fmt"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// boundAnswer cuts what is too long in a, and says in next how to get the rest.
func boundAnswer(a engine.Answer) engine.Answer {
	s := &a.Session
	for _, text := range []*string{&s.Note, &s.StatusReason, &s.LastPrompt, &s.LastResult, &s.Settings.AppendSystemPrompt} {
		*text = cutBytes(*text, maxEcho)
	}
	a.Requests = boundRequests(a.Requests)
	a.Turn, a.Next = boundTurn(a.Session, a.Turn, maxResult, a.Next)
	return a
}

// boundTurn cuts what is too long in a turn, its result to so many bytes, and
// adds to next what was cut. The caller's own turn stays as it is; it may be nil.
func boundTurn(s engine.Session, turn *engine.Turn, limit int, next string) (*engine.Turn, string) {
	if turn == nil {
		return nil, next
	}
	t := *turn
	if len(t.Result) > limit {
		next += " " + restOfResult(s, limit, len(t.Result))
	}
	if n := len(t.Denials); n > maxDenials {
		next += fmt.Sprintf(" Of %d denials the first %d are told.", n, maxDenials)
	}
	t.Prompt = cutBytes(t.Prompt, maxEcho)
	t.Result = cutBytes(t.Result, limit)
	t.Denials = t.Denials[:min(len(t.Denials), maxDenials)]
	return &t, strings.TrimSpace(next)
}

func restOfResult(s engine.Session, shown, all int) string {
	return fmt.Sprintf("The result is cut (%d of %d bytes). %s", shown, all, engine.ReadAnswer(s, all))
}

// showAnswer is a as text: what a model needs to go on, without the structured
// content.
func showAnswer(a engine.Answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", headline(a.Session))
	if a.Turn != nil {
		showTurn(&b, a.Session, *a.Turn)
	}
	showRequests(&b, a.Requests)
	showLimits(&b, a.Session.Limits)
	if a.Next != "" {
		fmt.Fprintf(&b, "\nNext: %s\n", a.Next)
	}
	return strings.TrimSpace(b.String())
}

// headline is a session in a line or two.
func headline(s engine.Session) string {
	line := fmt.Sprintf("%s (%s): %s", oneline.Cut(s.Title, 80), s.ID, s.Status)
	if s.StatusReason != "" {
		line += ", " + oneline.Cut(s.StatusReason, 300)
	}
	if s.FromSession != "" {
		line += fmt.Sprintf("\nBegins with a summary of %s, made by its archived fork %s (%s, not counted as its own)", s.FromSession, s.SummarySession, cost(engine.Cost{CostUSD: s.SummaryCostUSD, CostEstimated: s.SummaryCostEstimated}))
	}
	if s.ParentID == "" {
		return line
	}
	line += "\nFork of " + s.ParentID
	if s.ForkVerified {
		line += ", verified: it holds the conversation of its parent up to the fork"
	}
	if c := s.InheritedUsage.Cost; c.USD() > 0 {
		line += fmt.Sprintf("; the parent's %s are not counted as its own", cost(c))
	}
	return line
}

func showTurn(b *strings.Builder, s engine.Session, t engine.Turn) {
	fmt.Fprintf(b, "Turn %s: %s\n", t.ID, strings.Join(turnFacts(s, t), ", "))
	if t.Error != nil {
		fmt.Fprintf(b, "\nError %s: %s\n", t.Error.Code, cutBytes(t.Error.Message, maxEcho))
	}
	if t.Result != "" {
		fmt.Fprintf(b, "\n%s%s\n", resultLabel(t), cutBytes(t.Result, maxTextResult))
		if len(t.Result) > maxTextResult {
			fmt.Fprintf(b, "%s\n", restOfResult(s, maxTextResult, len(t.Result)))
		}
	}
	showDenials(b, t)
}

// resultLabel tells of what a turn said that it is no answer, if it is none.
func resultLabel(t engine.Turn) string {
	return pick(t.Status == sessionstore.TurnCompleted, "", "It said last: ")
}

// showLimits tells which limits are near. A turn's own are told by its error.
func showLimits(b *strings.Builder, limits []engine.Limit) {
	for _, l := range limits {
		fmt.Fprintf(b, "\nLimit (%s): %s\n", l.Kind, l.Message)
	}
}

// turnFacts are status, position, time and cost of a turn, and what its session
// has cost in all.
func turnFacts(s engine.Session, t engine.Turn) []string {
	facts := ownTurnFacts(t)
	if t.Status.Ended() {
		facts[len(facts)-1] += fmt.Sprintf(" (session: %s)", cost(s.Usage.Cost))
	}
	return facts
}

// ownTurnFacts are status, position, time and, of one that has ended, the cost
// of a turn.
func ownTurnFacts(t engine.Turn) []string {
	facts := []string{string(t.Status)}
	if t.Reason != "" {
		facts = append(facts, oneline.Cut(t.Reason, 300))
	}
	if t.QueuePosition > 0 {
		facts = append(facts, fmt.Sprintf("number %d in line", t.QueuePosition))
	}
	if t.Restored {
		facts = append(facts, "with its transcript, which was gone, written back from the store")
	}
	if t.StartedAt != nil && t.EndedAt != nil {
		facts = append(facts, "after "+t.EndedAt.Sub(*t.StartedAt).Round(100*time.Millisecond).String())
	}
	if t.Status.Ended() {
		facts = append(facts, "cost "+strings.TrimPrefix(cost(t.Usage.Cost), "cost "))
	}
	return facts
}

// showDenials tells what was not allowed; next has the call that allows it.
func showDenials(b *strings.Builder, t engine.Turn) {
	if len(t.Denials) == 0 {
		return
	}
	fmt.Fprint(b, "\nDenied:\n")
	for i, d := range t.Denials {
		if i == maxDenials {
			fmt.Fprintf(b, "- and %d more\n", len(t.Denials)-maxDenials)
			break
		}
		fmt.Fprintf(b, "- %s %s", d.Tool, oneline.Cut(d.Input, 120))
		if d.Message != "" {
			fmt.Fprintf(b, ": %s", oneline.Cut(d.Message, 200))
		}
		fmt.Fprintln(b)
	}
}

// cost writes an amount as far as it is known.
func cost(c engine.Cost) string { return c.Text(dollars) }

// dollars writes an amount with as many digits as say something.
func dollars(usd float64) string {
	switch {
	case usd == 0:
		return "$0"
	case usd < 1:
		return fmt.Sprintf("$%.4f", usd)
	}
	return fmt.Sprintf("$%.2f", usd)
}
