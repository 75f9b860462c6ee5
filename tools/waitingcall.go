package tools

import (
	"encoding/json"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// waitingCall is a call that waits for turns to end.
type waitingCall struct {
	req       mcp.CallToolRequest
	arguments map[string]json.RawMessage
	begins    bool // it begins the turn that it waits for
}

// parseWaiting is false for calls that wait for nothing, or for a request to be
// told of it.
func parseWaiting(req mcp.CallToolRequest) (waitingCall, bool) {
	c := waitingCall{req: req, begins: mayBegin[req.Params.Name]}
	if !c.begins && req.Params.Name != "wait_for_session" || json.Unmarshal(arguments(req), &c.arguments) != nil || c.arguments == nil {
		return c, false
	}
	return c, c.text("wait_seconds") != "0" && (c.text("for") == "" || c.text("for") == string(encode(engine.ForTurnEnd)))
}

func (c waitingCall) text(name string) string { return string(c.arguments[name]) }

// keyOr is the call's own idempotency key, or another.
func (c waitingCall) keyOr(other string) string {
	var key string
	if json.Unmarshal(c.arguments["idempotency_key"], &key) != nil || key == "" {
		return other
	}
	return key
}

// with is the call with an argument set, which later ones keep.
func (c *waitingCall) with(name string, value any) mcp.CallToolRequest {
	c.arguments[name] = encode(value)
	req := c.req
	req.Params.RawArguments, req.Params.Arguments = encode(c.arguments), nil
	return req
}
