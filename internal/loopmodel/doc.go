// Package loopmodel is a scripted stand-in for the Anthropic Messages API on
// loopback. With it the real Claude Code CLI runs with no account and no
// network, and answers what the test or the demo wants. It is no part of the
// product: only tests and the demo use it.
//
// [Start] opens the server, [Env] is the environment for a child that must
// talk to it and must not touch the user's own settings.
//
// # The script is the prompt
//
// Lines of a user's prompt that begin with "!" and a small letter are
// directives; other lines are text. A script is cut into steps: a step is what
// one request to the model gets as its answer, and it ends after a !tool or at
// the end of the script.
//
//	!say TEXT            a line of the answer
//	!sayfile PATH        what a file holds, as lines of the answer
//	!partial TEXT        a line of the answer that is streamed at once, before
//	                     the directives that follow
//	!think TEXT          a thinking block, streamed at once
//	!recall              one line for each prompt of the conversation that the
//	                     model was sent, oldest first: "1. …", "2. …"
//	!tool NAME {JSON}    call a tool; the next step follows its result. Without
//	                     JSON the input is {}
//	!also NAME {JSON}    call a tool in the same answer as the !tool that
//	                     follows, streamed at once
//	!delay DURATION      wait (Go syntax: 300ms, 2s)
//	!hold NAME           wait until Release(NAME), or POST /loop/release
//	!waitfile PATH       wait until the file exists
//	!status CODE [xN] [MESSAGE]
//	                     answer with that HTTP error (400 to 599); with xN only
//	                     the first N times that this server meets this line of
//	                     this prompt. After a !partial or !think it is an error
//	                     event in the stream. Claude Code asks again after most
//	                     errors, after a 400 up to five times
//	!tokens IN OUT       the usage to report for this step (default 1000 and 100)
//	!header NAME VALUE   a header of the HTTP answer, also of an error; the
//	                     value +DURATION is that time from now, in seconds
//	                     since 1970
//
// Directives run in the order in which they stand, except that the lines of
// !say, !sayfile and !recall are gathered and streamed at the end of the step, and
// !tokens and !header hold for their whole step wherever they stand. A step with nothing to
// say and no tool answers "Done.", and so does a request for which no step is
// left. A directive that cannot be read is answered with HTTP 400 and the
// reason.
//
// A prompt that says "Call the same tool with the very same input again" has the
// script of the one before it. A prompt without directives is answered
//
//	You said: "FIRST LINE" (prompt N of this conversation).
//
// # State
//
// Which step is due follows from the request alone: it is the number of
// assistant messages since the turn began. So a script goes on where it was
// after a resume, in a fork, and with another server. Only the counts of
// "!status … xN" and the released names live in the server.
//
// A turn begins with a user's prompt that is not the company of a tool result.
// What comes while a tool runs is folded into the turn: its directives stand
// after those that the turn already had. An interrupt ends a turn. What Claude
// Code adds to a conversation by itself (reminders, notes of interrupts and of
// its own commands) is no prompt.
//
// Requests that are no part of a conversation (a title to be made, a check of
// a model's name, a summary for a compacted conversation) get a short fixed
// answer, whatever the script says, and are marked [Request.Side].
//
// # From another process
//
//	GET  /loop/requests           all requests so far, a JSON array of Request
//	POST /loop/release?name=NAME  what Release does
//	GET  /loop/held?name=NAME     what Held does; 404 when none came in time
//
// Everything is safe to call from several goroutines at once.
package loopmodel
