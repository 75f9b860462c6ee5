// Package fakeclaude is a fake Claude Code CLI for tests. It speaks the CLI's
// stream-json, asks for permissions, writes and resumes transcripts and exits
// as the real one does, as far as a driver can see, but a prompt is a script
// that says what happens, and it starts in a few milliseconds.
//
// The fake is run from the test binary itself: [Active] tells TestMain that
// the process is to be the fake, [Main] is the fake, and [Command] makes the
// program to be given as the claude binary, or to be put on PATH ([Install]).
// A testscript suite may also map the command "claude" to Main; with the race
// detector such a fake takes a second to exit, that of Install does not.
//
//	func TestMain(m *testing.M) {
//		if fakeclaude.Active() {
//			os.Exit(fakeclaude.Main())
//		}
//		os.Exit(m.Run())
//	}
//
// It imports nothing of this module, so that it is an independent witness of
// how Claude Code behaves: what is here was measured with version 2.1.330.
//
// # The script is the prompt
//
// Lines of a prompt that begin with "!" and a small letter are directives;
// other lines are text. They mean what they mean to package loopmodel, so that
// a story reads alike with the fake and with the real CLI. A step is what one
// request to the model would get as its answer: it ends after a !tool or at the
// end of the script.
//
//	!say TEXT            a line of the answer
//	!partial TEXT        a line of the answer, streamed at once; an interrupt keeps it
//	!think TEXT          a thinking block
//	!recall              one line for each prompt of the conversation: "1. …", "2. …"
//	!tool NAME {JSON}    use a tool: Write, Edit, Read, Bash and AskUserQuestion work
//	!delay DURATION      wait (Go syntax: 300ms, 2s)
//	!hold NAME           create NAME.held in the folder [GatesVar], wait for NAME there
//	!waitfile PATH       wait until the file exists
//	!status CODE [xN] [MESSAGE]
//	                     the API answers with that error, N times or for ever; 400,
//	                     403, 404 and 413 end the turn, others are tried again up
//	                     to ten times with delays that grow from 50 ms
//	!tokens IN OUT       the usage of this step (default 1000 and 100)
//	!header NAME VALUE   a header of the API's answer; the value +DURATION is that
//	                     time from now. Known are anthropic-ratelimit-unified-…
//	                     (status, reset, representative-claim, 5h-utilization),
//	                     which lead to a rate_limit_event, and retry-after
//
// These the fake has alone:
//
//	!touch PATH          create the file, to tell the test how far the turn is
//	!big N               a line of N bytes in the answer
//	!folded              wait for another prompt and fold it into this turn; one
//	                     that a tool has folded already counts
//	!later GATE SCRIPT   once there is such a gate in [GatesVar], begin a turn by
//	                     itself with that script, whose lines are parted by "; ";
//	                     for GATE set_model, when the model is changed
//	!late                hold back the turn's mirror frames until after its result
//	!clear               leave the session for a new one, as /clear does
//	!garbage             print lines that no driver knows, and go on
//	!stderr N            print N bytes on stderr
//	!ignoreterm          from now on SIGTERM does nothing
//	!grandchild [DURATION]
//	                     leave a process in a session of its own that holds the
//	                     inherited pipes and the environment (default 60s)
//	!exit N              exit at once with the status
//	!kill                SIGKILL to itself
//	!torn                print half a line and SIGKILL to itself
//
// A directive that cannot be read ends the turn with "API Error: 400" and the
// reason. A step with nothing to say answers "Done."; a prompt that says "Call the
// same tool with the very same input again" has the script of the one before it;
// a prompt without directives is answered
//
//	You said: "FIRST LINE" (prompt N of this conversation).
//
// # What differs from the real CLI
//
// Entries of type attachment (but for prompts folded into a turn), mode of a
// resumed session, atis-latch, tools-used, file-history-snapshot and api-request
// are not written. Mirror frames are written at once, where the real CLI gathers
// them for up to 100 ms. The list of tools, the descriptions of commands and the
// price of a token ($4 a million in, $20 out, whatever the model) are invented.
// Sub-agents, compaction, hooks, MCP servers, structured output and session
// titles are left out. A project folder's name is not brought to NFC first.
package fakeclaude
