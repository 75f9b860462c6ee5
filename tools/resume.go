package tools

import "github.com/claude-sessions/claude-sessions/internal/engine"

func resumeSession() tool {
	return define(spec[engine.ResumeRequest, engine.Answer]{
		name:  "resume_session",
		title: "Resume a Claude Code session",
		description: `Gives a session its next prompt and returns its answer.
The session goes on with its whole conversation, in its folder, with its settings: name only what is to change, and the change is kept. An empty value goes back to Claude Code's default.
After a turn that was cut off (a crash, an interrupt, a limit), continue: true in the place of a prompt goes on from where it stopped.
A session does one turn at a time: when it is at work, the prompt waits in line, unless if_busy says otherwise. One that somebody has open in a terminal is refused as busy: fork it instead.
Waits up to wait_seconds for the turn to end. If it takes longer, the answer says "running" (or "queued", with the position) and the turn goes on: wait_for_session gives its result. Do not send the prompt again.
Returns session, turn (result, error, denials, usage) and next. To try something without changing the session, use fork_session.`,
		hints: hints{destructive: true, openWorld: true},
		call:  Sessions.Resume,
		bound: boundAnswer,
		show:  showAnswer,
	})
}
