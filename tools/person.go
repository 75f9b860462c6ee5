package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// tooFast is the time in which no person has read a question: what answers
// within it is a program.
const tooFast = time.Second

// errTooFast is why a client is not asked any more.
var errTooFast = errors.New("the client answers faster than a person could, and is not asked any more")

// person is whoever sits at a client that has declared elicitation. They are
// asked one thing at a time. A client that answers for them, which shows in
// answers that come too fast, is passed by from then on: its answers count for
// nothing. It is safe to use at once.
type person struct {
	// send is the protocol's elicitation/create; the time is how long after it
	// was sent its answer came, 0 if none did.
	send func(ctx context.Context, p mcp.ElicitationParams) (json.RawMessage, time.Duration, error)

	turn chan struct{} // holds a token while something is asked

	mu     sync.Mutex
	passed bool
}

func newPerson(o *outbox) *person {
	return &person{
		send: func(ctx context.Context, p mcp.ElicitationParams) (json.RawMessage, time.Duration, error) {
			return o.request(ctx, mcp.MethodElicitationCreate, p)
		},
		turn: make(chan struct{}, 1),
	}
}

// said is what a person answered.
type said struct {
	Action  mcp.ElicitationResponseAction
	Content map[string]any // with accept
}

// ask asks for as long as ctx lasts. There is no answer if it ends, if the
// client has an error for it, or answers itself.
func (p *person) ask(ctx context.Context, params mcp.ElicitationParams) (said, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return said{}, ctx.Err()
	}
	if p.passedBy() {
		return said{}, errTooFast
	}
	raw, took, err := p.send(ctx, params)
	if took > 0 && p.tooFast(took) {
		return said{}, errTooFast
	}
	if err != nil {
		return said{}, err
	}
	var s said
	if err := json.Unmarshal(raw, &s); err != nil {
		return said{}, fmt.Errorf("the client's answer to an elicitation: %w", err)
	}
	return s, nil
}

// tooFast notes an answer, and tells whether it counts for nothing.
func (p *person) tooFast(took time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.passed = p.passed || took < tooFast
	return p.passed
}

func (p *person) passedBy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.passed
}

// elicits tells whether the client of a call has declared elicitation with
// forms. One that names no mode has those.
func elicits(ctx context.Context) bool {
	var c mcp.ClientCapabilities
	if info := server.RequestProtocolInfoFromContext(ctx); info != nil && info.Modern {
		c = *info.ClientCapabilities // it is there: the library refuses a request without
	} else if s, ok := server.ClientSessionFromContext(ctx).(server.SessionWithClientInfo); ok {
		c = s.GetClientCapabilities()
	}
	e := c.Elicitation
	return e != nil && (e.Form != nil || e.URL == nil)
}
