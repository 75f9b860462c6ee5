package tools

import (
	"context"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// Sessions is all that the tools need: an engine in this process, or one
// behind a socket. Every error is an *engine.Error.
type Sessions interface {
	Start(ctx context.Context, call engine.Call, req engine.StartRequest) (engine.Answer, error)
	Resume(ctx context.Context, call engine.Call, req engine.ResumeRequest) (engine.Answer, error)
	Fork(ctx context.Context, call engine.Call, req engine.ForkRequest) (engine.Answer, error)
	List(ctx context.Context, call engine.Call, req engine.ListRequest) (engine.List, error)
	Get(ctx context.Context, call engine.Call, req engine.GetRequest) (engine.Details, error)
	Read(ctx context.Context, call engine.Call, req engine.ReadRequest) (engine.Transcript, error)
	Complete(ctx context.Context, call engine.Call, req engine.CompleteRequest) (engine.Completion, error)
	Search(ctx context.Context, call engine.Call, req engine.SearchRequest) (engine.SearchResult, error)
	Changes(ctx context.Context, call engine.Call, req engine.ChangesRequest) (engine.Changes, error)
	WaitFor(ctx context.Context, call engine.Call, req engine.WaitRequest) (engine.Waited, error)
	Interrupt(ctx context.Context, call engine.Call, req engine.InterruptRequest) (engine.Interruption, error)
	Reply(ctx context.Context, call engine.Call, req engine.ReplyRequest) (engine.Replied, error)
	Requests(ctx context.Context, call engine.Call, req engine.RequestsRequest) (engine.OpenRequests, error)
	Update(ctx context.Context, call engine.Call, req engine.UpdateRequest) (engine.Updated, error)
	Delete(ctx context.Context, call engine.Call, req engine.DeleteRequest) (engine.Deletion, error)
}
