package engine

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/anypath"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// view is a session as callers see it: the record, and what its run does at
// this moment.
func (e *Engine) view(s sessionstore.Session) Session {
	status, reason := e.now(s)
	return Session{
		ID: s.ID, Name: s.Name, Title: oneline.Shorten(s.Title(), maxName), Tags: s.Tags, Note: s.Note,
		Status: status, StatusReason: reason, Cwd: s.Cwd, Project: anypath.Base(s.Cwd),
		ParentID: s.ParentID, ForkedAt: s.ForkedAt, ForkVerified: s.ForkVerified, RootID: s.RootID,
		FromSession: s.FromID, SummarySession: s.SummaryID, SummaryCost: summaryCost(e.costOf(s.SummaryID)),
		Settings: shown(s.Settings), Usage: viewUsage(s.Usage), InheritedUsage: viewUsage(s.Inherited), Turns: s.Turns,
		Origin: s.Origin, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
		LastPrompt: s.LastPrompt, LastResult: s.LastResult, ExpiresAt: s.ExpiresAt, Archived: s.Archived,
		GitBranch: s.GitBranch, Model: s.Model, ContextTokens: s.ContextTokens, ContextWindow: e.window(s), SubAgents: s.SubAgents,
	}
}

// window is how many tokens the context of the session's model holds; 0: no
// model has answered yet.
func (e *Engine) window(s sessionstore.Session) int64 {
	return cmp.Or(e.logins.window(s.Model), agent.ContextWindow(s.Model))
}

// shown are the settings without what may be secret: of MCP servers only their
// names are told.
func shown(s sessionstore.Settings) sessionstore.Settings {
	var servers map[string]json.RawMessage
	if json.Unmarshal(s.MCPServers, &servers) != nil {
		return s
	}
	s = s.Clone()
	for name := range servers {
		servers[name] = json.RawMessage(`{}`)
	}
	s.MCPServers, _ = json.Marshal(servers) // plain data
	return s
}

// now is a session's status and the reason for it, with what is too short-lived
// to be stored.
func (e *Engine) now(s sessionstore.Session) (sessionstore.Status, string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.sessions[s.ID]
	if l == nil || l.status() == "" {
		return s.Status, s.StatusReason
	}
	if l.running == nil {
		return s.Status, e.waitingFor(l, l.queue[0])
	}
	if l.running.activity == "" {
		return s.Status, s.StatusReason
	}
	return s.Status, l.running.activity
}

func (e *Engine) viewTurn(t sessionstore.Turn) Turn {
	v := Turn{
		ID: t.ID, Prompt: t.Prompt, Status: t.Status, Reason: t.Reason, Result: t.Result, Error: t.Error,
		QueuedAt: t.QueuedAt, StartedAt: timeOrNil(t.StartedAt), EndedAt: timeOrNil(t.EndedAt),
		Usage: viewUsage(t.Usage), Denials: t.Denials, Client: t.Client, FoldedInto: t.FoldedInto, Restored: t.Restored,
		Limits: turnLimits(t),
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	j, l := e.jobs[t.ID], e.sessions[t.SessionID]
	switch {
	case j == nil || l == nil || t.Status.Ended():
	case j.taken:
		v.Reason = j.activity
	default:
		v.Reason, v.QueuePosition = e.waitingFor(l, j), e.position(l, j)
	}
	return v
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// next says what to call now, and how to allow what was denied.
func next(s Session, t Turn) string {
	if !t.Status.Ended() || len(t.Denials) == 0 {
		return nextCall(s, t)
	}
	if t.Status == sessionstore.TurnCompleted {
		return allowDenied(s, t)
	}
	return nextCall(s, t) + " " + allowDenied(s, t)
}

func nextCall(s Session, t Turn) string {
	switch t.Status {
	case sessionstore.TurnQueued, sessionstore.TurnRunning, sessionstore.TurnWaiting:
		return "The turn goes on without you. Call wait_for_session with sessions [" + strconv.Quote(reference(s)) + "] to wait for its result."
	case sessionstore.TurnFailed:
		if cutOff(t.Status, t.Error) {
			return "Mend what the error names, then call resume_session with continue: true to go on from where the turn was cut off."
		}
		return "Mend what the error names, then call resume_session again."
	case sessionstore.TurnInterrupted:
		return "Call resume_session with continue: true to go on from where the turn was cut off, or with another prompt. read_transcript shows what it did until then."
	}
	return "Call resume_session to go on, or fork_session to try something else from here."
}

// nextRequest says how to answer what a session waits for.
func nextRequest(s Session, r Request) string {
	what, with := "It waits for permission to use "+r.Tool+".", "a decision"
	if r.Question {
		what, with = "It waits for an answer to a question.", "answers"
	}
	return fmt.Sprintf("%s Call answer_request with session %q, request_id %q and %s.", what, reference(s), r.ID, with)
}

// reference is what a session is best called by.
func reference(s Session) string {
	if s.Name != "" {
		return s.Name
	}
	return s.ID[:min(len(s.ID), 8)]
}

// firstLines is what a session's record keeps of a result.
func firstLines(s string) string {
	lines := strings.SplitN(strings.TrimSpace(s), "\n", 6)
	return oneline.Shorten(strings.Join(lines[:min(len(lines), 5)], "\n"), keptText)
}
