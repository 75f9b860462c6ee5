package engine

import (
	"context"
	"errors"
	"os"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Get tells all about a session as it is now.
func (c *Client) Get(ctx context.Context, call Call, req GetRequest) (Details, error) {
	s, err := c.findListed(ctx, call, req.Session)
	if err != nil {
		return Details{}, err
	}
	// In this order: a request that is told makes the session wait, and the turn
	// is as new as its session.
	var d Details
	if d.Requests, err = c.requestsOf(ctx, s); err == nil {
		s, err = c.store.Session(ctx, s.ID)
	}
	if err != nil {
		return Details{}, c.fail("reading a session", err)
	}
	d.Session, d.FirstPrompt = c.view(s), s.FirstPrompt
	d.Session.Status, d.Session.StatusReason = c.nowAnywhere(s)
	for _, part := range []func(context.Context, sessionstore.Session, *Details) error{c.work, c.lineage, c.files} {
		if err := part(ctx, s, &d); err != nil {
			return Details{}, c.fail("reading a session", err)
		}
	}
	d.Next = nextOf(d)
	return d, nil
}

// work tells of the turns: the one that runs, or that ran last, and those that
// wait.
func (c *Client) work(ctx context.Context, s sessionstore.Session, d *Details) error {
	c.mu.Lock()
	var running *sessionstore.Turn
	if l := c.sessions[s.ID]; l != nil {
		if j := l.running; j != nil {
			t := j.turn
			running, d.Activity, d.LastWords, d.Writing = &t, j.activity, j.words, j.written.text()
		}
		d.Queued = len(l.queue)
		for _, j := range l.queue[:min(len(l.queue), maxQueueShown)] {
			d.Queue = append(d.Queue, QueuedTurn{
				ID: j.id, Prompt: oneline.Shorten(j.turn.Prompt, maxQueuedPrompt), Position: c.position(l, j),
				Reason: c.waitingFor(l, j), QueuedAt: j.turn.QueuedAt, Client: j.turn.Client,
			})
		}
	}
	c.mu.Unlock()
	if running == nil {
		last, err := c.lastTurn(ctx, s.ID)
		if err != nil || last == nil {
			return err
		}
		running = last
	}
	now, err := c.store.Turn(ctx, running.ID) // it may have ended meanwhile, as the session says
	if err != nil {
		return err
	}
	t := c.viewTurn(now)
	d.Turn = &t
	return nil
}

// lastTurn is the turn of a session that ended last; nil if none did.
func (e *Engine) lastTurn(ctx context.Context, id string) (last *sessionstore.Turn, err error) {
	for t, err := range e.store.Turns(ctx, id) {
		switch {
		case err != nil:
			return nil, err
		case t.Status.Ended() && !t.StartedAt.IsZero():
			return &t, nil
		case t.Status.Ended() && last == nil: // it never began; one that did says more
			last = &t
		}
	}
	return last, nil
}

// requestsOf are the open requests of a session, oldest first.
func (e *Engine) requestsOf(ctx context.Context, s sessionstore.Session) ([]Request, error) {
	all, err := e.store.Requests(ctx, s.ID, true)
	var list []Request
	for _, r := range all {
		list = append(list, e.viewRequest(r, s))
	}
	return list, err
}

// lineage finds the ancestors and the children of a session.
func (c *Client) lineage(ctx context.Context, s sessionstore.Session, d *Details) error {
	for at := s; at.ParentID != "" && len(d.Ancestors) < maxRelatives; {
		parent, err := c.store.Session(ctx, at.ParentID)
		if errors.Is(err, sessionstore.ErrNotFound) {
			d.Ancestors = append(d.Ancestors, Relative{ID: at.ParentID})
			break
		}
		if err != nil {
			return err
		}
		d.Ancestors = append(d.Ancestors, c.relative(parent))
		at = parent
	}
	page, err := c.store.List(ctx, sessionstore.Query{
		ParentID: s.ID, Archived: sessionstore.AnyArchived, Order: sessionstore.ByCreated, Limit: maxRelatives,
	})
	for _, child := range page.Sessions {
		d.Children = append(d.Children, c.relative(child))
	}
	d.ChildrenTotal = page.Total
	return err
}

func (c *Client) relative(s sessionstore.Session) Relative {
	status, _ := c.now(s)
	return Relative{ID: s.ID, Title: oneline.Cut(s.Title(), rowTitle), Status: status, ForkedAt: s.ForkedAt}
}

// files finds where a session is kept.
func (c *Client) files(ctx context.Context, s sessionstore.Session, d *Details) error {
	path, err := agent.FindTranscript(s.ConfigDir, s.Cwd, s.ID)
	if err == nil {
		d.Files.Transcript = path
		if info, err := os.Stat(path); err == nil {
			d.Files.TranscriptBytes = info.Size()
		}
		if files, err := agent.TranscriptFiles(path); err == nil {
			d.Files.SubAgents = len(agent.SubAgents(files))
		}
	}
	bytes, err := c.storedBytes(ctx, s.ID)
	if d.Files.StoredBytes = bytes; bytes > 0 {
		d.Files.Store = c.cfg.DataDir
	}
	return err
}

// storedBytes is what the store's copy of a session's transcripts takes, before
// compression.
func (e *Engine) storedBytes(ctx context.Context, id string) (n int64, err error) {
	heads, err := e.store.Transcripts(ctx, id)
	for _, h := range heads {
		n += h.Bytes
	}
	return n, err
}

// nextOf says what to call now.
func nextOf(d Details) string {
	switch {
	case len(d.Requests) > 0:
		return nextRequest(d.Session, d.Requests[0])
	case d.Turn != nil:
		return next(d.Session, *d.Turn)
	case d.Queued > 0:
		return "Call wait_for_session to wait for its turn."
	}
	return "Call read_transcript to read it, resume_session to go on, or fork_session to try something else from here."
}
