package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// kit is what a law works with: the store under test, its clock, and calls
// that end the law when they fail.
type kit struct {
	T
	sessionstore.Store
	ctx   context.Context
	clock *clock
	b     Backend
}

// clock stands still unless it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// reopen closes the store and opens it again, if the backend can.
func (k *kit) reopen() {
	if k.b.Reopen != nil {
		k.Store = k.b.Reopen(k.T, k.Store)
	}
}

// rounds is how often each of several writers writes.
func (k *kit) rounds() int {
	if k.b.Rounds > 0 {
		return k.b.Rounds
	}
	return 20
}

// patience is how long a law waits for what must happen.
func (k *kit) patience() time.Duration {
	if k.b.Patience > 0 {
		return k.b.Patience
	}
	return 20 * time.Second
}

// must ends the law if err is not nil.
func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatalf("unexpected error: %v", err)
	}
}

// refuses complains unless err is want.
func (k *kit) refuses(what string, err, want error) {
	k.Helper()
	if !errors.Is(err, want) {
		k.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// same complains unless got is want.
func (k *kit) same(what string, got, want any) {
	k.Helper()
	if d := cmp.Diff(want, got); d != "" {
		k.Errorf("%s: (-want +got)\n%s", what, d)
	}
}

// create makes a session that is idle, changed by edits.
func (k *kit) create(id string, edits ...func(*sessionstore.Session)) sessionstore.Session {
	k.Helper()
	s := newSession(id, edits...)
	c, err := k.Commit(k.ctx, sessionstore.Mutation{Create: &s})
	if err != nil {
		k.Fatalf("creating session %q: %v", id, err)
	}
	return c.Session
}

func newSession(id string, edits ...func(*sessionstore.Session)) sessionstore.Session {
	s := sessionstore.Session{ID: id, RootID: id, Status: sessionstore.Idle, Origin: sessionstore.Managed}
	for _, e := range edits {
		e(&s)
	}
	return s
}

func named(name string) func(*sessionstore.Session) {
	return func(s *sessionstore.Session) { s.Name = name }
}

// update writes s again, changed by edit.
func (k *kit) update(s sessionstore.Session, edit func(*sessionstore.Session)) sessionstore.Session {
	k.Helper()
	edit(&s)
	c, err := k.Commit(k.ctx, sessionstore.Mutation{Update: &s})
	if err != nil {
		k.Fatalf("updating session %q: %v", s.ID, err)
	}
	return c.Session
}

func (k *kit) commit(m sessionstore.Mutation) sessionstore.Committed {
	k.Helper()
	c, err := k.Commit(k.ctx, m)
	k.must(err)
	return c
}

// session reads a session that must be there.
func (k *kit) session(id string) sessionstore.Session {
	k.Helper()
	s, err := k.Session(k.ctx, id)
	if err != nil {
		k.Fatalf("reading session %q: %v", id, err)
	}
	return s
}

func newTurn(session, id string, seq int64) sessionstore.Turn {
	return sessionstore.Turn{
		ID: id, SessionID: session, Seq: seq, Prompt: "do " + id, Status: sessionstore.TurnQueued,
		QueuedAt: time.Date(2026, 3, 1, 0, 0, int(seq), 0, time.UTC),
	}
}

// queue makes a turn.
func (k *kit) queue(session, id string, seq int64) sessionstore.Turn {
	k.Helper()
	t := newTurn(session, id, seq)
	k.commit(sessionstore.Mutation{Turns: []sessionstore.Turn{t}})
	return t
}

func (k *kit) acquire(id, owner string, ttl time.Duration) sessionstore.Lease {
	k.Helper()
	l, err := k.Acquire(k.ctx, id, owner, ttl)
	k.must(err)
	return l
}

// append adds lines and returns how many were new.
func (k *kit) append(id, sub string, lines ...string) int {
	k.Helper()
	n, err := k.Append(k.ctx, batch(id, sub, lines...))
	if err != nil {
		k.Fatalf("appending %d lines to %q %q: %v", len(lines), id, sub, err)
	}
	return n
}

func batch(id, sub string, lines ...string) sessionstore.Append {
	a := sessionstore.Append{SessionID: id, Sub: sub}
	for _, l := range lines {
		a.Lines = append(a.Lines, json.RawMessage(l))
	}
	return a
}

// line is an entry with a uuid.
func line(uuid string) string {
	s, err := json.Marshal(uuid)
	if err != nil {
		panic(err) // a string can be encoded
	}
	return fmt.Sprintf(`{"uuid":%s,"text":"a line"}`, s)
}

// lines are entries whose uuids begin with prefix.
func lines(prefix string, n int) (all []string) {
	for i := range n {
		all = append(all, line(fmt.Sprintf("%s-%d", prefix, i)))
	}
	return all
}

// entries reads a transcript that must be there, and complains about its
// numbers.
func (k *kit) entries(id, sub string, from int64) (raws []string) {
	k.Helper()
	next := from
	for e, err := range k.Entries(k.ctx, id, sub, from) {
		if err != nil {
			k.Fatalf("reading entries of %q %q: %v", id, sub, err)
		}
		if e.Seq != next {
			k.Errorf("entries of %q %q: got number %d, want %d", id, sub, e.Seq, next)
		}
		next++
		raws = append(raws, string(e.Raw))
	}
	return raws
}

// entriesError returns what reading a transcript ends in.
func (k *kit) entriesError(id, sub string) error {
	for _, err := range k.Entries(k.ctx, id, sub, 0) {
		if err != nil {
			return err
		}
	}
	return nil
}

// turns reads a session's turns.
func (k *kit) turns(id string) (turns []sessionstore.Turn) {
	k.Helper()
	for t, err := range k.Turns(k.ctx, id) {
		k.must(err)
		turns = append(turns, t)
	}
	return turns
}

// list reads one page.
func (k *kit) list(q sessionstore.Query) sessionstore.Page {
	k.Helper()
	p, err := k.List(k.ctx, q)
	if err != nil {
		k.Fatalf("List(%+v): %v", q, err)
	}
	return p
}

// listIDs reads all pages of a list.
func (k *kit) listIDs(q sessionstore.Query) (ids []string) {
	k.Helper()
	for {
		p := k.list(q)
		ids = append(ids, idsOf(p.Sessions)...)
		if p.Next == "" {
			return ids
		}
		q.Cursor = p.Next
	}
}

func idsOf(list []sessionstore.Session) (ids []string) {
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	return ids
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// each calls f at once for 0 to n-1, and returns when all are done.
func each(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}
