package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// typed is a line that is written as the user's.
func typed(uuid, parent, text string) string {
	return fmt.Sprintf(`{"type":"user","uuid":%q,"parentUuid":%q,"timestamp":%q,"message":{"role":"user","content":%q}}`, uuid, parent, dawn.Format("2006-01-02T15:04:05Z"), text)
}

// A slash command is a turn until its output shows that the model was not asked.
func TestImportedCommandIsTakenBack(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	path := p.path(elsewhereA)
	p.terminal(path, typed("c", "", "<command-name>/new-thing</command-name>"))
	s := p.awaits("the command", elsewhereA, turns(1))
	if s.FirstPrompt != "/new-thing" || s.Title() != "/new-thing" {
		t.Errorf("it is %+v", s)
	}
	p.terminal(path, typed("o", "c", "<local-command-stdout>Done</local-command-stdout>"))
	s = p.awaits("its output", elsewhereA, turns(0))
	if s.FirstPrompt != "" || s.LastPrompt != "" || s.Title() != "" {
		t.Errorf("it is then %+v", s)
	}
	p.settled(c.Engine)
}

// What others add to a session of ours is counted once, also where its lines
// come in two parts, and not at all where it asks the model nothing.
func TestOutsideIsCountedOnce(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	a := start(t, c, "one\n!say 1", 30)
	id := a.Session.ID
	s := p.awaits("its turn", id, func(s sessionstore.Session) bool { return s.Turns == 1 && s.ExpiresAt != nil })
	path := agent.TranscriptPath(s.ConfigDir, s.Cwd, id, "")
	two := turnLines(2, 2, s.LastMessage, "two", "2")
	p.terminal(path, two...)
	s = p.awaits("the turn of elsewhere", id, turns(2))
	before := s.Usage.InputTokens
	p.terminal(path, strings.Replace(two[len(two)-1], `"uuid":"a2"`, `"uuid":"b2"`, 1)) // another part of the answer
	s = p.awaits("the other part", id, func(s sessionstore.Session) bool { return s.LastMessage == "b2" })
	if s.Usage.InputTokens != before {
		t.Errorf("a message in two parts has %d tokens more", s.Usage.InputTokens-before)
	}
	p.terminal(path, typed("c", "b2", "<command-name>/new-thing</command-name>"))
	p.awaits("the command", id, turns(3))
	p.terminal(path, typed("o", "c", "<local-command-stdout>Done</local-command-stdout>"), typed("x", "o", "<bash-input>ls</bash-input>"))
	s = p.awaits("its output", id, turns(2))
	if s.LastPrompt != "two" {
		t.Errorf("the last prompt is %q", s.LastPrompt)
	}
	p.settled(c.Engine)
}

// A fork's own tokens are what it has beside its parent's messages, also where
// both have copies of these.
func TestForkWithCopiesOfMessages(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	one, two := turnLines(1, 1, "", "one", "1"), turnLines(2, 2, "a1", "two", "2")
	again := func(uuid string, line string) string {
		return strings.Replace(line, `"uuid":"a2"`, `"uuid":"`+uuid+`"`, 1)
	}
	p.terminal(p.path(elsewhereA), slices.Concat([]string{begun(0)}, one, two, []string{again("x2", two[len(two)-1])})...)
	p.terminal(p.path(elsewhereB), slices.Concat([]string{begun(10)}, one, two, []string{again("y2", two[len(two)-1])}, turnLines(4, 11, "a2", "four", "4"))...)
	e := p.client(Config{}).Engine
	p.awaits("the fork", elsewhereB, func(s sessionstore.Session) bool { return s.ParentID != "" })
	p.settled(e)
	a, b := p.session(elsewhereA), p.session(elsewhereB)
	if a.Usage.InputTokens != 200 || b.Usage.InputTokens != 100 || b.Inherited.InputTokens != 200 || b.Turns != 1 {
		t.Errorf("the parent has %d tokens; the fork %d, %d inherited, and %d turns", a.Usage.InputTokens, b.Usage.InputTokens, b.Inherited.InputTokens, b.Turns)
	}
}
