package tools

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// errBroughtBack is why a question has no answer yet.
var errBroughtBack = errors.New("the call comes back with its question")

// questions keeps what calls brought back that need a person's yes, until they
// come again with it. It is the way of clients since 2026-07-28; see rounds.
type questions struct {
	person *person

	mu   sync.Mutex
	open map[string]question
}

type question struct {
	message string
	at      time.Time
}

// maxOpen is how many questions are kept whose calls did not come again. An
// answer to one that is not kept any more counts for nothing.
const maxOpen = 100

// middleware carries out a call that may ask. r is what came back with it.
func (q *questions) middleware(ctx context.Context, req mcp.CallToolRequest, r round, next server.ToolHandlerFunc) (*mcp.CallToolResult, error) {
	if r.Count >= maxRounds || q.person.passedBy() {
		return next(ctx, req)
	}
	a := &answered{}
	if r.Request != "" {
		a = q.take(r.Request, req)
	}
	result, err := next(withPerson(ctx, a), req)
	if err != nil || result.IsError || a.asks == nil || q.person.passedBy() {
		return result, err
	}
	r.Request, r.Count = "confirm-"+uuid.NewString(), r.Count+1
	q.keep(r.Request, a.asks.Message)
	return server.NewInputRequestBuilder(string(encode(r))).Elicit(r.Request, *a.asks).ToolResult(), nil
}

func (q *questions) keep(id, message string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open == nil || len(q.open) >= maxOpen {
		q.open = map[string]question{}
	}
	q.open[id] = question{message, time.Now()}
}

// take is the answer to a question, which counts once.
func (q *questions) take(id string, req mcp.CallToolRequest) *answered {
	q.mu.Lock()
	asked, known := q.open[id]
	delete(q.open, id)
	q.mu.Unlock()
	e := server.ElicitationResponse(req.Params.InputResponses, id)
	if !known || e == nil || q.person.tooFast(time.Since(asked.at)) {
		return &answered{}
	}
	content, _ := e.Content.(map[string]any)
	return &answered{to: asked.message, said: &said{e.Action, content}}
}

// answered is the person of a call that brings its question back. What they
// said is an answer to what they were shown, and to nothing else.
type answered struct {
	to   string
	said *said                  // nil: nothing that counts
	asks *mcp.ElicitationParams // what is to be brought back
}

func (a *answered) ask(_ context.Context, p mcp.ElicitationParams) (said, error) {
	if a.said != nil && a.to == p.Message {
		return *a.said, nil
	}
	a.asks = &p
	return said{}, errBroughtBack
}
