package tools

import (
	"context"
	"encoding/json"
	"log/slog"
	"runtime/debug"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// registry lists all tools, in the order of the README. A new tool is a new
// file with a function like these, and a line here.
func registry() []tool {
	return []tool{
		startSession(),
		resumeSession(),
		forkSession(),
		listSessions(),
		getSession(),
		waitForSession(),
		answerRequest(),
		interruptSession(),
		updateSession(),
		deleteSessions(),
		readTranscript(),
		searchSessions(),
	}
}

// tool is one entry of the registry, without the types of its arguments.
type tool struct {
	name, title, description string

	hints   hints
	in, out *jsonschema.Schema // out is nil for one whose answer may be text alone
	answer  func(ctx context.Context, s Sessions, call engine.Call, arguments json.RawMessage) (*mcp.CallToolResult, error)
}

// hints are MCP's annotations. All four are always told, as their defaults in
// the protocol are not false.
type hints struct{ readOnly, destructive, idempotent, openWorld bool }

// spec is what makes a tool: words, and three functions.
type spec[In, Out any] struct {
	name        string // verb_noun
	title       string // for people
	description string // first sentence: what it does; under 2 KB
	hints       hints

	// tune changes the input schema; may be nil.
	tune func(in *jsonschema.Schema)
	// call is a method of Sessions.
	call func(s Sessions, ctx context.Context, call engine.Call, in In) (Out, error)
	// bound cuts what is too long for an answer.
	bound func(Out) Out
	// show is the answer as text, short. It gets it uncut.
	show func(Out) string
	// plain tells that an answer is its text alone; nil: none is. It is for long
	// texts: hosts give a model the structured content and drop the text, or
	// the other way round, or give it both, so that what stands in one of the two
	// is missed and what stands in both is paid for twice. MCP lets a tool leave
	// the structured content out only if it has no output schema.
	plain func(Out) bool
}

// define makes the tool of a spec, with schemas derived from In and Out.
func define[In, Out any](sp spec[In, Out]) tool {
	in := inputSchema[In]()
	if sp.tune != nil {
		sp.tune(in)
	}
	var out *jsonschema.Schema
	if sp.plain == nil {
		out = outputSchema[Out]()
	}
	return tool{
		name: sp.name, title: sp.title, description: sp.description,
		hints: sp.hints, in: in, out: out,
		answer: func(ctx context.Context, s Sessions, call engine.Call, arguments json.RawMessage) (*mcp.CallToolResult, error) {
			var req In
			if err := decode(sp.name, in, arguments, &req); err != nil {
				return nil, err
			}
			out, err := sp.call(s, ctx, call, req)
			if err != nil {
				return nil, err
			}
			if sp.plain != nil && sp.plain(out) {
				return mcp.NewToolResultText(sp.show(out)), nil
			}
			return mcp.NewToolResultStructured(sp.bound(out), sp.show(out)), nil
		},
	}
}

// handler serves the tool. It never returns an error: what goes wrong is a
// result that the model can read.
func (t tool) handler(s Sessions, log *slog.Logger) server.ToolHandlerFunc {
	return func(ctx context.Context, req mcp.CallToolRequest) (result *mcp.CallToolResult, _ error) {
		defer func() {
			if p := recover(); p != nil {
				log.Error("panic in a tool", "tool", t.name, "panic", p, "stack", string(debug.Stack()))
				result = errorResult(engine.AsError(errPanic))
			}
		}()
		p := startProgress(ctx, req)
		defer p.stop()
		result, err := t.answer(ctx, s, engine.Call{Client: clientName(ctx), OnProgress: p.callback()}, arguments(req))
		if err != nil {
			e := asError(err)
			if e.Code == engine.Internal {
				log.Error("a tool failed inside", "tool", t.name, "error", err, "cause", e.Unwrap())
			}
			return errorResult(e), nil
		}
		return result, nil
	}
}

// arguments returns the arguments of req as they came.
func arguments(req mcp.CallToolRequest) json.RawMessage {
	if len(req.Params.RawArguments) > 0 {
		return req.Params.RawArguments
	}
	raw, err := json.Marshal(req.Params.Arguments)
	if err != nil {
		return nil
	}
	return raw
}

// clientName tells which program calls: "name version" as it introduced
// itself, in the request or, before 2026-07-28, in the handshake.
func clientName(ctx context.Context) string {
	var c mcp.Implementation
	if s, ok := server.ClientSessionFromContext(ctx).(server.SessionWithClientInfo); ok {
		c = s.GetClientInfo()
	}
	if info := server.RequestProtocolInfoFromContext(ctx); info != nil && info.ClientInfo != nil {
		c = *info.ClientInfo
	}
	switch {
	case c.Name == "":
		return "unknown"
	case c.Version == "":
		return c.Name
	}
	return c.Name + " " + c.Version
}
