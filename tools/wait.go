package tools

import (
	"fmt"
	"slices"
	"strings"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

func waitForSession() tool {
	return define(spec[engine.WaitRequest, engine.Waited]{
		name:  "wait_for_session",
		title: "Wait for Claude Code sessions",
		description: `Waits until a turn of one of several sessions ends (or until each has ended one), and returns what came of it.
Use it after start_session, resume_session or fork_session said "running" or "queued": no polling, no tokens spent meanwhile. With until "all" it gathers the results of sessions that work in parallel. With for "request" it also returns when a session asks a person something (then call answer_request); with for "change" when anything changes.
A session that does nothing ends the wait at once, with its last turn. Sessions at work in a terminal are waited for, too.
Waits up to wait_seconds. If nothing has happened by then the answer says so (timed_out), which is no error: the sessions go on, and you call it again. Waiting costs nothing and stops nothing.
Returns for each session happened (turn_end, idle, request, change, deleted, nothing), status, turn (result, error, denials), requests, and next.`,
		hints: hints{readOnly: true, idempotent: true},
		call:  Sessions.WaitFor,
		bound: boundWaited,
		show:  showWaited,
	})
}

// boundWaited shares what an answer may hold among its sessions.
func boundWaited(w engine.Waited) engine.Waited {
	list := make([]engine.WaitedSession, len(w.Sessions)) // an empty list, not null
	for i, s := range w.Sessions {
		list[i] = boundWaitedSession(s, max(1, len(w.Sessions)))
	}
	w.Next = nextOfWaited(w, maxResult)
	w.Sessions = list
	return w
}

// nextOfWaited is what to call next, and how to read the results of which only a
// share of so many bytes is told.
func nextOfWaited(w engine.Waited, limit int) string {
	var cut []engine.WaitedSession
	for _, s := range w.Sessions {
		if s.Turn != nil && len(s.Turn.Result) > share(limit, len(w.Sessions)) {
			cut = append(cut, s)
		}
	}
	next := w.Next
	if len(cut) > 0 {
		s := cut[0]
		next += " " + restOfResult(engine.Session{ID: s.ID, Name: s.Name}, share(limit, len(w.Sessions)), len(s.Turn.Result))
	}
	if len(cut) > 1 {
		next += " Others are cut, too: the same with their sessions, max_tokens being 0.4 of their bytes."
	}
	return strings.TrimSpace(next)
}

// boundWaitedSession cuts a session to its share of an answer about so many.
func boundWaitedSession(s engine.WaitedSession, among int) engine.WaitedSession {
	for _, text := range []*string{&s.Title, &s.StatusReason, &s.LastWords, &s.LastResult} {
		*text = oneline.Cut(*text, share(maxEcho, among))
	}
	s.Requests = slices.Clone(s.Requests[:min(len(s.Requests), max(1, maxDenials/among))])
	for i := range s.Requests {
		if len(s.Requests[i].Input) > maxInputsShown/among/len(s.Requests) {
			s.Requests[i].Input = nil
		}
	}
	if s.Turn != nil {
		t := *s.Turn
		t.Prompt = oneline.Cut(t.Prompt, share(maxEcho, among))
		t.Result = cutBytes(t.Result, share(maxResult, among))
		t.Denials = slices.Clone(t.Denials[:min(len(t.Denials), max(1, maxDenials/among))])
		for i := range t.Denials {
			d := &t.Denials[i]
			d.Input, d.Message = oneline.Cut(d.Input, share(maxEcho, among)), oneline.Cut(d.Message, share(maxEcho, among))
		}
		s.Turn = &t
	}
	return s
}

// share is what each of so many gets of a limit, in bytes; a little at least.
func share(limit, among int) int { return max(60, limit/among) }

// showWaited is w as text: what has happened first, then what goes on.
func showWaited(w engine.Waited) string {
	var b strings.Builder
	if w.TimedOut {
		fmt.Fprint(&b, "The time is over; what goes on goes on without you.\n")
	}
	for _, happened := range []bool{true, false} {
		for _, s := range w.Sessions {
			if (s.Happened != engine.HappenedNothing) == happened {
				showWaitedSession(&b, s, len(w.Sessions))
			}
		}
	}
	if next := nextOfWaited(w, maxTextResult); next != "" {
		fmt.Fprintf(&b, "\nNext: %s\n", next)
	}
	return strings.TrimSpace(b.String())
}

func showWaitedSession(b *strings.Builder, s engine.WaitedSession, among int) {
	if s.Happened == engine.HappenedDeleted {
		fmt.Fprintf(b, "\n%s (%s) was deleted.\n", oneline.Cut(s.Title, 80), s.ID)
		return
	}
	line := fmt.Sprintf("%s (%s): %s", oneline.Cut(s.Title, 80), s.ID, s.Status)
	if s.StatusReason != "" {
		line += ", " + oneline.Cut(s.StatusReason, 200)
	}
	switch {
	case len(s.Changed) > 0:
		line += "; changed: " + strings.Join(s.Changed, ", ")
	case s.Queued > 0:
		line += fmt.Sprintf("; %s in line", count(s.Queued, "turn"))
	}
	fmt.Fprintf(b, "\n%s\n", line)
	if s.Turn != nil {
		showWaitedTurn(b, s, among)
	}
	if s.LastWords != "" {
		fmt.Fprintf(b, "It said last: %s\n", oneline.Cut(s.LastWords, share(maxEcho, among)))
	}
	if s.LastResult != "" {
		fmt.Fprintf(b, "Its last answer begins: %s\n", oneline.Cut(s.LastResult, share(maxEcho, among)))
	}
	showRequests(b, s.Requests)
}

func showWaitedTurn(b *strings.Builder, s engine.WaitedSession, among int) {
	t := *s.Turn
	t.Reason = "" // the headline has it
	fmt.Fprintf(b, "Turn %s: %s\n", t.ID, strings.Join(ownTurnFacts(t), ", "))
	if t.Error != nil {
		fmt.Fprintf(b, "Error %s: %s\n", t.Error.Code, cutBytes(t.Error.Message, maxEcho))
	}
	if t.Result != "" {
		fmt.Fprintf(b, "\n%s%s\n", resultLabel(t), cutBytes(t.Result, share(maxTextResult, among)))
	}
	for _, d := range t.Denials[:min(len(t.Denials), 3)] {
		fmt.Fprintf(b, "Denied: %s %s\n", d.Tool, oneline.Cut(d.Input, 120))
	}
}
