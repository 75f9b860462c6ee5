package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// activity is when a session was last active: never before it was known to be.
func activity(s sessionstore.Session, told, otherwise time.Time) time.Time {
	if told.IsZero() {
		told = otherwise
	}
	if s.UpdatedAt.After(told) {
		return s.UpdatedAt
	}
	return told
}

// describe sets what a transcript tells of an imported session.
func (im *importer) describe(s *sessionstore.Session, state *importState, found agent.FoundTranscript) {
	sum := &state.Summary
	if s.Cwd == "" {
		s.Cwd = sum.Cwd
	}
	if sum.FirstPrompt != "" || isCommand(s.FirstPrompt) {
		s.FirstPrompt = sum.FirstPrompt
	}
	s.CostTotal = max(sum.Usage.CostUSD, s.CostTotal) // a process that rests has not saved its newest yet
	s.Usage = ownUsage(sum, state.Shared.Usage, s.CostTotal)
	if onlyGlanced(state) {
		s.Usage.CostBasis = sessionstore.CostUnknown
	}
	s.Inherited, s.Turns = usage(state.Shared.Usage), max(sum.Turns-state.Shared.Turns, 0)
	im.freshen(s, sum, found)
}

// onlyGlanced reports whether the tokens of a transcript are not known yet, nor
// a cost: a glance at a long one does not tell them.
func onlyGlanced(state *importState) bool {
	return state.Offset == 0 && state.Summary.Usage == (agent.Usage{})
}

// isCommand reports whether a prompt is a slash command, which may turn out to be
// none when its output is read.
func isCommand(prompt string) bool { return strings.HasPrefix(prompt, "/") }

// freshen sets what the newest part of a transcript tells of any session.
func (im *importer) freshen(s *sessionstore.Session, sum *agent.Summary, found agent.FoundTranscript) {
	if sum.LastPrompt != "" || isCommand(s.LastPrompt) && s.Origin == sessionstore.Imported {
		s.LastPrompt = sum.LastPrompt
	}
	if sum.LastAnswer != "" {
		s.LastResult = firstLines(sum.LastAnswer)
	}
	if sum.Last != "" {
		s.LastMessage = sum.Last
	}
	im.date(s, sum, found)
}

// date sets what is about the file of any session, also of one that only runs
// of ours have written.
func (im *importer) date(s *sessionstore.Session, sum *agent.Summary, found agent.FoundTranscript) {
	im.mu.Lock()
	expire := im.expire
	im.mu.Unlock()
	at := found.ModTime.Add(expire).UTC().Truncate(time.Second)
	s.ExpiresAt = &at
	if title := sum.Title(); title != "" {
		s.CLITitle = title
	}
	s.GitBranch, s.Model, s.ContextTokens = or(sum.GitBranch, s.GitBranch), or(sum.Model, s.Model), max(sum.Context, 0)
	if s.Status == sessionstore.Missing {
		s.Status, s.StatusReason = sessionstore.Idle, ""
	}
}

// retag takes over the tag that Claude Code gives a session, in the place of the
// one that it gave before. Those that were given here stay.
func retag(s *sessionstore.Session, before, now string) {
	if before == now {
		return
	}
	s.Tags = slices.DeleteFunc(slices.Clone(s.Tags), func(tag string) bool { return tag == before })
	if now != "" && !slices.Contains(s.Tags, now) {
		s.Tags = append(s.Tags, now)
	}
}

// remark takes over that a session was archived elsewhere, or no longer is,
// since it was known to be.
func remark(s *sessionstore.Session, before time.Time, found agent.FoundTranscript) {
	if found.Marked.IsZero() || found.Marked.Equal(before) {
		return
	}
	if archived, known := agent.Archived(found.Path); known {
		s.Archived = archived
	}
}
