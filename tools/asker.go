package tools

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// askWait is how many seconds the engine is asked to wait for a request.
const askWait = 30

// listsSince is the first version of the protocol whose forms have choices of
// several.
const listsSince = "2025-11-25"

// errSettled is told to a client whose answer comes too late.
var errSettled = errors.New("it was answered elsewhere, or is no longer needed")

// asker puts the requests of the turns that its client has begun to the person
// there, one after the other, from the first call on that may begin one. It
// holds nothing up: a request that the person leaves alone is open for everybody
// else, and when it is settled the client is told not to ask any more.
type asker struct {
	sessions Sessions
	log      *slog.Logger
	person   *person

	mu      sync.Mutex
	closed  bool
	stop    context.CancelFunc // nil until it has begun
	running sync.WaitGroup
}

// mayBegin are the tools whose calls may begin a turn.
var mayBegin = map[string]bool{"start_session": true, "resume_session": true, "fork_session": true}

// middleware notes the calls that may begin a turn, and gives calls the person
// at their client.
func (a *asker) middleware(next server.ToolHandlerFunc) server.ToolHandlerFunc {
	return func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		// Since 2026-07-28 a server sends no requests of its own.
		if server.IsModernRequest(ctx) || !elicits(ctx) {
			return next(ctx, req)
		}
		if mayBegin[req.Params.Name] {
			a.begin(engine.Call{Client: clientName(ctx)}, server.RequestProtocolVersion(ctx) >= listsSince)
		}
		return next(withPerson(ctx, a.person), req)
	}
}

func (a *asker) begin(call engine.Call, lists bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || a.stop != nil {
		return
	}
	var ctx context.Context
	ctx, a.stop = context.WithCancel(context.Background())
	a.running.Go(func() { a.run(ctx, call, lists) })
}

// close ends the asking and waits for that.
func (a *asker) close() {
	a.mu.Lock()
	a.closed = true
	if a.stop != nil {
		a.stop()
	}
	a.mu.Unlock()
	a.running.Wait()
}

// asking is a request that is put to the person now.
type asking struct {
	id   string
	stop context.CancelCauseFunc
	done chan struct{} // nil: nothing is asked
}

// run asks until ctx ends or the client is passed by.
func (a *asker) run(ctx context.Context, call engine.Call, lists bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	polls := make(chan []engine.Request)
	a.running.Go(func() { a.poll(ctx, polls) })
	var (
		open  []engine.Request
		asked = map[string]bool{}
		now   asking
	)
	for !a.person.passedBy() {
		select {
		case <-ctx.Done():
			return
		case open = <-polls:
			asked = stillOpen(asked, open)
			if now.done != nil && !asked[now.id] {
				now.stop(errSettled)
			}
		case <-now.done:
			now = asking{}
		}
		for _, r := range open {
			if now.done == nil && !asked[r.ID] {
				asked[r.ID] = true
				now = a.start(ctx, call, r, lists)
			}
		}
	}
}

// stillOpen are the requests of asked that are open.
func stillOpen(asked map[string]bool, open []engine.Request) map[string]bool {
	still := map[string]bool{}
	for _, r := range open {
		if asked[r.ID] {
			still[r.ID] = true
		}
	}
	return still
}

// poll sends the open requests of the client's turns, at first and with each
// change, until ctx ends.
func (a *asker) poll(ctx context.Context, polls chan<- []engine.Request) {
	var seq uint64
	for ctx.Err() == nil {
		open, err := a.sessions.Requests(ctx, engine.Call{}, engine.RequestsRequest{Mine: true, Since: seq, WaitSeconds: askWait})
		if err != nil {
			a.log.Debug("asking for requests", "error", err)
			pause(ctx, followPause)
			continue
		}
		seq = open.Seq
		select {
		case polls <- open.Requests:
		case <-ctx.Done():
		}
	}
}

func (a *asker) start(ctx context.Context, call engine.Call, r engine.Request, lists bool) asking {
	ctx, stop := context.WithCancelCause(ctx)
	now := asking{id: r.ID, stop: stop, done: make(chan struct{})}
	a.running.Go(func() {
		defer stop(nil)
		defer close(now.done)
		if err := a.ask(ctx, call, r, lists); err != nil {
			a.log.Info("a request is left to others", "request", r.ID, "reason", err)
		}
	})
	return now
}

// ask puts one request to the person and passes on what they say.
func (a *asker) ask(ctx context.Context, call engine.Call, r engine.Request, lists bool) error {
	f, ok := formOf(r, lists)
	if !ok {
		return errors.New("it has no form to fill in")
	}
	s, err := a.person.ask(ctx, f.params)
	if err != nil {
		return err
	}
	reply := engine.ReplyRequest{Session: r.SessionID, RequestID: r.ID}
	if err := f.fill(s, r, &reply); err != nil {
		return err
	}
	_, err = a.sessions.Reply(ctx, call, reply)
	return err
}

// fill makes what a person said an answer.
func (f form) fill(s said, r engine.Request, to *engine.ReplyRequest) error {
	switch s.Action {
	case mcp.ElicitationResponseActionAccept:
		return f.read(s.Content, to)
	case mcp.ElicitationResponseActionDecline:
		to.Decision = engine.Deny
		if r.Question {
			to.Message = unanswered
		}
		return nil
	}
	return errors.New("the person has put it off")
}
