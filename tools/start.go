package tools

import (
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

func startSession() tool {
	return define(spec[engine.StartRequest, engine.Answer]{
		name:  "start_session",
		title: "Start a Claude Code session",
		description: `Starts a new Claude Code session with a first prompt and returns its answer.
Use it to hand a task to a separate agent that works in a folder with its own conversation; it knows nothing of yours, so the prompt must stand on its own. Give a name to call the session by later.
With from_session it begins with a summary of that session, which an archived fork of it is asked for first (and pays for): for one whose context is nearly full.
Waits up to wait_seconds for the turn to end. If it takes longer, the answer says "running" (or "queued") and the turn goes on: wait_for_session gives its result. Do not start it again.
Tools that the permissions do not allow are denied and listed in the answer. allowed_tools and permission_mode allow more; the settings stay with the session.
Returns session, turn (result, error, denials, usage) and next. Go on with resume_session; try an alternative with fork_session.`,
		hints: hints{destructive: true, openWorld: true},
		tune: func(in *jsonschema.Schema) {
			in.Properties["permission_mode"].Default = encode("default")
		},
		call:  Sessions.Start,
		bound: boundAnswer,
		show:  showAnswer,
	})
}
