package tools

import (
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

func listSessions() tool {
	return define(spec[engine.ListRequest, engine.List]{
		name:  "list_sessions",
		title: "List Claude Code sessions",
		description: `Lists all Claude Code sessions of this machine, newest first, with status, turns, cost and title: those made here, and (origin imported) those of terminals and editors.
Use it to find a session and, with view "tree", to see which was forked from which. To wait for a turn, use wait_for_session instead of calling this again. Filters are combined: a session must fit all of them. Archived sessions are left out unless asked for.
Returns one page (about 100 tokens a session), the total, and next_cursor if there is more: give it as cursor, with the same filters, for the next page. The shortened ids in the text can be given to every tool.
In a tree, a row with context true does not fit the filters itself but a fork below it does.`,
		hints: hints{readOnly: true, idempotent: true},
		call:  Sessions.List,
		bound: boundList,
		show:  func(l engine.List) string { return showList(l, time.Now()) },
	})
}
