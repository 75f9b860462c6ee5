package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Delete forgets sessions, all or none of those that are named. It refuses
// those at work, and those that have forks unless these go, too. A transcript
// that stays on disk does not bring its session back, until somebody adds to it.
func (c *Client) Delete(ctx context.Context, _ Call, req DeleteRequest) (Deletion, error) {
	d, err := c.doom(ctx, req)
	if err != nil {
		return Deletion{}, err
	}
	if !req.Confirm || len(d.doomed) == 0 {
		return d.told(false), nil
	}
	ctx = context.WithoutCancel(ctx) // it is not to stop half-way
	for _, s := range d.doomed {
		if err := c.cool(ctx, s); err != nil {
			return Deletion{}, err
		}
	}
	if err := c.forgetAll(ctx, d); err != nil {
		return Deletion{}, err
	}
	out := d.told(true)
	for _, gone := range d.doomed {
		if path := gone.tomb.Path; req.DeleteTranscript && path != "" {
			if err := agent.DeleteTranscript(path); err != nil {
				c.log.Warn("deleting a transcript", "path", path, "err", err)
				out.Failed = append(out.Failed, fmt.Sprintf("%s could not be deleted; it does not bring its session back.", path))
			}
		}
	}
	return out, nil
}

// deleting is a DeleteRequest under way.
type deleting struct {
	req     DeleteRequest
	doomed  []*doomed // parents before their forks
	already []string
	forks   int
}

type doomed struct {
	sessionstore.Session
	stored, onDisk int64 // bytes
	tomb           sessionstore.Tombstone
}

func (d *deleting) has(id string) bool {
	return slices.ContainsFunc(d.doomed, func(s *doomed) bool { return s.ID == id })
}

// doom finds the sessions of a request, and refuses what is not to be deleted.
func (c *Client) doom(ctx context.Context, req DeleteRequest) (*deleting, error) {
	if n := len(req.Sessions); n == 0 || n > MaxDelete {
		return nil, Errorf(InvalidArgument, "Name those that are to go; list_sessions shows them.", "sessions must name 1 to %d sessions.", MaxDelete)
	}
	d := &deleting{req: req}
	for _, ref := range req.Sessions {
		s, err := c.find(ctx, "sessions", ref)
		if AsError(err).Code == NotFound && err != nil {
			if tomb, found := c.store.Tombstone(ctx, ref); found == nil {
				d.already = append(d.already, tomb.SessionID)
				continue
			}
		}
		if err != nil {
			return nil, err
		}
		if !d.has(s.ID) {
			d.doomed = append(d.doomed, &doomed{Session: s})
		}
	}
	named := len(d.doomed)
	if err := c.doomForks(ctx, d); err != nil {
		return nil, err
	}
	d.forks = len(d.doomed) - named
	for _, s := range d.doomed {
		if err := c.weighDoomed(ctx, s); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// doomForks adds the forks of all that is to be deleted, or refuses it for
// their sake.
func (c *Client) doomForks(ctx context.Context, d *deleting) error {
	for i := 0; i < len(d.doomed); i++ {
		others, err := c.forksOf(ctx, d, d.doomed[i].Session)
		if err != nil {
			return err
		}
		if len(others) > 0 && !d.req.WithForks {
			return refuseForks(d.doomed[i].Session, others)
		}
		for _, s := range others {
			d.doomed = append(d.doomed, &doomed{Session: s})
		}
		if len(d.doomed) > maxDeleteForked {
			return Errorf(InvalidArgument, "Delete some of the forks first.", "with all forks these are more than %d sessions.", maxDeleteForked)
		}
	}
	return nil
}

// forksOf are the direct forks of a session that are not to be deleted yet.
func (c *Client) forksOf(ctx context.Context, d *deleting, s sessionstore.Session) (others []sessionstore.Session, err error) {
	q := sessionstore.Query{ParentID: s.ID, Archived: sessionstore.AnyArchived, Limit: 1000}
	page, err := c.store.List(ctx, q)
	if err != nil {
		return nil, c.fail("looking for forks", err)
	}
	return slices.DeleteFunc(page.Sessions, func(s sessionstore.Session) bool { return d.has(s.ID) }), nil
}

func refuseForks(s sessionstore.Session, forks []sessionstore.Session) error {
	var names []string
	for _, f := range forks[:min(len(forks), 5)] {
		names = append(names, fmt.Sprintf("%s (%s)", f.ID, oneline.Cut(f.Title(), 40)))
	}
	return Errorf(Conflict, "Name them, too, or set with_forks to delete all forks with it; nothing was deleted.",
		"session %s has %d forks that would lose their parent, such as %s.", s.ID, len(forks), strings.Join(names, ", "))
}

// weighDoomed finds what goes with a session, and refuses one at work.
func (c *Client) weighDoomed(ctx context.Context, s *doomed) (err error) {
	if c.hasTurns(s.ID) {
		return refuseAtWork(s.Session)
	}
	if err := heldElsewhere(s.Session, c.processOf(s.ID)); err != nil {
		return Errorf(Busy, "End it there first; nothing was deleted.", "%s", AsError(err).Message)
	}
	if s.stored, err = c.storedBytes(ctx, s.ID); err != nil {
		return c.fail("reading a session", err)
	}
	s.bury(c.store.Now())
	return nil
}

func refuseAtWork(s sessionstore.Session) error {
	return Errorf(Busy, "Wait for its end with wait_for_session, or interrupt it; nothing was deleted.", "session %s (%s) is at work.", s.ID, oneline.Cut(s.Title(), 40))
}

// bury makes the tombstone: what the session was called, and what its file is
// like now.
func (s *doomed) bury(now time.Time) {
	s.tomb = sessionstore.Tombstone{SessionID: s.ID, Name: s.Name, Title: s.Title(), DeletedAt: now}
	path, err := agent.FindTranscript(s.ConfigDir, s.Cwd, s.ID)
	if err != nil {
		return
	}
	if found, _ := agent.LookAt(path); found != nil {
		s.tomb.Path, s.tomb.Size, s.tomb.ModTime, s.onDisk = path, found.Size, found.ModTime, found.Size
	}
}

// hasTurns tells whether a turn of a session waits or runs.
func (e *Engine) hasTurns(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.sessions[id]
	return l != nil && l.busy()
}

// coolFor is how long a process that is kept warm may take to end: it is killed
// long before.
const coolFor = 20 * time.Second

// cool waits for the end of a process that is kept for a session's next turn,
// and of what it still writes.
func (c *Client) cool(ctx context.Context, s *doomed) error {
	c.disturbed(s.ID)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for over := time.After(coolFor); ; {
		c.mu.Lock()
		l := c.sessions[s.ID]
		serving := l != nil && l.serving
		c.mu.Unlock()
		switch {
		case c.hasTurns(s.ID):
			return refuseAtWork(s.Session)
		case !serving:
			return nil
		}
		select {
		case <-tick.C:
		case <-over:
			return refuseAtWork(s.Session)
		case <-c.closing:
			return Errorf(Unavailable, "Make the same call again.", "the engine is stopping.")
		}
	}
}

// forgetAll deletes the sessions in one write. While it does, no turn and no
// fork of them can begin.
func (c *Client) forgetAll(ctx context.Context, d *deleting) (err error) {
	inOrder := slices.SortedFunc(slices.Values(d.doomed), func(a, b *doomed) int { return strings.Compare(a.ID, b.ID) })
	for _, s := range inOrder {
		l := c.hold(s.ID)
		defer c.drop(l)
		l.commit.Lock()
		defer l.commit.Unlock()
	}
	var graves []sessionstore.Deletion
	for _, s := range d.doomed {
		if c.atWork(s.ID) {
			return refuseAtWork(s.Session)
		}
		others, err := c.forksOf(ctx, d, s.Session)
		if err != nil {
			return err
		}
		if len(others) > 0 {
			return refuseForks(s.Session, others)
		}
		s.bury(c.store.Now())
		graves = append(graves, sessionstore.Deletion{SessionID: s.ID, Tombstone: &s.tomb})
	}
	if err := c.store.DeleteAll(ctx, graves); err != nil {
		return c.fail("deleting sessions", err)
	}
	return nil
}

// told is what is, or would be, deleted.
func (d *deleting) told(done bool) Deletion {
	out := Deletion{Deleted: done, Sessions: []Doomed{}, Total: len(d.doomed), Forks: d.forks, AlreadyDeleted: d.already}
	for i, s := range d.doomed {
		out.StoredBytes += s.stored
		goes := d.req.DeleteTranscript && s.tomb.Path != ""
		if goes {
			out.TranscriptBytes += s.onDisk
		}
		if i < maxDoomedTold {
			out.Sessions = append(out.Sessions, Doomed{
				ID: s.ID, Title: oneline.Cut(s.Title(), rowTitle), Status: s.Status, Turns: s.Turns, ParentID: s.ParentID,
				StoredBytes: s.stored, Transcript: s.tomb.Path, DeleteTranscript: goes,
			})
		}
	}
	switch {
	case len(d.doomed) == 0:
		out.Next = "They were deleted before; nothing is left to do."
	case !done:
		out.Next = "Nothing was deleted yet. If the user wants this, call delete_sessions again with the same arguments and confirm: true."
	}
	return out
}

// buried tells whether a transcript is that of a session that was deleted here,
// and is as it was then.
func (e *Engine) buried(ctx context.Context, found agent.FoundTranscript) (bool, error) {
	tomb, err := e.store.Tombstone(ctx, found.SessionID)
	if errors.Is(err, sessionstore.ErrNotFound) {
		return false, nil
	}
	return err == nil && tomb.Size == found.Size && tomb.ModTime.Equal(found.ModTime), err
}
