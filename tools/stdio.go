package tools

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

const (
	workers  = 100             // calls at once; the library's most
	queue    = 10_000          // calls that wait for a worker; with more, the library stops reading
	farewell = 5 * time.Second // how long calls in flight have for their replies once the client is gone
)

// Serve speaks MCP over in and out, one message a line, until in ends (then it
// returns nil), ctx does, or out cannot be written any more. In each case the
// calls in flight are cancelled first and their replies written; turns that
// were begun are the engine's and go on.
//
// Only one Serve may run at a time in a process: the library keeps its client
// in one place. A read of in that is under way when ctx ends is left behind,
// as a read cannot be cancelled; out is not written after Serve returned.
func Serve(ctx context.Context, s Sessions, in io.Reader, out io.Writer, o Options) error {
	o = o.withDefaults()
	calls, endCalls := context.WithCancel(context.WithoutCancel(ctx))
	defer endCalls()
	c := &conn{in: in, out: out, open: map[string]bool{}, gone: make(chan struct{})}
	c.asked = newOutbox(c.Write)
	f := newFollower(s, o.Log)
	f.notify = c.notify
	defer f.close()
	a := &asker{sessions: s, log: o.Log, person: newPerson(c.asked)}
	defer a.close()
	srv := newServer(s, o, f)
	r := newRounds(s, o.Log, a.person)
	srv.Use(endWith(calls), withNotifier(c.notify), a.middleware, r.middleware)

	defer c.close()
	pipe, lines := io.Pipe()
	go c.pump(lines)
	stopped := make(chan error, 1)
	go func() {
		defer lines.Close() // now the library sees the end of its input
		stopped <- c.wait(ctx)
		endCalls()
		c.settle(farewell)
	}()

	stdio := server.NewStdioServer(srv)
	server.WithErrorLogger(slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn))(stdio)
	server.WithWorkerPoolSize(workers)(stdio)
	server.WithQueueSize(queue)(stdio)
	// The library drops calls when its context ends, so we end its input instead.
	err := stdio.Listen(context.WithoutCancel(ctx), pipe, c)
	pipe.Close()
	c.leave(err)
	return <-stopped
}

// endWith makes calls of tools end when calls does.
func endWith(calls context.Context) server.ToolHandlerMiddleware {
	return func(next server.ToolHandlerFunc) server.ToolHandlerFunc {
		return func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(calls, cancel)()
			return next(ctx, req)
		}
	}
}

// conn stands between the library and the client's streams. It knows which
// calls have no reply yet, so that the end of the input reaches the library
// only after the last of them: by itself it may drop calls at that point.
type conn struct {
	in    io.Reader
	out   io.Writer
	asked *outbox // our own requests, whose answers are none of the library's

	gone     chan struct{} // closed when the client is: in ended, or out is broken
	goneOnce sync.Once

	mu     sync.Mutex
	open   map[string]bool // ids of calls without a reply
	idle   chan struct{}   // closed when open is empty; nil until somebody waits
	closed bool
	err    error // why the client is gone, nil for an ordinary end
}

// pump copies lines of in to the library until in ends.
func (c *conn) pump(lines *io.PipeWriter) {
	r := bufio.NewReader(c.in)
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			if line[len(line)-1] != '\n' { // the last one, maybe
				line = append(line, '\n')
			}
			if m := parse(line); !c.asked.take(m, line) {
				c.begin(m)
				if _, err := lines.Write(line); err != nil {
					return // the library has stopped
				}
			}
		}
		if err != nil {
			c.leave(err)
			return
		}
	}
}

// Write writes a message of the library's: one message, one Write.
func (c *conn) Write(line []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, io.ErrClosedPipe
	}
	n, err := c.out.Write(line)
	c.end(line)
	if err != nil {
		go c.leave(err) // not under the lock
	}
	return n, err
}

// begin notes a call, if m is one.
func (c *conn) begin(m message) {
	if m.Method != string(mcp.MethodToolsCall) || m.ID == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[m.key()] = true
}

// end notes that the call in line is answered, if it is a reply. The caller
// holds mu.
func (c *conn) end(line []byte) {
	m := message{ID: replyTo(line)}
	if m.ID == nil {
		return
	}
	delete(c.open, m.key())
	if len(c.open) == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// leave notes that the client is gone.
func (c *conn) leave(err error) {
	c.goneOnce.Do(func() {
		c.mu.Lock()
		if !errors.Is(err, io.EOF) {
			c.err = err
		}
		c.mu.Unlock()
		close(c.gone)
	})
}

// wait returns when the client is gone or ctx ends, with the reason unless it
// is an ordinary one.
func (c *conn) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.gone:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// settle waits until all calls are answered, but not longer than limit.
func (c *conn) settle(limit time.Duration) {
	c.mu.Lock()
	if len(c.open) == 0 {
		c.mu.Unlock()
		return
	}
	idle := make(chan struct{})
	c.idle = idle
	c.mu.Unlock()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
	}
}

// close keeps the library, whose goroutine for notifications may be late, from
// writing after Serve has returned.
func (c *conn) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
}
