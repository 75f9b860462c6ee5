package tools

import (
	"fmt"
	"strings"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

func answerRequest() tool {
	return define(spec[engine.ReplyRequest, engine.Replied]{
		name:  "answer_request",
		title: "Answer a Claude Code session's request",
		description: `Answers what a session asks a person: whether it may use a tool, or a question.
Use it when a session is "waiting": get_session and wait_for_session show the request, with what the tool is about to do (the command, the diff). Decide as the person whom you work for would want it; when in doubt, ask them. Only allow what you understand: the tool runs in the session's folder with the person's rights.
decision allow lets it be used this once; allow_always also adds the rule that Claude Code suggests ("always" in the request) to the session's settings; deny refuses, and message tells the model what to do instead. For a question give answers: each question's text with the label that is chosen, or words of your own.
The first answer counts, whoever gives it: later ones are a conflict that says who was first. A request that nobody answers is denied after a time (expires_at).
Returns session, the request as it ended, and next.`,
		hints: hints{destructive: true, openWorld: true},
		call:  Sessions.Reply,
		bound: boundReplied,
		show:  showReplied,
	})
}

func boundReplied(r engine.Replied) engine.Replied {
	r.Session = boundAnswer(engine.Answer{Session: r.Session}).Session
	r.Request.Detail = "" // who answers has seen it
	return r
}

func showReplied(r engine.Replied) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s: %s\n", headline(r.Session), r.Request.Status, oneline.Cut(r.Request.Summary, 200))
	if r.Added != "" {
		fmt.Fprintf(&b, "Added to the session's settings: %s\n", r.Added)
	}
	if r.Next != "" {
		fmt.Fprintf(&b, "\nNext: %s\n", r.Next)
	}
	return strings.TrimSpace(b.String())
}
