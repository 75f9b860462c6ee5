package tools

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

const (
	updateGap   = 300 * time.Millisecond // least time between two notifications of one resource
	followPause = time.Second            // after the engine could not be asked
	followWait  = 30                     // seconds that the engine is asked to wait for a change
)

// A followed resource is one that a client has subscribed to.
type followed struct {
	client string // id of the library's session
	stream string // "" since the handshake's era; else the request that subscribed
	uri    string
}

// follower tells clients of changes in the resources that they have subscribed
// to: the library takes subscriptions and tells nothing. It asks the engine for
// changes as long as there is somebody to tell. Changes that come quicker than
// updateGap are told once; none is lost, but that may be told which nobody sees.
type follower struct {
	sessions Sessions
	log      *slog.Logger
	notify   notifier // nil: the library's channel of the client

	mu      sync.Mutex
	closed  bool
	told    map[followed]target
	waiters waiters            // known while requestsURI is followed
	stop    context.CancelFunc // of the goroutine that follows; nil if there is none
	stopAct context.CancelFunc // of the one that follows what turns do; nil if there is none
	running sync.WaitGroup
}

// target is how a client is told of a resource.
type target struct {
	session string // id of the session that the resource is about; "" is the index, aboutRequests the requests
	acts    bool   // what the session's turn does is in it, too
	send    func()
}

// aboutRequests stands for a session where a resource is about the requests.
const aboutRequests = "requests"

func newFollower(s Sessions, log *slog.Logger) *follower {
	return &follower{sessions: s, log: log, told: map[followed]target{}}
}

// hooks are the places where the library tells of subscriptions, in both eras
// of the protocol. Following begins before a subscription is acknowledged: what
// changes after that is told.
func (f *follower) hooks(h *server.Hooks) {
	h.AddBeforeSubscribe(func(ctx context.Context, _ any, req *mcp.SubscribeRequest) { f.add(ctx, nil, req.Params.URI) })
	h.AddBeforeUnsubscribe(func(ctx context.Context, _ any, req *mcp.UnsubscribeRequest) {
		if s := server.ClientSessionFromContext(ctx); s != nil {
			f.remove(func(r followed) bool { return r == followed{client: s.SessionID(), uri: req.Params.URI} })
		}
	})
	h.AddBeforeSubscriptionsListen(func(ctx context.Context, id any, req *mcp.SubscriptionsListenRequest) {
		for _, uri := range req.Params.Notifications.ResourceSubscriptions {
			f.add(ctx, id, uri)
		}
	})
	h.AddOnUnregisterSession(func(_ context.Context, s server.ClientSession) {
		f.remove(func(r followed) bool { return r.client == s.SessionID() })
	})
}

// add takes a subscription. One of a stream, which has an id, ends with ctx.
func (f *follower) add(ctx context.Context, stream any, uri string) {
	client := server.ClientSessionFromContext(ctx)
	about, ok := f.about(ctx, uri)
	if client == nil || !ok {
		return
	}
	changes, err := f.sessions.Changes(ctx, engine.Call{}, engine.ChangesRequest{})
	if err != nil {
		f.log.Warn("following changes", "error", err) // it is tried again
	}
	if about == aboutRequests {
		f.learn(ctx)
	}
	key := followed{client: client.SessionID(), uri: uri}
	params := map[string]any{"uri": uri}
	if stream != nil {
		key.stream = fmt.Sprintf("%T %v", stream, stream)
		params["_meta"] = map[string]any{mcp.MetaKeySubscriptionID: stream}
		context.AfterFunc(ctx, func() { f.remove(func(r followed) bool { return r == key }) })
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || ctx.Err() != nil {
		return
	}
	acts := about != "" && about != aboutRequests && !strings.HasSuffix(uri, "/transcript")
	f.told[key] = target{session: about, acts: acts, send: f.sender(client, params)}
	if f.stop == nil {
		f.stop = f.begin(func(ctx context.Context) { f.follow(ctx, changes.Seq, err == nil) })
	}
	if acts && f.stopAct == nil {
		f.stopAct = f.begin(f.followActs)
	}
}

// begin runs a function until what it returns is called.
func (f *follower) begin(follow func(context.Context)) context.CancelFunc {
	ctx, stop := context.WithCancel(context.Background())
	f.running.Go(func() { follow(ctx) })
	return stop
}

// learn asks which sessions have open requests.
func (f *follower) learn(ctx context.Context) {
	w, err := waitersNow(ctx, f.sessions)
	if err != nil {
		f.log.Warn("following requests", "error", err) // whatever changes is told then
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiters = w
}

// about tells which session a resource is about: its id, "" for the index, or
// aboutRequests. It is false for what is no resource of ours.
func (f *follower) about(ctx context.Context, uri string) (string, bool) {
	rest, ours := strings.CutPrefix(uri, "session://")
	path, _, _ := strings.Cut(rest, "?")
	switch {
	case !ours || path == "index":
		return "", ours
	case path == aboutRequests:
		return path, true
	}
	ref := strings.TrimSuffix(path, "/transcript")
	s, err := f.sessions.Get(ctx, engine.Call{}, engine.GetRequest{Session: ref})
	if err != nil {
		return ref, true // it may come into being, under this id
	}
	return s.Session.ID, true
}

// sender tells a client that a resource has changed. A client that does not
// read loses a notification, and gets the next.
func (f *follower) sender(client server.ClientSession, params map[string]any) func() {
	if f.notify != nil {
		return func() { f.notify(mcp.MethodNotificationResourceUpdated, params) }
	}
	n := mcp.JSONRPCNotification{JSONRPC: mcp.JSONRPC_VERSION, Notification: mcp.Notification{
		Method: mcp.MethodNotificationResourceUpdated,
		Params: mcp.NotificationParams{AdditionalFields: params},
	}}
	if meta, ok := params["_meta"].(map[string]any); ok {
		n.Params.Meta = meta
	}
	return func() {
		select {
		case client.NotificationChannel() <- n:
		default:
		}
	}
}

// remove ends subscriptions, and with the last of them the following.
func (f *follower) remove(which func(followed) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	acts := false
	for key, t := range f.told {
		if which(key) {
			delete(f.told, key)
		} else {
			acts = acts || t.acts
		}
	}
	if len(f.told) == 0 && f.stop != nil {
		f.stop()
		f.stop = nil
	}
	if !acts && f.stopAct != nil {
		f.stopAct()
		f.stopAct = nil
	}
}

// close ends all subscriptions and waits for what is being told.
func (f *follower) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.remove(func(followed) bool { return true })
	f.running.Wait()
}

// follow asks for changes after seq and tells of them until ctx ends. Without
// a seq, anything may have changed.
func (f *follower) follow(ctx context.Context, seq uint64, known bool) {
	for ctx.Err() == nil {
		req := engine.ChangesRequest{WaitSeconds: followWait}
		if known {
			req.Since = &seq
		}
		changes, err := f.sessions.Changes(ctx, engine.Call{}, req)
		if err != nil {
			f.log.Debug("following changes", "error", err)
			pause(ctx, followPause)
			continue
		}
		all := changes.Resync || !known
		seq, known = changes.Seq, true
		if all && f.follows(aboutRequests) {
			f.learn(ctx)
		}
		if f.tell(changes, all) {
			pause(ctx, updateGap)
		}
	}
}

func (f *follower) follows(session string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.told {
		if t.session == session {
			return true
		}
	}
	return false
}

// tell tells those who follow what has changed, and whether there were any.
func (f *follower) tell(changes engine.Changes, all bool) bool {
	changed := map[string]bool{}
	for _, s := range changes.Sessions {
		changed[s.ID] = true
	}
	for _, id := range changes.Deleted {
		changed[id] = true
	}
	if changed[""] = len(changed) > 0; !changed[""] && !all {
		return false
	}
	f.mu.Lock()
	changed[aboutRequests] = f.waiters.note(changes)
	var sends []func()
	for _, t := range f.told {
		if all || changed[t.session] {
			sends = append(sends, t.send)
		}
	}
	f.mu.Unlock()
	for _, send := range sends {
		send()
	}
	return len(sends) > 0
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
