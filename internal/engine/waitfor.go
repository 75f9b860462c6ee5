package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// lookElsewhere is how often a session is looked at that another Claude Code is
// at: of what that does, nothing tells but the note that it keeps.
const lookElsewhere = 500 * time.Millisecond

// WaitFor waits until something has happened in sessions, the time is over, or
// the caller is gone.
func (c *Client) WaitFor(ctx context.Context, call Call, req WaitRequest) (Waited, error) {
	seconds, err := checkWait(&req)
	if err != nil {
		return Waited{}, err
	}
	w := &vigil{Client: c, req: req, woken: make(chan struct{}, 1)}
	if w.seq, err = c.store.Seq(ctx); err != nil {
		return Waited{}, c.fail("following changes", err)
	}
	if err := w.begin(ctx); err != nil {
		return Waited{}, err
	}
	timedOut, err := w.wait(ctx, call, time.Duration(seconds)*time.Second)
	if err != nil {
		return Waited{}, c.fail("waiting for sessions", err)
	}
	return w.result(context.WithoutCancel(ctx), timedOut)
}

// checkWait checks a request and fills its defaults in.
func checkWait(req *WaitRequest) (seconds int, err error) {
	if n := len(req.Sessions); n == 0 || n > MaxWaitSessions {
		return 0, Errorf(InvalidArgument, "Give their names or ids; list_sessions shows them.", "sessions must name 1 to %d sessions.", MaxWaitSessions)
	}
	req.For, req.Until = or(req.For, ForTurnEnd), or(req.Until, UntilAny)
	if err := errors.Join(oneOf("for", req.For, ForTurnEnd, ForRequest, ForChange), oneOf("until", req.Until, UntilAny, UntilAll)); err != nil {
		return 0, AsError(err)
	}
	return waitSeconds(req.WaitSeconds)
}

// vigil is a call that waits. One goroutine uses it.
type vigil struct {
	*Client
	req      WaitRequest
	seq      uint64 // the newest change that is noted
	sessions []*awaited
	woken    chan struct{} // gets a token when a turn has ended
}

// awaited is a session that is waited for.
type awaited struct {
	session   sessionstore.Session // as it was seen last
	job       *job                 // the turn that was to end next when the wait began; nil: none
	elsewhere bool                 // another Claude Code was at it then
	stale     bool                 // it is to be looked at
	happened  Happening            // "": nothing yet
	changed   []string
}

// begin finds the sessions, and what they do now.
func (w *vigil) begin(ctx context.Context) error {
	for _, ref := range w.req.Sessions {
		s, err := w.find(ctx, "sessions", ref)
		if err != nil {
			return err
		}
		if w.of(s.ID) != nil {
			continue
		}
		a := &awaited{session: s, job: w.nextToEnd(s.ID), stale: true}
		if a.job == nil {
			_, a.elsewhere = w.workElsewhere(s)
		}
		w.sessions = append(w.sessions, a)
	}
	return nil
}

func (w *vigil) of(id string) *awaited {
	i := slices.IndexFunc(w.sessions, func(a *awaited) bool { return a.session.ID == id })
	if i < 0 {
		return nil
	}
	return w.sessions[i]
}

// nextToEnd is the turn of a session that is to end next; nil if it has none
// that runs or waits.
func (e *Engine) nextToEnd(id string) *job {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.sessions[id]
	switch {
	case l == nil:
		return nil
	case l.running != nil:
		return l.running
	case len(l.queue) > 0:
		return l.queue[0]
	}
	return nil
}

// wait returns when enough has happened, or the time is over.
func (w *vigil) wait(ctx context.Context, call Call, limit time.Duration) (timedOut bool, err error) {
	if since := w.req.Since; since != nil && w.req.For == ForChange {
		if err := w.catchUp(ctx, *since); err != nil {
			return false, err
		}
	}
	if done, err := w.look(ctx); done || err != nil || limit == 0 {
		return !done, err
	}
	over := time.NewTimer(limit)
	defer over.Stop()
	changes, end := w.follow(ctx, call)
	defer end()
	tick := w.tick()
	for {
		select {
		case list := <-changes:
			w.note(list)
		case <-w.woken:
			w.allStale(func(a *awaited) bool { return a.job != nil })
		case <-tick:
			w.allStale(func(a *awaited) bool { return a.elsewhere })
		case <-over.C:
			return true, nil
		case <-w.closing:
			return false, Errorf(Unavailable, "Make the same call again: the next engine goes on with it.", "the engine is stopping.")
		case <-ctx.Done():
			return false, ctx.Err()
		}
		if done, err := w.look(ctx); done || err != nil {
			return false, err
		}
	}
}

// tick is when to look at sessions that are at work elsewhere; never without.
func (w *vigil) tick() <-chan time.Time {
	if !slices.ContainsFunc(w.sessions, func(a *awaited) bool { return a.elsewhere }) {
		return nil
	}
	return time.Tick(lookElsewhere)
}

// catchUp notes what changed since an earlier wait.
func (w *vigil) catchUp(ctx context.Context, since uint64) error {
	for now := w.seq; since != now; {
		list, err := w.changesAfter(ctx, since)
		if err != nil {
			return err
		}
		w.note(list)
		since = list[len(list)-1].Seq
		now = max(now, since)
	}
	return nil
}

// note takes changes up.
func (w *vigil) note(list []sessionstore.Change) {
	for _, change := range list {
		w.seq = max(w.seq, change.Seq)
		for _, a := range w.sessions {
			if change.SessionID == a.session.ID || change.SessionID == "" {
				a.note(change)
			}
		}
	}
}

func (a *awaited) note(change sessionstore.Change) {
	what := "session"
	switch {
	case change.Kind == "entries":
		what = "transcript"
	case change.TurnID != "":
		what = "turn"
	}
	a.stale = true
	if a.happened == "" && !slices.Contains(a.changed, what) {
		a.changed = append(a.changed, what)
	}
}

func (w *vigil) allStale(which func(*awaited) bool) {
	for _, a := range w.sessions {
		a.stale = a.stale || which(a)
	}
}

// look judges the sessions of which there are news, and tells whether enough
// has happened.
func (w *vigil) look(ctx context.Context) (done bool, err error) {
	happened := 0
	for _, a := range w.sessions {
		if a.happened == "" && a.stale {
			a.stale = false
			if err := w.judge(ctx, a); err != nil {
				return false, err
			}
		}
		if a.happened != "" {
			happened++
		}
	}
	return happened == len(w.sessions) || happened > 0 && w.req.Until == UntilAny, nil
}

// judge tells whether what is waited for has happened in a session.
func (w *vigil) judge(ctx context.Context, a *awaited) error {
	s, err := w.store.Session(ctx, a.session.ID)
	if errors.Is(err, sessionstore.ErrNotFound) {
		a.happened = HappenedDeleted
		return nil
	}
	if err != nil {
		return err
	}
	a.session = s
	switch w.req.For {
	case ForChange:
		if len(a.changed) > 0 {
			a.happened = HappenedChange
		}
		return nil
	case ForRequest:
		open, err := w.store.Requests(ctx, s.ID, true)
		if err != nil {
			return err
		}
		if len(open) > 0 {
			a.happened = HappenedRequest
			return nil
		}
	}
	switch {
	case a.job != nil && a.job.ended():
		a.happened = HappenedTurnEnd
	case a.job == nil && a.elsewhere:
		if _, still := w.workElsewhere(s); !still {
			w.upToDate(ctx, s) // of what it came to its transcript tells
			a.happened = HappenedTurnEnd
		}
	case a.job == nil:
		a.happened = HappenedIdle
	}
	return nil
}
