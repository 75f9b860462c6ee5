package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// bench is a desk whose turns end when nothing is open any more. It counts the
// keys of what was begun.
type bench struct {
	*desk
	keys []string
}

func (b *bench) Start(ctx context.Context, _ engine.Call, req engine.StartRequest) (engine.Answer, error) {
	if !slices.Contains(b.keys, req.IdempotencyKey) {
		b.keys = append(b.keys, req.IdempotencyKey)
	}
	over := time.After(30 * time.Second)
	if req.WaitSeconds != nil {
		over = time.After(time.Duration(*req.WaitSeconds) * time.Second)
	}
	a := plainAnswer()
	for {
		b.mu.Lock()
		open, changed := len(b.open), b.changed
		b.mu.Unlock()
		if open == 0 {
			return a, nil
		}
		select {
		case <-changed:
		case <-over:
			a.Turn.EndedAt, a.Turn.Status = nil, "waiting"
			return a, nil
		case <-ctx.Done():
			return engine.Answer{}, ctx.Err()
		}
	}
}

func (b *bench) WaitFor(ctx context.Context, _ engine.Call, _ engine.WaitRequest) (engine.Waited, error) {
	_, err := b.Start(ctx, engine.Call{}, engine.StartRequest{IdempotencyKey: "none"})
	return engine.Waited{}, err
}

// modernCall calls a tool as clients do since 2026-07-28.
func modernCall(t *testing.T, srv *server.MCPServer, capabilities, tool, arguments, more string) (result mcp.CallToolResult, took time.Duration) {
	t.Helper()
	began := time.Now()
	line := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"new","version":"2"},"io.modelcontextprotocol/clientCapabilities":%s},"name":%q,"arguments":%s%s}}`, capabilities, tool, arguments, more)
	raw, err := json.Marshal(srv.HandleMessage(t.Context(), json.RawMessage(line)))
	if err != nil {
		t.Fatal(err)
	}
	var reply struct{ Result mcp.CallToolResult }
	if err := json.Unmarshal(raw, &reply); err != nil {
		t.Fatalf("reply %s: %v", raw, err)
	}
	return reply.Result, time.Since(began)
}

// retry is what goes with a call that answers a question.
func retry(t *testing.T, asked mcp.CallToolResult, answer string) string {
	t.Helper()
	if len(asked.InputRequests) != 1 {
		t.Fatalf("the call asks %d questions: %+v", len(asked.InputRequests), asked)
	}
	for id := range asked.InputRequests {
		return fmt.Sprintf(`,"inputResponses":{%q:%s},"requestState":%s`, id, answer, encode(asked.RequestState))
	}
	return ""
}

const forms = `{"elicitation":{}}`

func withBench(t *testing.T, do func(t *testing.T, b *bench, srv *server.MCPServer)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{desk: newDesk()}
		srv := NewServer(b, Options{})
		r := newRounds(b, Options{}.withDefaults().Log, newPerson(nil))
		srv.Use(r.middleware)
		do(t, b, srv)
	})
}

// TestRounds holds that a call which waits comes back with what its turn asks,
// and goes on with the answer: one turn is begun, and its result is the call's.
func TestRounds(t *testing.T) {
	withBench(t, func(t *testing.T, b *bench, srv *server.MCPServer) {
		b.put(permission("a"))
		b.put(permission("b"))
		const arguments = `{"prompt":"p","wait_seconds":45}`
		first, _ := modernCall(t, srv, forms, "start_session", arguments, "")
		if q := first.InputRequests["a"]; q.Elicitation == nil || !strings.Contains(q.Elicitation.Message, "touch x") {
			t.Fatalf("the first round gave %+v", first)
		}
		// Another call meanwhile asks nothing: one question at a time.
		if other, took := modernCall(t, srv, forms, "wait_for_session", `{"sessions":["main"]}`, ""); other.ResultType == mcp.ResultTypeInputRequired || took != 30*time.Second {
			t.Errorf("another call gave %+v after %v", other, took)
		}
		second, _ := modernCall(t, srv, forms, "start_session", arguments, retry(t, first, `{"action":"accept","content":{"decision":"allow"}}`))
		if second.InputRequests["b"].Elicitation == nil {
			t.Fatalf("the second round gave %+v", second)
		}
		time.Sleep(2 * time.Second)
		last, _ := modernCall(t, srv, forms, "start_session", arguments, retry(t, second, `{"action":"decline"}`))
		if last.ResultType == mcp.ResultTypeInputRequired || last.StructuredContent == nil || last.IsError {
			t.Errorf("the last round gave %+v", last)
		}
		if got, want := b.replied(), `["a allow  map[]" "b deny  map[]"]`; got != want || len(b.keys) != 2 { // one is that of the other call
			t.Errorf("replied %s, begun with %q; want %s, one key beside that of another call", got, b.keys, want)
		}
	})
}

// TestRoundsAreLeftOut holds where a call answers without a question, in its
// time: without forms, with nothing to wait for, and where the model wants to
// see the request itself.
func TestRoundsAreLeftOut(t *testing.T) {
	for name, c := range map[string]struct {
		capabilities, tool, arguments string
		longest                       time.Duration
	}{
		"no forms": {`{}`, "start_session", `{"prompt":"p"}`, 30 * time.Second},
		"no wait":  {forms, "start_session", `{"prompt":"p","wait_seconds":0}`, 0},
		"request":  {forms, "wait_for_session", `{"sessions":["main"],"for":"request"}`, 30 * time.Second},
		"other":    {forms, "get_session", `{"session":"main"}`, 0},
		"mistaken": {forms, "start_session", `{"promt":"p"}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			withBench(t, func(t *testing.T, b *bench, srv *server.MCPServer) {
				b.put(permission("a"))
				result, took := modernCall(t, srv, c.capabilities, c.tool, c.arguments, "")
				if result.ResultType == mcp.ResultTypeInputRequired || took > c.longest {
					t.Errorf("after %v: %+v", took, result)
				}
			})
		})
	}
}

// TestRoundsThatAreNotAnswered holds that a question is brought back once: what
// is put off, answered too fast, or settled elsewhere is left to others, and the
// call goes on.
func TestRoundsThatAreNotAnswered(t *testing.T) {
	const arguments = `{"sessions":["main"]}`
	for name, c := range map[string]struct {
		after  time.Duration
		answer string
		passed bool
	}{
		"put off":  {2 * time.Second, `{"action":"cancel"}`, false},
		"too fast": {time.Second / 2, `{"action":"accept","content":{"decision":"allow"}}`, true},
		"no words": {2 * time.Second, `null`, false},
	} {
		t.Run(name, func(t *testing.T) {
			withBench(t, func(t *testing.T, b *bench, srv *server.MCPServer) {
				b.put(permission("a"))
				asked, _ := modernCall(t, srv, forms, "wait_for_session", arguments, "")
				time.Sleep(c.after)
				result, took := modernCall(t, srv, forms, "wait_for_session", arguments, retry(t, asked, c.answer))
				if result.ResultType == mcp.ResultTypeInputRequired || took != 30*time.Second || len(b.replies) > 0 {
					t.Errorf("after %v: %+v, replied %s", took, result, b.replied())
				}
				b.put(permission("b"))
				result, _ = modernCall(t, srv, forms, "wait_for_session", arguments, "")
				if again := result.ResultType == mcp.ResultTypeInputRequired; again == c.passed {
					t.Errorf("it is asked again: %t", again)
				}
			})
		})
	}
	withBench(t, func(t *testing.T, b *bench, srv *server.MCPServer) {
		b.put(permission("a"))
		asked, _ := modernCall(t, srv, forms, "wait_for_session", arguments, "")
		time.Sleep(time.Minute)
		b.settle("a")
		result, took := modernCall(t, srv, forms, "wait_for_session", arguments, retry(t, asked, `{"action":"accept","content":{"decision":"allow"}}`))
		if result.IsError || took != 0 || len(b.replies) > 0 {
			t.Errorf("settled elsewhere: after %v, %+v, replied %s", took, result, b.replied())
		}
		if result, _ := modernCall(t, srv, forms, "wait_for_session", arguments, `,"requestState":"x"`); !result.IsError {
			t.Errorf("a state that is none gave %+v", result)
		}
	})
}

// TestRoundsEnd holds that one call does not ask without end: after maxRounds
// questions it answers as any other.
func TestRoundsEnd(t *testing.T) {
	withBench(t, func(t *testing.T, b *bench, srv *server.MCPServer) {
		for i := range maxRounds + 2 {
			b.put(permission(fmt.Sprint(i)))
		}
		const arguments = `{"sessions":["main"]}`
		result, took := modernCall(t, srv, forms, "wait_for_session", arguments, "")
		for range maxRounds {
			time.Sleep(2 * time.Second)
			result, took = modernCall(t, srv, forms, "wait_for_session", arguments, retry(t, result, `{"action":"cancel"}`))
		}
		if result.ResultType == mcp.ResultTypeInputRequired || took != 30*time.Second {
			t.Errorf("after %d questions came, after %v, %+v", maxRounds, took, result)
		}
	})
}
