package tools

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// growing is a shredder with one session more to delete at every look.
type growing struct {
	shredder
	grows bool
}

func (g *growing) Delete(ctx context.Context, c engine.Call, req engine.DeleteRequest) (engine.Deletion, error) {
	if g.grows && !req.Confirm {
		g.total++
	}
	return g.shredder.Delete(ctx, c, req)
}

// TestDeletionIsConfirmedInRounds holds that a call of delete_sessions comes back
// with what it would delete, and deletes only on a yes to that which a person can
// have given.
func TestDeletionIsConfirmedInRounds(t *testing.T) {
	const yes = `{"action":"accept","content":{"confirm":true}}`
	for name, c := range map[string]struct {
		answer  string
		after   time.Duration
		grows   bool
		deleted bool
		again   bool // it asks again
	}{
		"yes":                    {yes, 2 * time.Second, false, true, false},
		"no":                     {`{"action":"decline"}`, 2 * time.Second, false, false, false},
		"too fast":               {yes, time.Second / 2, false, false, false},
		"nothing":                {`{"action":"cancel"}`, 2 * time.Second, false, false, false},
		"yes to something else ": {yes, 2 * time.Second, true, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &growing{shredder{total: 1}, c.grows}
				srv := NewServer(s, Options{})
				srv.Use(newRounds(s, Options{}.withDefaults().Log, newPerson(nil)).middleware)
				first := deletion(t, srv, "")
				time.Sleep(c.after)
				back := retry(t, first, c.answer)
				last := deletion(t, srv, back)
				if got := isDeleted(last); got != c.deleted || (last.ResultType == mcp.ResultTypeInputRequired) != c.again {
					t.Errorf("the answer made of it: %+v", last)
				}
				if isDeleted(deletion(t, srv, back)) {
					t.Error("an answer counted twice")
				}
			})
		})
	}
}

func deletion(t *testing.T, srv *server.MCPServer, more string) mcp.CallToolResult {
	t.Helper()
	result, _ := modernCall(t, srv, forms, "delete_sessions", `{"sessions":["main"]}`, more)
	return result
}

func isDeleted(r mcp.CallToolResult) bool {
	told, _ := r.StructuredContent.(map[string]any)
	return fmt.Sprint(told["deleted"]) == "true"
}
