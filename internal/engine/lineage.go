package engine

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// relate finds the parents of forks that were made elsewhere, in the family of
// a session that was just read: a fork holds its parent's messages, uuids
// included, up to where it was made. A parent may be read after its forks, so
// all of the family are compared with it.
func (im *importer) relate(id, first string) error {
	im.kin.Lock()
	defer im.kin.Unlock()
	family := im.family(first, id)
	if len(family) == 0 {
		return nil
	}
	members := map[string]member{}
	for _, id := range append(family, id) {
		m, err := im.member(id)
		if err != nil {
			return err
		}
		if sum := &m.state.Summary; sum.First == first || sum.CopiedFirst == first { // read whole, and there still
			members[id] = m
		}
	}
	if _, there := members[id]; !there {
		return nil
	}
	for _, m := range members {
		if m.session.Origin != sessionstore.Imported {
			continue // we made it, and know where it comes from
		}
		if err := im.settle(m, members, id); err != nil && !errors.Is(err, errLater) {
			return err
		}
	}
	return nil
}

// settle finds the parent of a member of a family in which one is new.
func (im *importer) settle(m member, members map[string]member, newest string) error {
	among := members
	now, has := members[m.session.ParentID]
	if has && m.session.ID != newest { // all others were compared before
		if !members[newest].before(m) {
			return nil
		}
		among = map[string]member{now.session.ID: now, newest: members[newest]}
	}
	parent, copied := im.parentOf(m, among)
	if parent == "" || m.session.ParentID == parent && m.state.Shared != (share{}) {
		return nil
	}
	origin := agent.EntryID
	if copied {
		origin = agent.CopiedFrom
	}
	shared := im.shared(m.session, members[parent].session, origin, im.linesOf)
	if copied {
		shared.Usage.CostUSD = 0 // it counts anew
	}
	return im.adopt(m.session.ID, parent, shared)
}

// member is one of a family of forks.
type member struct {
	session sessionstore.Session
	state   importState
}

func (im *importer) member(id string) (m member, err error) {
	if m.session, err = im.e.store.Session(im.ctx, id); err != nil {
		return m, ignoreUnknown(err)
	}
	src, err := im.e.store.Source(im.ctx, id)
	if err != nil {
		return m, ignoreUnknown(err)
	}
	return m, json.Unmarshal(src.State, &m.state)
}

// before tells whether m is older than n. Forks are younger than their parents,
// but what a fork holds of its parent is as old: only the first line of a file
// tells when it was begun.
func (m member) before(n member) bool {
	if a, b := m.state.Summary.Created, n.state.Summary.Created; !a.Equal(b) {
		return a.Before(b)
	}
	if a, b := m.state.Summary.Updated, n.state.Summary.Updated; !a.Equal(b) {
		return a.Before(b)
	}
	return m.session.ID < n.session.ID
}

// parentOf returns the older member of which m holds most, the oldest of
// several. A copy that the Agent SDK made holds nothing of anybody, but says
// whose it is.
func (im *importer) parentOf(m member, members map[string]member) (parent string, copied bool) {
	most := 0
	for id, candidate := range members {
		if id == m.session.ID || !candidate.before(m) {
			continue
		}
		turns, any := im.marksOf(m.session).shared(im.marksOf(candidate.session))
		if any && (parent == "" || turns > most || turns == most && candidate.before(members[parent])) {
			parent, most = id, turns
		}
	}
	if _, ok := members[m.state.Summary.CopyOf]; ok && parent == "" {
		return m.state.Summary.CopyOf, true
	}
	return parent, false
}

// shared sums up what a fork holds of a session; origin tells the uuid that a
// line of the fork has there, and lines are those of either. The cost is what the
// session had saved by then.
func (im *importer) shared(fork, of sessionstore.Session, origin func(json.RawMessage) string, lines func(sessionstore.Session) iter.Seq[json.RawMessage]) (shared agent.Summary) {
	theirs := map[string]bool{}
	for line := range lines(of) {
		if id := agent.EntryID(line); id != "" {
			theirs[id] = true
		}
	}
	ours := map[string]bool{}
	for line := range lines(fork) {
		id := origin(line)
		if ours[id] = true; !theirs[id] {
			continue
		}
		before := shared.Last
		if shared.Add(line); shared.Last != before {
			shared.Last = id
		}
	}
	var until agent.Summary
	for line := range lines(of) {
		if id := agent.EntryID(line); id != "" && !ours[id] {
			break
		}
		until.Add(line)
	}
	shared.Usage.CostUSD = until.Usage.CostUSD
	return shared
}

// linesOf are the lines of a session's own transcript: of its file, or what the
// store has of it. They end early where they cannot be read. Each is good until
// the next one is asked for.
func (im *importer) linesOf(s sessionstore.Session) iter.Seq[json.RawMessage] {
	return good(im.e.anyLines(im.ctx, s))
}

// anyLines are the lines of a session's own transcript: of its file, else those
// that the store has, each good until the next one is asked for.
func (e *Engine) anyLines(ctx context.Context, s sessionstore.Session) iter.Seq2[json.RawMessage, error] {
	if path, err := agent.FindTranscript(s.ConfigDir, s.Cwd, s.ID); err == nil {
		return agent.ReadLines(path, 0)
	}
	return e.lines(ctx, s.ID, "")
}

// adopt stores that a session is a fork of parent, and of which part of it.
func (im *importer) adopt(id, parent string, shared agent.Summary) error {
	fork, err := im.member(id)
	if err != nil || fork.session.ID == "" {
		return err
	}
	of, err := im.e.store.Session(im.ctx, parent) // its own parent may have been found just now
	if err != nil {
		return ignoreUnknown(err)
	}
	fork.state.Shared = share{Turns: shared.Turns, Usage: shared.Usage}
	src, err := im.e.store.Source(im.ctx, id)
	if err != nil || src.ModTime.IsZero() {
		return ignoreUnknown(err) // it is being read, and looks for its parent itself
	}
	src.State = encodeState(fork.state)
	root := of.RootID
	err = im.change(id, &src, func(s *sessionstore.Session) time.Time {
		s.ParentID, s.ForkedAt, s.RootID, s.ForkVerified = parent, shared.Last, root, true
		im.describe(s, &fork.state, agent.FoundTranscript{ModTime: src.ModTime})
		return s.UpdatedAt
	})
	if err != nil {
		return err
	}
	return im.reroot(id, root)
}

// reroot tells the forks of a session, and theirs, that their tree has another
// root.
func (im *importer) reroot(from, root string) error {
	page, err := im.e.store.List(im.ctx, sessionstore.Query{RootID: from, Archived: sessionstore.AnyArchived, Limit: 1000})
	for err == nil && len(page.Sessions) > 0 {
		for _, s := range page.Sessions {
			if s.ID == root || s.ID == from {
				continue
			}
			err = errors.Join(err, im.change(s.ID, nil, func(s *sessionstore.Session) time.Time {
				s.RootID = root
				return s.UpdatedAt
			}))
		}
		if page.Next == "" || err != nil {
			return err
		}
		page, err = im.e.store.List(im.ctx, sessionstore.Query{RootID: from, Archived: sessionstore.AnyArchived, Limit: 1000, Cursor: page.Next})
	}
	return err
}
