package tools

import (
	"fmt"
	"strings"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

func interruptSession() tool {
	return define(spec[engine.InterruptRequest, engine.Interruption]{
		name:  "interrupt_session",
		title: "Stop what a Claude Code session does",
		description: `Stops the running turn of a session and keeps what was said until then; tools that are at work are ended, with the processes that they started.
Use it when a session goes the wrong way or takes too long. What the turn has changed in files stays. Prompts that wait in line begin at once then, unless drop_queue drops them. To give it another prompt in the same breath, call resume_session with if_busy "interrupt"; to tell it something without stopping it, with if_busy "steer".
That nothing runs is no error. The session can be resumed at once: with a prompt, or with continue: true.
Returns session, interrupted, turn (with what was said), dropped (ids of turns) and next.`,
		hints: hints{destructive: true, idempotent: true},
		call:  Sessions.Interrupt,
		bound: boundInterruption,
		show:  showInterruption,
	})
}

func boundInterruption(i engine.Interruption) engine.Interruption {
	a := boundAnswer(engine.Answer{Session: i.Session, Turn: i.Turn, Next: i.Next})
	i.Session, i.Turn, i.Next = a.Session, a.Turn, a.Next
	return i
}

func showInterruption(i engine.Interruption) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", headline(i.Session))
	if i.Turn != nil {
		showTurn(&b, i.Session, *i.Turn)
	}
	if n := len(i.Dropped); n > 0 {
		fmt.Fprintf(&b, "Dropped: %s that waited.\n", count(n, "turn"))
	}
	if i.Next != "" {
		fmt.Fprintf(&b, "\nNext: %s\n", i.Next)
	}
	return strings.TrimSpace(b.String())
}
