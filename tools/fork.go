package tools

import "github.com/claude-sessions/claude-sessions/internal/engine"

func forkSession() tool {
	return define(spec[engine.ForkRequest, engine.Answer]{
		name:  "fork_session",
		title: "Fork a Claude Code session",
		description: `Makes a new session that begins as a copy of another session's conversation; that one is not changed.
Use it to try alternatives from one point, or to ask something on the side. Fork several times to work on several ways at once. The copy is of the conversation, not of the files: give each fork a cwd of its own if they are to change files.
Without a prompt the fork exists at once and costs nothing. With one, its first turn is run, and the copy is verified after it. at forks after an earlier turn or message.
The fork takes over the settings and tags of its parent: name only what is to differ. Waits up to wait_seconds for the turn to end; a longer one goes on, and wait_for_session gives its result (of several forks at once with until "all").
Returns session (with parent_id and forked_at), turn if there was a prompt, and next. Go on with resume_session; see the tree with list_sessions, view "tree".`,
		hints: hints{destructive: true, openWorld: true},
		call:  Sessions.Fork,
		bound: boundAnswer,
		show:  showAnswer,
	})
}
