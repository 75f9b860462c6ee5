package tools

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// These tests run one after the other: see Serve.

// wire is a client that holds both ends of a Serve as raw lines.
type wire struct {
	t     *testing.T
	in    *io.PipeWriter
	out   *bufio.Reader
	ended chan struct{}
	err   error // what Serve returned, once it has ended
}

// serve starts a Serve on pipes.
func serve(ctx context.Context, t *testing.T, s Sessions) *wire {
	t.Helper()
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	w := &wire{t: t, in: inWrite, out: bufio.NewReader(outRead), ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		defer outWrite.Close()
		w.err = Serve(ctx, s, inRead, outWrite, Options{Version: "1"})
	}()
	patience := time.AfterFunc(20*time.Second, func() { outWrite.CloseWithError(errors.New("no reply for too long")) })
	t.Cleanup(func() {
		patience.Stop()
		inWrite.Close()
		outRead.Close()
		<-w.ended
	})
	return w
}

func (w *wire) send(format string, args ...any) {
	w.t.Helper()
	if _, err := fmt.Fprintf(w.in, format+"\n", args...); err != nil {
		w.t.Fatal(err)
	}
}

// reply is a message of the server's.
type reply struct {
	ID     any
	Method string
	Error  any
	Result struct {
		IsError           bool
		StructuredContent struct {
			Error   *engine.Error
			Session *engine.Session
		}
		Tools             []any
		ProtocolVersion   string
		SupportedVersions []string
		Instructions      string
	}
	Params struct{ ProgressToken, Progress any }
}

func (w *wire) read() reply {
	w.t.Helper()
	line, err := w.out.ReadBytes('\n')
	if err != nil {
		w.t.Fatalf("reading a reply: %v", err)
	}
	var r reply
	if err := json.Unmarshal(line, &r); err != nil {
		w.t.Fatalf("reply %s: %v", line, err)
	}
	if r.Error != nil {
		w.t.Fatalf("reply is an error: %s", line)
	}
	return r
}

// end waits for Serve to return and gives what it returned.
func (w *wire) end() error {
	w.t.Helper()
	select {
	case <-w.ended:
		return w.err
	case <-time.After(10 * time.Second):
		w.t.Fatal("Serve does not return")
		return nil
	}
}

const handshake = `{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"old","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}`

// greet does the handshake of 2025-11-25.
func (w *wire) greet() {
	w.t.Helper()
	w.send(handshake)
	if r := w.read(); r.Result.ProtocolVersion != "2025-11-25" || r.Result.Instructions == "" {
		w.t.Fatalf("handshake gave %+v", r)
	}
}

func (w *wire) start(id any) {
	w.t.Helper()
	w.send(`{"jsonrpc":"2.0","id":%v,"method":"tools/call","params":{"name":"start_session","arguments":{"prompt":"p"}}}`, id)
}

// TestEras speaks to one server as clients of both eras do.
func TestEras(t *testing.T) {
	f := &fake{}
	w := serve(t.Context(), t, f)
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"new","version":"2"},"io.modelcontextprotocol/clientCapabilities":{}}`

	w.send(`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{%s}}`, meta)
	if r := w.read(); len(r.Result.SupportedVersions) == 0 || r.Result.SupportedVersions[0] != "2026-07-28" || r.Result.Instructions == "" {
		t.Errorf("discover gave %+v", r)
	}
	w.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{%s,"name":"list_sessions","arguments":{}}}`, meta)
	if r := w.read(); r.Result.IsError || f.call.Client != "new 2" {
		t.Errorf("call of a new client gave %+v, client %q", r, f.call.Client)
	}
	w.greet()
	w.start(3)
	if r := w.read(); r.Result.StructuredContent.Session == nil || f.call.Client != "old 1" {
		t.Errorf("call of an old client gave %+v, client %q", r, f.call.Client)
	}
	w.send(`{"jsonrpc":"2.0","id":4,"method":"tools/list","params":{}}`)
	if r := w.read(); len(r.Result.Tools) != len(registry()) {
		t.Errorf("tools/list gave %d tools, want %d", len(r.Result.Tools), len(registry()))
	}
	w.in.Close()
	if err := w.end(); err != nil {
		t.Errorf("Serve returned %v", err)
	}
}

// TestManyAtOnce has 100 calls that end only when all of them are there.
func TestManyAtOnce(t *testing.T) {
	const n = 100
	var begun atomic.Int32
	all := make(chan struct{})
	w := serve(t.Context(), t, &fake{start: func(ctx context.Context, _ engine.Call) (engine.Answer, error) {
		if begun.Add(1) == n {
			close(all)
		}
		select {
		case <-all:
			return plainAnswer(), nil
		case <-ctx.Done():
			return engine.Answer{}, ctx.Err()
		}
	}})
	w.greet()
	for i := range n {
		w.start(i)
	}
	answered := map[any]bool{}
	for range n {
		r := w.read()
		if r.Result.StructuredContent.Session == nil {
			t.Fatalf("reply %+v", r)
		}
		answered[r.ID] = true
	}
	if len(answered) != n {
		t.Errorf("%d calls were answered, want %d", len(answered), n)
	}
}

// waiting is a fake whose calls last until they are cancelled.
func waiting(begun chan<- struct{}) *fake {
	return &fake{start: func(ctx context.Context, _ engine.Call) (engine.Answer, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return engine.Answer{}, ctx.Err()
	}}
}

// receive waits for a call to begin.
func receive(t *testing.T, begun <-chan struct{}) {
	t.Helper()
	select {
	case <-begun:
	case <-time.After(10 * time.Second):
		t.Fatal("a call does not begin")
	}
}

// TestEndWithCallsInFlight goes away in the middle of calls, more than are
// served at once, with the last line not ended. All get their replies.
func TestEndWithCallsInFlight(t *testing.T) {
	const n = workers + 300
	for _, how := range []string{"end of input", "end of context"} {
		t.Run(how, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			begun := make(chan struct{}, n)
			w := serve(ctx, t, waiting(begun))
			w.greet()
			for i := range n {
				w.start(i)
			}
			for range workers {
				receive(t, begun)
			}
			began := time.Now()
			var want error
			if how == "end of input" {
				go func() {
					io.WriteString(w.in, `{"jsonrpc":"2.0","id":"last","method":"tools/call","params":{"name":"list_sessions"}}`)
					w.in.Close()
				}()
			} else {
				want = context.Canceled
				w.start(`"last"`)
				cancel()
			}
			answered := map[any]bool{}
			for range n + 1 {
				r := w.read()
				if e := r.Result.StructuredContent.Error; r.ID != "last" && (e == nil || e.Code != engine.Interrupted) {
					t.Fatalf("reply %+v, want the code %s", r, engine.Interrupted)
				}
				answered[r.ID] = true
			}
			if len(answered) != n+1 {
				t.Errorf("%d calls were answered, want %d", len(answered), n+1)
			}
			if err := w.end(); !errors.Is(err, want) {
				t.Errorf("Serve returned %v, want %v", err, want)
			}
			if took := time.Since(began); took >= farewell {
				t.Errorf("the end took %v: the calls were not told", took)
			}
		})
	}
}

// TestBrokenOutput has a client that is gone without closing the input.
func TestBrokenOutput(t *testing.T) {
	in, lines := io.Pipe()
	defer lines.Close()
	out, broken := io.Pipe()
	gone := errors.New("nobody listens")
	out.CloseWithError(gone)
	w := &wire{t: t, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		w.err = Serve(t.Context(), &fake{}, in, broken, Options{})
	}()
	fmt.Fprintln(lines, handshake)
	if err := w.end(); !errors.Is(err, gone) {
		t.Errorf("Serve returned %v, want %v", err, gone)
	}
}

// TestProgressBeforeResult holds on a real pipe that no result overtakes its
// progress, for calls that return at once.
func TestProgressBeforeResult(t *testing.T) {
	w := serve(t.Context(), t, &fake{start: func(_ context.Context, call engine.Call) (engine.Answer, error) {
		call.OnProgress(engine.Progress{Text: "one"})
		call.OnProgress(engine.Progress{Text: "two"})
		return plainAnswer(), nil
	}})
	w.greet()
	for i := range 50 {
		w.send(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"_meta":{"progressToken":%d},"name":"start_session","arguments":{"prompt":"p"}}}`, i, i)
		heard := 0
		for r := w.read(); r.ID == nil; r = w.read() {
			if r.Method != "notifications/progress" || r.Params.ProgressToken != float64(i) {
				t.Fatalf("before the result of %d came %+v", i, r)
			}
			heard++
		}
		if heard == 0 {
			t.Errorf("call %d has its result before its progress", i)
		}
	}
}

// TestLongLine holds that a message may be longer than any buffer.
func TestLongLine(t *testing.T) {
	f := &fake{}
	w := serve(t.Context(), t, f)
	w.greet()
	prompt := strings.Repeat("long ", 1<<18)
	w.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"start_session","arguments":{"prompt":"%s"}}}`, prompt)
	if r := w.read(); r.Result.IsError || f.request.(engine.StartRequest).Prompt != prompt {
		t.Errorf("a prompt of %d bytes did not arrive: %+v", len(prompt), r)
	}
}

// TestCancelledCall holds that a client can take back one call, and goes on.
func TestCancelledCall(t *testing.T) {
	begun := make(chan struct{}, 1)
	w := serve(t.Context(), t, waiting(begun))
	w.greet()
	w.start(1)
	receive(t, begun)
	w.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	if r := w.read(); r.ID != float64(1) || r.Result.StructuredContent.Error == nil || r.Result.StructuredContent.Error.Code != engine.Interrupted {
		t.Errorf("the cancelled call gave %+v", r)
	}
	w.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"list_sessions"}}`)
	if r := w.read(); r.ID != float64(2) || r.Result.IsError {
		t.Errorf("the call after it gave %+v", r)
	}
}
