package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// askPrefix begins the ids of our requests to the client. The library's own
// are numbers.
const askPrefix = "ask-"

// errLeft is why a request has no answer of a client that is gone.
var errLeft = errors.New("the client is gone")

// outbox holds the requests of ours that the client has not answered. The
// library can send one, but not take it back. It is safe to use at once.
type outbox struct {
	write func(line []byte) (int, error)

	mu   sync.Mutex
	last int
	open map[string]chan clientReply
}

// clientReply is what the client answered.
type clientReply struct {
	Result json.RawMessage
	Error  *struct {
		Code    int
		Message string
	}
	came time.Time
}

func newOutbox(write func([]byte) (int, error)) *outbox {
	return &outbox{write: write, open: map[string]chan clientReply{}}
}

// request sends a request and returns the result, and how long after it was
// sent that came: more than 0, also where the client answers with an error. When ctx
// ends first, the client is told that nobody waits for its answer any more.
func (o *outbox) request(ctx context.Context, method mcp.MCPMethod, params any) (json.RawMessage, time.Duration, error) {
	id, answers := o.begin()
	defer o.end(id)
	if err := o.send(map[string]any{"id": id, "method": method, "params": params}); err != nil {
		return nil, 0, err
	}
	sent := time.Now()
	select {
	case r := <-answers:
		took := max(r.came.Sub(sent), 1) // it may have come already above
		if r.Error != nil {
			return nil, took, fmt.Errorf("the client answers %s with error %d: %s", method, r.Error.Code, r.Error.Message)
		}
		return r.Result, took, nil
	case <-ctx.Done():
		_ = o.send(map[string]any{"method": "notifications/cancelled", "params": map[string]any{
			"requestId": id, "reason": context.Cause(ctx).Error(),
		}})
		return nil, 0, ctx.Err()
	}
}

func (o *outbox) begin() (string, <-chan clientReply) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last++
	id := fmt.Sprint(askPrefix, o.last)
	answers := make(chan clientReply, 1)
	o.open[id] = answers
	return id, answers
}

func (o *outbox) end(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.open, id)
}

func (o *outbox) send(m map[string]any) error {
	m["jsonrpc"] = mcp.JSONRPC_VERSION
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if _, err := o.write(append(line, '\n')); err != nil {
		return errLeft
	}
	return nil
}

// take takes a line that answers one of our requests, maybe one that nobody
// waits for any more. It is false for all others.
func (o *outbox) take(m message, line []byte) bool {
	id, ok := m.ID.(string)
	if !ok || m.Method != "" || !strings.HasPrefix(id, askPrefix) {
		return false
	}
	r := clientReply{came: time.Now()}
	if err := json.Unmarshal(line, &r); err != nil {
		return true // as good as none
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if answers := o.open[id]; answers != nil {
		answers <- r
		delete(o.open, id)
	}
	return true
}
