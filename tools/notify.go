package tools

import (
	"context"
	"encoding/json"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// notifier sends a notification to the client of a call.
type notifier func(method string, params map[string]any)

type notifierKey struct{}

// withNotifier makes calls of tools use n. The protocol library writes
// notifications from a goroutine of its own, and tells not when: a result then
// overtakes its progress.
func withNotifier(n notifier) server.ToolHandlerMiddleware {
	return func(next server.ToolHandlerFunc) server.ToolHandlerFunc {
		return func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return next(context.WithValue(ctx, notifierKey{}, n), req)
		}
	}
}

// notifierOf is the notifier of a call: the one that Serve gave it, else the
// library's own, in which a full channel loses what is sent; nil without a client.
func notifierOf(ctx context.Context) notifier {
	if n, ok := ctx.Value(notifierKey{}).(notifier); ok {
		return n
	}
	srv := server.ServerFromContext(ctx)
	if srv == nil || server.ClientSessionFromContext(ctx) == nil {
		return nil
	}
	return func(method string, params map[string]any) {
		_ = srv.SendNotificationToClient(ctx, method, params)
	}
}

// notify writes a notification; it is on its way when notify returns.
func (c *conn) notify(method string, params map[string]any) {
	line, err := json.Marshal(map[string]any{"jsonrpc": mcp.JSONRPC_VERSION, "method": method, "params": params})
	if err != nil {
		return // params are plain data
	}
	_, _ = c.Write(append(line, '\n')) // that the client is gone is noted there
}
