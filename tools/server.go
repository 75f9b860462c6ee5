package tools

import (
	"encoding/json"
	"log/slog"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Options adjusts a server. The zero Options works.
type Options struct {
	Version string       // of this program, told to clients; "" is "dev"
	Log     *slog.Logger // panics, inner errors and faults of the transport; nil: nowhere
}

// withDefaults returns o with every field set.
func (o Options) withDefaults() Options {
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// NewServer returns an MCP server with all tools of the registry and all
// resources, served by s.
// It is bound to no transport; Serve binds it to a pair of streams.
func NewServer(s Sessions, o Options) *server.MCPServer {
	o = o.withDefaults()
	return newServer(s, o, newFollower(s, o.Log))
}

// newServer makes the server whose clients f tells of changes.
func newServer(s Sessions, o Options, f *follower) *server.MCPServer {
	r := resources{s, o.Log}
	hooks := &server.Hooks{}
	hooks.AddAfterListResources(r.list)
	f.hooks(hooks)
	srv := server.NewMCPServer("claude-sessions", o.Version,
		server.WithTitle("Claude Sessions"),
		server.WithInstructions(instructions),
		server.WithToolCapabilities(false),
		server.WithResourceCapabilities(true, false),
		server.WithCompletions(),
		server.WithResourceCompletionProvider(r),
		server.WithHooks(hooks),
	)
	for _, t := range registry() {
		srv.AddTool(t.definition(), t.handler(s, o.Log))
	}
	r.addTo(srv)
	return srv
}

// definition is the tool as clients see it in tools/list.
func (t tool) definition() mcp.Tool {
	var out json.RawMessage
	if t.out != nil {
		out = encode(t.out)
	}
	return mcp.Tool{
		Name:            t.name,
		Title:           t.title,
		Description:     t.description,
		RawInputSchema:  encode(t.in),
		RawOutputSchema: out,
		Annotations: mcp.ToolAnnotation{
			Title:           t.title,
			ReadOnlyHint:    &t.hints.readOnly,
			DestructiveHint: &t.hints.destructive,
			IdempotentHint:  &t.hints.idempotent,
			OpenWorldHint:   &t.hints.openWorld,
		},
	}
}

// instructions tell a model how the tools work together. Clients cut them at
// 2 KB.
const instructions = `Claude Sessions runs Claude Code sessions for you: separate agents, each with its own conversation, folder and settings, which are remembered and can be resumed and forked at any time.

How to use it:
- start_session begins a session with a first prompt. Give it a name, so that you can call it by that name later.
- resume_session gives a session its next prompt. Its settings (model, permissions, …) are kept; name only what is to change.
- fork_session copies a session's conversation into a new session, to try something else from there. The parent is not changed. Without a prompt a fork costs nothing.
- wait_for_session waits for the end of a turn, of one or several sessions. get_session looks in on one at work.
- list_sessions finds sessions; view "tree" shows forks below their parents. search_sessions finds what was said; read_transcript reads it.

What to know:
- A session works in its folder with real tools: it can read and change files and run commands there, as far as its permissions allow. Status "waiting" means that it asks for a permission, or a question: your user may be asked directly; else ask them, and call answer_request. What was denied is listed in the answer.
- Calls answer within wait_seconds (default 30, at most 45). A turn that takes longer goes on by itself: the status is then "running" or "queued", which is no error. Call wait_for_session for its result; do not send the prompt again.
- Wherever a session is asked for, give its name, its id, or a unique prefix (4 or more characters) of its id.
- One session does one turn at a time. Further prompts wait in line (if_busy). To work in parallel, start or fork several sessions.
- A session knows nothing of your conversation: write prompts that stand on their own.
- A call whose answer was lost can be repeated with the same idempotency_key, if it had one: nothing is done twice.
- "next" in an answer says what to call now. An error has a code, what happened, and what to do.`
