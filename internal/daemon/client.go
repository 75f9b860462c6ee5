package daemon

import (
	"context"
	"errors"
	"log/slog"
	"os/exec"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// ClientOptions say whose engine a Client uses. DataDir is needed.
type ClientOptions struct {
	DataDir string        // as DataDir returned it
	Version string        // told to the engine
	Build   string        // a number that grows from build to build; an engine of a lower one is replaced when nothing runs
	Caller  engine.Caller // goes with every call; held in memory only
	// Spawn returns the command that runs Serve for DataDir, not yet started
	// and not bound to ctx: the engine outlives its client. Client sets its
	// folder, standard streams and attributes. A nil Spawn starts no engine.
	Spawn func(ctx context.Context) (*exec.Cmd, error)
	Log   *slog.Logger // nil logs nothing
	// CallLimit bounds a call in all, whatever happens; 0 is 50 seconds, which is
	// a little more than a call may wait for its turn.
	CallLimit time.Duration
}

const (
	// patience is how long a call waits for an engine: at first, and after
	// the one that it used was lost.
	patience = 30 * time.Second
	// maxTries bounds how often a call is sent: it may be what kills engines.
	maxTries = 4
	// answerMargin is how much longer than it may wait for its turn a call
	// may take in all. Hosts give up after 60 seconds.
	answerMargin = 5 * time.Second
)

// Client has the methods of an engine that lives in a process of its own. It
// finds the engine, or starts one, when a call needs it, and again when that
// engine is gone; calls then take longer and are carried out once all the same.
//
// All errors are *engine.Error: besides the engine's own, unavailable when no
// engine can be had, and timeout or interrupted when ctx ended first.
// A Client is safe for use by several goroutines.
type Client struct {
	ClientOptions
	life context.Context // ends with Close
	end  context.CancelFunc

	turn chan struct{} // holds a token of whoever uses conn
	conn *conn         // nil before the first call
}

// NewClient returns a Client and does nothing else: the first call connects.
func NewClient(o ClientOptions) *Client {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.CallLimit == 0 {
		o.CallLimit = engine.MaxWaitSeconds*time.Second + answerMargin
	}
	life, end := context.WithCancel(context.Background())
	return &Client{ClientOptions: o, life: life, end: end, turn: make(chan struct{}, 1)}
}

// Dial returns a Client that is connected.
func Dial(ctx context.Context, o ClientOptions) (*Client, error) {
	c := NewClient(o)
	err := c.persist(ctx, func(context.Context, *conn) error { return nil })
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close ends the calls in flight and tells the engine that this client is
// gone. The turns that it began go on. It returns nil.
func (c *Client) Close() error {
	c.end()
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	if c.conn != nil {
		c.conn.close()
	}
	return nil
}

// Start makes a new session and its first turn.
func (c *Client) Start(ctx context.Context, call engine.Call, req engine.StartRequest) (engine.Answer, error) {
	req.IdempotencyKey = keyOr(req.IdempotencyKey)
	wait := req.WaitSeconds
	return send[engine.StartRequest, engine.Answer](ctx, c, pathStart, call, func(spent time.Duration) engine.StartRequest {
		req.WaitSeconds = waitLeft(wait, spent)
		return req
	})
}

// Resume adds a turn to a session.
func (c *Client) Resume(ctx context.Context, call engine.Call, req engine.ResumeRequest) (engine.Answer, error) {
	req.IdempotencyKey = keyOr(req.IdempotencyKey)
	wait := req.WaitSeconds
	return send[engine.ResumeRequest, engine.Answer](ctx, c, pathResume, call, func(spent time.Duration) engine.ResumeRequest {
		req.WaitSeconds = waitLeft(wait, spent)
		return req
	})
}

// Fork makes a new session that begins as a copy of another one.
func (c *Client) Fork(ctx context.Context, call engine.Call, req engine.ForkRequest) (engine.Answer, error) {
	req.IdempotencyKey = keyOr(req.IdempotencyKey)
	wait := req.WaitSeconds
	return send[engine.ForkRequest, engine.Answer](ctx, c, pathFork, call, func(spent time.Duration) engine.ForkRequest {
		req.WaitSeconds = waitLeft(wait, spent)
		return req
	})
}

// List returns a page of sessions.
func (c *Client) List(ctx context.Context, call engine.Call, req engine.ListRequest) (engine.List, error) {
	return send[engine.ListRequest, engine.List](ctx, c, pathList, call, func(time.Duration) engine.ListRequest { return req })
}

// Get tells all about a session as it is now.
func (c *Client) Get(ctx context.Context, call engine.Call, req engine.GetRequest) (engine.Details, error) {
	return send[engine.GetRequest, engine.Details](ctx, c, pathGet, call, func(time.Duration) engine.GetRequest { return req })
}

// Complete tells how what somebody is typing may go on.
func (c *Client) Complete(ctx context.Context, call engine.Call, req engine.CompleteRequest) (engine.Completion, error) {
	return send[engine.CompleteRequest, engine.Completion](ctx, c, pathComplete, call, func(time.Duration) engine.CompleteRequest { return req })
}

// Read returns a page of a session's transcript.
func (c *Client) Read(ctx context.Context, call engine.Call, req engine.ReadRequest) (engine.Transcript, error) {
	return send[engine.ReadRequest, engine.Transcript](ctx, c, pathRead, call, func(time.Duration) engine.ReadRequest { return req })
}

// Lines returns a part of a transcript as Claude Code wrote it.
func (c *Client) Lines(ctx context.Context, call engine.Call, req engine.LinesRequest) (engine.Lines, error) {
	return send[engine.LinesRequest, engine.Lines](ctx, c, pathLines, call, func(time.Duration) engine.LinesRequest { return req })
}

// Changes tells what has changed since a time, and can wait for it. It keeps
// no engine from making room for a newer build.
func (c *Client) Changes(ctx context.Context, call engine.Call, req engine.ChangesRequest) (engine.Changes, error) {
	return send[engine.ChangesRequest, engine.Changes](ctx, c, pathChanges, call, func(time.Duration) engine.ChangesRequest { return req })
}

// Interrupt stops the running turn of a session.
func (c *Client) Interrupt(ctx context.Context, call engine.Call, req engine.InterruptRequest) (engine.Interruption, error) {
	return send[engine.InterruptRequest, engine.Interruption](ctx, c, pathInterrupt, call, func(spent time.Duration) engine.InterruptRequest {
		req.WaitSeconds = waitLeft(req.WaitSeconds, spent)
		return req
	})
}

// Reply answers a request. Sent again, it may find its own first answer: that is
// a conflict, which says who has answered.
func (c *Client) Reply(ctx context.Context, call engine.Call, req engine.ReplyRequest) (engine.Replied, error) {
	return send[engine.ReplyRequest, engine.Replied](ctx, c, pathReply, call, func(time.Duration) engine.ReplyRequest { return req })
}

// Requests tells which requests are open, and can wait for a change. It keeps no
// engine from making room for a newer build.
func (c *Client) Requests(ctx context.Context, call engine.Call, req engine.RequestsRequest) (engine.OpenRequests, error) {
	return send[engine.RequestsRequest, engine.OpenRequests](ctx, c, pathRequests, call, func(time.Duration) engine.RequestsRequest { return req })
}

// WaitFor waits for something to happen in sessions. It keeps no engine from
// making room for a newer build, and goes on with the next engine.
func (c *Client) WaitFor(ctx context.Context, call engine.Call, req engine.WaitRequest) (engine.Waited, error) {
	wait := req.WaitSeconds
	return send[engine.WaitRequest, engine.Waited](ctx, c, pathWait, call, func(spent time.Duration) engine.WaitRequest {
		req.WaitSeconds = waitLeft(wait, spent)
		return req
	})
}

// Update changes a session. To send it again changes nothing more.
func (c *Client) Update(ctx context.Context, call engine.Call, req engine.UpdateRequest) (engine.Updated, error) {
	return send[engine.UpdateRequest, engine.Updated](ctx, c, pathUpdate, call, func(time.Duration) engine.UpdateRequest { return req })
}

// Delete forgets sessions. Sent again, it finds them deleted already.
func (c *Client) Delete(ctx context.Context, call engine.Call, req engine.DeleteRequest) (engine.Deletion, error) {
	return send[engine.DeleteRequest, engine.Deletion](ctx, c, pathDelete, call, func(time.Duration) engine.DeleteRequest { return req })
}

// Search returns a page of hits.
func (c *Client) Search(ctx context.Context, call engine.Call, req engine.SearchRequest) (engine.SearchResult, error) {
	return send[engine.SearchRequest, engine.SearchResult](ctx, c, pathSearch, call, func(time.Duration) engine.SearchRequest { return req })
}

// Reindex makes the search index anew, and returns when it is complete.
func (c *Client) Reindex(ctx context.Context, call engine.Call, req engine.ReindexRequest) (engine.ReindexResult, error) {
	return send[engine.ReindexRequest, engine.ReindexResult](ctx, c, pathReindex, call, func(time.Duration) engine.ReindexRequest { return req })
}

// Prune drops copies of transcripts, or says which it would drop.
func (c *Client) Prune(ctx context.Context, call engine.Call, req engine.PruneRequest) (engine.PruneResult, error) {
	return send[engine.PruneRequest, engine.PruneResult](ctx, c, pathPrune, call, func(time.Duration) engine.PruneRequest { return req })
}

// Info tells how the engine is.
func (c *Client) Info(ctx context.Context) (engine.Info, error) {
	return send[struct{}, engine.Info](ctx, c, pathInfo, engine.Call{}, func(time.Duration) struct{} { return struct{}{} })
}

// send carries out a call. Each time that it is sent, request makes what is
// asked for from the time spent before.
func send[Req, Res any](ctx context.Context, c *Client, path string, call engine.Call, request func(spent time.Duration) Req) (Res, error) {
	var res Res
	ctx, cancel := context.WithTimeout(ctx, c.CallLimit)
	defer cancel()
	began := time.Now()
	err := c.persist(ctx, func(ctx context.Context, cn *conn) error {
		in := envelope[Req]{
			CallerID: cn.CallerID, Client: call.Client, Progress: call.OnProgress != nil,
			Request: request(time.Since(began)),
		}
		var err error
		res, err = exchange[Res](ctx, cn, path, in, call.OnProgress)
		return err
	})
	return res, err
}

// persist tries something with an engine, and again with the next one as long
// as the engine gives no answer.
func (c *Client) persist(ctx context.Context, try func(context.Context, *conn) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.life, func() { cancel(errClosed) })()

	until := time.Now().Add(patience)
	for n := 1; ; n++ {
		cn, err := c.connect(ctx, until)
		if err == nil {
			err = try(ctx, cn)
		}
		var known *engine.Error
		switch {
		case err == nil:
			return nil
		case errors.As(err, &known):
			return known
		case ctx.Err() != nil:
			return callEnded(ctx)
		case n == maxTries || time.Now().After(until):
			c.Log.Error("engine is lost for good", "error", err)
			return engineLost()
		case n == 1:
			until = time.Now().Add(patience)
		}
		c.Log.Info("engine is lost", "error", err)
		if cn != nil {
			cn.close()
		}
	}
}

// connect returns the engine that is there, or one that it started. It is
// tried until a time.
func (c *Client) connect(ctx context.Context, until time.Time) (*conn, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.life.Err() != nil {
		return nil, errClosed
	}
	if c.conn != nil && c.conn.alive() {
		return c.conn, nil
	}
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	cn, err := reach(ctx, c.ClientOptions)
	if err != nil {
		return nil, err
	}
	c.Log.Info("connected to the engine", "pid", cn.PID, "version", cn.Version, "epoch", cn.Epoch)
	c.conn = cn
	return cn, nil
}

// keyOr returns the idempotency key to send: without one, a call could not be
// sent again.
func keyOr(key string) string {
	if key != "" {
		return key
	}
	return "auto-" + uuid.NewString()
}

// waitLeft returns the seconds that a call may still wait for its turn.
func waitLeft(asked *int, spent time.Duration) *int {
	if spent < time.Second {
		return asked
	}
	total := engine.DefaultWaitSeconds
	if asked != nil {
		total = *asked
	}
	left := max(0, total-int(spent/time.Second))
	return &left
}
