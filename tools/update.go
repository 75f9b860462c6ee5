package tools

import (
	"fmt"
	"strings"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

func updateSession() tool {
	return define(spec[engine.UpdateRequest, engine.Updated]{
		name:  "update_session",
		title: "Change a Claude Code session",
		description: `Changes what a session is called and how it is kept (name, title, tags, note, archived), or its settings, without giving it a prompt.
Name only what is to change; an empty value takes something away or goes back to Claude Code's default. Settings hold from the next prompt on and are inherited by forks made later; a new model or permission_mode reaches a turn that runs at once, and the answer says whether Claude Code took it. append_system_prompt cannot be changed.
It costs nothing and can be repeated. The place of the session in lists stays: they are ordered by when it was last active.
Returns session, changed (what made a difference), live (what a running turn makes of it) and next.`,
		hints: hints{idempotent: true},
		call:  Sessions.Update,
		bound: boundUpdated,
		show:  showUpdated,
	})
}

func boundUpdated(u engine.Updated) engine.Updated {
	u.Session = boundAnswer(engine.Answer{Session: u.Session}).Session
	if u.Changed == nil {
		u.Changed = []string{} // an empty list, not null
	}
	return u
}

func showUpdated(u engine.Updated) string {
	var b strings.Builder
	fmt.Fprintln(&b, headline(u.Session))
	if len(u.Changed) > 0 {
		fmt.Fprintf(&b, "Changed: %s.\n", strings.Join(u.Changed, ", "))
	}
	for _, sentence := range u.Live {
		fmt.Fprintln(&b, oneline.Cut(sentence, 400))
	}
	if u.Next != "" {
		fmt.Fprintf(&b, "\nNext: %s\n", u.Next)
	}
	return strings.TrimSpace(b.String())
}
