//go:build unix

package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/rogpeppe/go-internal/testscript"
)

func cmdResource(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "resource NAME URI", len(args) == 2)
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	var req mcp.ReadResourceRequest
	req.Params.URI = args[1]
	result, err := named(ts, args[0]).mcp.ReadResource(ctx, req)
	if (err != nil) != neg {
		ts.Fatalf("reading %s: %v", args[1], err)
	}
	if err != nil {
		fmt.Fprintln(ts.Stdout(), err)
		return
	}
	for _, c := range result.Contents {
		if text, ok := c.(mcp.TextResourceContents); ok {
			fmt.Fprintln(ts.Stdout(), text.Text)
		}
	}
}

// follows are the resources that a client has asked to be told of. It is safe
// to use at once.
type follows struct {
	mu      sync.Mutex
	uris    []string
	streams int             // acknowledged
	updated map[string]bool // told of since they were waited for
}

func (f *follows) notified(n mcp.JSONRPCNotification) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch n.Method {
	case mcp.MethodNotificationSubscriptionsAcknowledged:
		f.streams++
	case mcp.MethodNotificationResourceUpdated:
		uri, _ := n.Params.AdditionalFields["uri"].(string)
		if f.updated == nil {
			f.updated = map[string]bool{}
		}
		f.updated[uri] = true
	}
}

// add returns all that is to be followed, and how many streams there were.
func (f *follows) add(uri string) (uris []string, streams int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.uris = append(f.uris, uri)
	return slices.Clone(f.uris), f.streams
}

func (f *follows) begun(streams int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.streams > streams
}

// take tells whether there was an update since it was asked last.
func (f *follows) take(uri string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	told := f.updated[uri]
	delete(f.updated, uri)
	return told
}

func cmdSubscribe(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "subscribe NAME URI", !neg && len(args) == 2)
	c := named(ts, args[0])
	uris, streams := c.follows.add(args[1])
	// A new stream takes the place of the one before; the last ends with the client.
	go c.mcp.Listen(context.Background(), mcp.SubscriptionFilter{ResourceSubscriptions: uris})
	poll(ts, func() bool { return c.follows.begun(streams) }, func() string { return "never acknowledged: " + args[1] })
}

func cmdUpdated(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "updated NAME URI", !neg && len(args) == 2)
	c := named(ts, args[0])
	poll(ts, func() bool { return c.follows.take(args[1]) }, func() string { return "never updated: " + args[1] })
}
