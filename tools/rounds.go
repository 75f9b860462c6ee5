package tools

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// maxRounds is how many questions one call brings back at most. Clients count,
// too, and give a call up that asks more often than they like.
const maxRounds = 8

// rounds asks the person at a client that takes no requests of ours. Since
// 2026-07-28 a call which needs something comes back with the question, and the
// client calls again with the answer. So a call that waits for turns brings back
// what a turn of this client asks meanwhile, whichever it is, each question once
// and one at a time. Nothing is begun twice: the calls of all rounds have the
// same idempotency key.
type rounds struct {
	sessions  Sessions
	log       *slog.Logger
	person    *person
	questions *questions

	mu    sync.Mutex
	asked map[string]time.Time // open requests that were brought back, and when
	out   string               // the one whose answer is awaited
}

// round is what a client gives back with an answer. It gives no right that its
// sender has not: it could answer the request, and repeat the call, without.
type round struct {
	Key     string `json:"key,omitempty"` // idempotency key of the call
	Request string `json:"request,omitempty"`
	Count   int    `json:"count,omitempty"`
}

func newRounds(s Sessions, log *slog.Logger, p *person) *rounds {
	return &rounds{sessions: s, log: log, person: p, questions: &questions{person: p}}
}

func (r *rounds) middleware(next server.ToolHandlerFunc) server.ToolHandlerFunc {
	return func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		var now round
		if state := req.Params.RequestState; state != "" && json.Unmarshal([]byte(state), &now) != nil {
			return errorResult(invalid("Give requestState back as it came.", "the requestState of the call is not of this server.")), nil
		}
		if !server.IsModernRequest(ctx) || !elicits(ctx) {
			return next(ctx, req)
		}
		call, ok := parseWaiting(req)
		if !ok {
			return r.questions.middleware(ctx, req, now, next)
		}
		if now.Request != "" {
			if err := r.answer(ctx, now.Request, req); err != nil {
				r.log.Info("a request is left to others", "request", now.Request, "reason", err)
			}
		}
		if call.begins {
			if now.Key == "" {
				now.Key = call.keyOr("round-" + uuid.NewString())
			}
			req = call.with("idempotency_key", now.Key)
			result, err := next(ctx, call.with("wait_seconds", 0))
			if err != nil || !goesOn(result) {
				return result, err
			}
		}
		if now.Count >= maxRounds || r.person.passedBy() {
			return next(ctx, req)
		}
		return r.wait(ctx, req, now, next)
	}
}

// goesOn tells whether the turn of a call that was acknowledged has not ended.
func goesOn(result *mcp.CallToolResult) bool {
	if result == nil || result.IsError {
		return false
	}
	a, ok := result.StructuredContent.(engine.Answer)
	return ok && a.Turn != nil && a.Turn.EndedAt == nil
}

// wait carries out a call until it is answered, or comes back with a question.
func (r *rounds) wait(ctx context.Context, req mcp.CallToolRequest, now round, next server.ToolHandlerFunc) (*mcp.CallToolResult, error) {
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	var found *engine.Request
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		if found = r.take(waiting); found != nil {
			stop()
		}
	}()
	result, err := next(waiting, req)
	stop()
	<-looked
	if found == nil {
		return result, err
	}
	if err != nil || ctx.Err() != nil || !result.IsError {
		r.putBack(found.ID)
		return result, err
	}
	return r.bring(*found, now), nil
}

// take returns an open request that is to be asked next, or nil when ctx ends.
func (r *rounds) take(ctx context.Context) *engine.Request {
	var seq uint64
	for ctx.Err() == nil {
		open, err := r.sessions.Requests(ctx, engine.Call{}, engine.RequestsRequest{Mine: true, Since: seq, WaitSeconds: askWait})
		if err != nil {
			r.log.Debug("asking for requests", "error", err)
			pause(ctx, followPause)
			continue
		}
		seq = open.Seq
		if q := r.choose(open.Requests); q != nil {
			return q
		}
	}
	return nil
}

func (r *rounds) choose(open []engine.Request) *engine.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	still, outStill := map[string]time.Time{}, false
	var first *engine.Request
	for _, q := range open {
		if at, ok := r.asked[q.ID]; ok {
			still[q.ID] = at
			outStill = outStill || q.ID == r.out
		} else if _, ok := formOf(q, true); ok && first == nil {
			first = &q
		}
	}
	r.asked = still
	if outStill || first == nil {
		return nil
	}
	r.asked[first.ID], r.out = time.Time{}, first.ID
	return first
}

func (r *rounds) putBack(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.asked, id)
	r.out = ""
}

// bring is the result that asks.
func (r *rounds) bring(q engine.Request, now round) *mcp.CallToolResult {
	f, _ := formOf(q, true) // it has one: see choose
	now.Request = q.ID
	now.Count++
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked[q.ID] = time.Now()
	return server.NewInputRequestBuilder(string(encode(now))).Elicit(q.ID, f.params).ToolResult()
}

// answer passes on what came back for a request.
func (r *rounds) answer(ctx context.Context, id string, req mcp.CallToolRequest) error {
	r.mu.Lock()
	at, known := r.asked[id]
	if r.out == id {
		r.out = ""
	}
	r.mu.Unlock()
	if known && r.person.tooFast(time.Since(at)) {
		return errTooFast
	}
	e := server.ElicitationResponse(req.Params.InputResponses, id)
	if e == nil {
		return errors.New("the call has no answer to it")
	}
	open, err := r.sessions.Requests(ctx, engine.Call{}, engine.RequestsRequest{Mine: true})
	if err != nil {
		return err
	}
	content, _ := e.Content.(map[string]any)
	for _, q := range open.Requests {
		f, ok := formOf(q, true)
		if q.ID != id || !ok {
			continue
		}
		reply := engine.ReplyRequest{Session: q.SessionID, RequestID: id}
		if err := f.fill(said{e.Action, content}, q, &reply); err != nil {
			return err
		}
		_, err := r.sessions.Reply(ctx, engine.Call{Client: clientName(ctx)}, reply)
		return err
	}
	return errSettled
}
