package tools

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// fake is a Sessions that remembers the last request and call, and answers
// with what its functions say, or with something plain where they are nil.
type fake struct {
	request any
	call    engine.Call

	start    func(context.Context, engine.Call) (engine.Answer, error)
	list     func() (engine.List, error)
	read     func() (engine.Transcript, error)
	get      func() (engine.Details, error)
	requests func(context.Context, engine.RequestsRequest) (engine.OpenRequests, error)
	wait     func() (engine.Waited, error)
	err      error // of what has no function of its own

	search func() (engine.SearchResult, error)
	// changes is called at once by all who follow.
	changes func(context.Context, engine.ChangesRequest) (engine.Changes, error)
}

func (f *fake) answer(ctx context.Context, call engine.Call, request any) (engine.Answer, error) {
	if f.start != nil {
		return f.start(ctx, call) // may run many times at once
	}
	f.request, f.call = request, call
	return plainAnswer(), nil
}

func (f *fake) Start(ctx context.Context, call engine.Call, req engine.StartRequest) (engine.Answer, error) {
	return f.answer(ctx, call, req)
}

func (f *fake) Resume(ctx context.Context, call engine.Call, req engine.ResumeRequest) (engine.Answer, error) {
	return f.answer(ctx, call, req)
}

func (f *fake) Fork(ctx context.Context, call engine.Call, req engine.ForkRequest) (engine.Answer, error) {
	return f.answer(ctx, call, req)
}

func (f *fake) List(_ context.Context, call engine.Call, req engine.ListRequest) (engine.List, error) {
	f.request, f.call = req, call
	if f.list != nil {
		return f.list()
	}
	return engine.List{}, nil
}

func (f *fake) Read(_ context.Context, call engine.Call, req engine.ReadRequest) (engine.Transcript, error) {
	f.request, f.call = req, call
	if f.read != nil {
		return f.read()
	}
	return engine.Transcript{}, nil
}

func (f *fake) Get(_ context.Context, call engine.Call, req engine.GetRequest) (engine.Details, error) {
	if f.get != nil {
		f.request, f.call = req, call
		return f.get()
	}
	if req.Session != "main" && req.Session != parentID {
		return engine.Details{}, engine.Errorf(engine.NotFound, "Look again.", "there is no session %q.", req.Session)
	}
	return engine.Details{Session: plainAnswer().Session}, nil
}

func (f *fake) Complete(_ context.Context, _ engine.Call, req engine.CompleteRequest) (engine.Completion, error) {
	return engine.Completion{Values: []string{req.Begun + map[bool]string{true: "-tag", false: "-session"}[req.Tag]}, More: true}, nil
}

func (f *fake) Search(_ context.Context, call engine.Call, req engine.SearchRequest) (engine.SearchResult, error) {
	f.request, f.call = req, call
	if f.search != nil {
		return f.search()
	}
	return engine.SearchResult{}, nil
}

func (f *fake) Changes(ctx context.Context, _ engine.Call, req engine.ChangesRequest) (engine.Changes, error) {
	if f.changes != nil {
		return f.changes(ctx, req)
	}
	return engine.Changes{Sessions: []engine.Row{}}, nil
}

func (f *fake) WaitFor(_ context.Context, call engine.Call, req engine.WaitRequest) (engine.Waited, error) {
	f.request, f.call = req, call
	if f.wait != nil {
		return f.wait()
	}
	return engine.Waited{}, nil
}

func (f *fake) Reply(_ context.Context, call engine.Call, req engine.ReplyRequest) (engine.Replied, error) {
	f.request, f.call = req, call
	return engine.Replied{Session: plainAnswer().Session, Request: engine.Request{Status: sessionstore.RequestAllowed}}, f.err
}

func (f *fake) Interrupt(_ context.Context, call engine.Call, req engine.InterruptRequest) (engine.Interruption, error) {
	f.request, f.call = req, call
	return engine.Interruption{Session: plainAnswer().Session, Interrupted: true}, f.err
}

func (f *fake) Requests(ctx context.Context, _ engine.Call, req engine.RequestsRequest) (engine.OpenRequests, error) {
	if f.requests != nil {
		return f.requests(ctx, req)
	}
	return engine.OpenRequests{Requests: []engine.Request{}}, f.err
}

func (f *fake) Update(_ context.Context, call engine.Call, req engine.UpdateRequest) (engine.Updated, error) {
	f.request, f.call = req, call
	return engine.Updated{Session: plainAnswer().Session, Changed: []string{"name"}}, f.err
}

func (f *fake) Delete(_ context.Context, call engine.Call, req engine.DeleteRequest) (engine.Deletion, error) {
	f.request, f.call = req, call
	return engine.Deletion{Sessions: []engine.Doomed{{ID: parentID, Status: sessionstore.Idle}}}, f.err
}

// failing is a fake whose every answer is err.
func failing(err error) *fake {
	return &fake{
		err:   err,
		start: func(context.Context, engine.Call) (engine.Answer, error) { return engine.Answer{}, err },
		list:  func() (engine.List, error) { return engine.List{}, err },
		read:  func() (engine.Transcript, error) { return engine.Transcript{}, err },
		get:   func() (engine.Details, error) { return engine.Details{}, err },
		wait:  func() (engine.Waited, error) { return engine.Waited{}, err },

		search: func() (engine.SearchResult, error) { return engine.SearchResult{}, err },
	}
}

const (
	parentID = "3f2a9c1e-5b7d-4c60-9a51-0d8e7f6a5b4c"
	childID  = "7b10d2f4-8c3e-4f19-b6a2-91e0c4d5f3a8"
	turnID   = "c0ffee00-1111-4222-8333-444455556666"
)

// plainAnswer is a completed turn of a session.
func plainAnswer() engine.Answer {
	started := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	ended := started.Add(12300 * time.Millisecond)
	usage := engine.Usage{InputTokens: 1200, OutputTokens: 80, Cost: engine.KnownCost(0.0123)}
	return engine.Answer{
		Session: engine.Session{
			ID: parentID, Name: "main", Title: "main", Status: sessionstore.Idle, Cwd: "/src/app", RootID: parentID,
			Usage: usage, Turns: 1, Origin: sessionstore.Managed, CreatedAt: started, UpdatedAt: ended,
		},
		Turn: &engine.Turn{
			ID: turnID, Prompt: "Count the files.", Status: sessionstore.TurnCompleted, Result: "There are 12 files.",
			QueuedAt: started, StartedAt: &started, EndedAt: &ended, Usage: usage, Client: "test 1.0",
		},
	}
}

// connect returns a client of a server for s that speaks the given version.
func connect(t *testing.T, s Sessions, o Options, version string) *client.Client {
	t.Helper()
	c, err := client.NewInProcessClient(NewServer(s, o))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var hello mcp.InitializeRequest
	hello.Params.ProtocolVersion = version
	hello.Params.ClientInfo = mcp.Implementation{Name: "tester", Version: "1.2"}
	if _, err := c.Initialize(t.Context(), hello); err != nil {
		t.Fatal(err)
	}
	if got := c.ProtocolVersion(); got != version {
		t.Fatalf("negotiated protocol %s, want %s", got, version)
	}
	return c
}

// use calls a tool. arguments is JSON; "" leaves them out.
func use(t *testing.T, c *client.Client, tool, arguments string) *mcp.CallToolResult {
	t.Helper()
	var req mcp.CallToolRequest
	req.Params.Name = tool
	if arguments != "" {
		req.Params.Arguments = json.RawMessage(arguments)
	}
	result, err := c.CallTool(t.Context(), req)
	if err != nil {
		t.Fatalf("calling %s: %v", tool, err)
	}
	return result
}

// text returns the text of a result.
func text(t *testing.T, r *mcp.CallToolResult) string {
	t.Helper()
	if len(r.Content) != 1 {
		t.Fatalf("result has %d contents, want 1", len(r.Content))
	}
	return r.Content[0].(mcp.TextContent).Text
}

// structured reads the structured content of a result into v.
func structured(t *testing.T, r *mcp.CallToolResult, v any) {
	t.Helper()
	raw, err := json.Marshal(r.StructuredContent)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatalf("reading structured content %s: %v", raw, err)
	}
}

// failureOf returns the error that a result is.
func failureOf(t *testing.T, r *mcp.CallToolResult) *engine.Error {
	t.Helper()
	var f failure
	structured(t, r, &f)
	if !r.IsError || f.Error == nil {
		t.Fatalf("result is no error: %v", r.StructuredContent)
	}
	if got := text(t, r); got != f.Error.Error() {
		t.Errorf("text of the error is %q, want %q", got, f.Error.Error())
	}
	return f.Error
}
