package sessionstore_test

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
	"github.com/claude-sessions/claude-sessions/sessionstore/storetest"
)

// TestSuiteCatches runs laws on stores that are broken on purpose, each in one
// small way: the law must complain about it, and not about the sound store.
func TestSuiteCatches(t *testing.T) {
	for _, c := range []struct {
		name string
		law  string
		wrap func(sessionstore.Store) sessionstore.Store
	}{
		{"answers zero for the unknown", "the unknown is not found",
			func(s sessionstore.Store) sessionstore.Store { return zeroForUnknown{s} }},
		{"yields nothing for the unknown", "an empty append is no write",
			func(s sessionstore.Store) sessionstore.Store { return nothingForUnknown{s} }},
		{"appends under any lease", "a stale lease is refused on every write",
			func(s sessionstore.Store) sessionstore.Store { return anyLeaseAppends{s} }},
		{"deletes under any lease", "a stale lease is refused on every write",
			func(s sessionstore.Store) sessionstore.Store { return anyLeaseDeletes{s} }},
		{"appends line by line", "batches of eight writers are never interleaved",
			func(s sessionstore.Store) sessionstore.Store { return lineByLine{s} }},
		{"counts doubles as new", "a known uuid is dropped",
			func(s sessionstore.Store) sessionstore.Store { return countsDoubles{s} }},
		{"drops known uuids of a verbatim append", "a verbatim append keeps all lines",
			func(s sessionstore.Store) sessionstore.Store { return neverVerbatim{s} }},
		{"lets a turn end twice", "a turn ends once",
			func(s sessionstore.Store) sessionstore.Store { return endsTwice{s} }},
		{"writes turns before it checks the session", "a commit is written as a whole or not at all",
			func(s sessionstore.Store) sessionstore.Store { return turnsFirst{s} }},
		{"counts pages from the top", "pages are stable while sessions come and go",
			func(s sessionstore.Store) sessionstore.Store { return offsetPages{s} }},
		{"tells only what comes after the call", "no change is lost between list and watch",
			func(s sessionstore.Store) sessionstore.Store { return forgetfulWatch{s} }},
		{"hands out what it keeps", "values are copied",
			func(s sessionstore.Store) sessionstore.Store {
				return sharing{s, make(map[string]sessionstore.Session)}
			}},
		{"appends without the source", "a source is written with its lines",
			func(s sessionstore.Store) sessionstore.Store { return sourceless{s} }},
		{"drops without forgetting the uuids", "dropped entries can come again",
			func(s sessionstore.Store) sessionstore.Store { return rememberingDrop{s, make(map[string]bool)} }},
		{"deletes instead of dropping", "dropped entries leave the session",
			func(s sessionstore.Store) sessionstore.Store { return deletingDrop{s} }},
		{"stamps all writes with now", "a write may tell of another time",
			func(s sessionstore.Store) sessionstore.Store { return onlyNow{s} }},
		{"stamps by the microsecond", "time stamps rise strictly",
			func(s sessionstore.Store) sessionstore.Store { return coarseStamps{s} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			law := lawNamed(t, c.law)
			sound := inMemory()
			sound.Patience = time.Second
			if complaints := law.Check(t, sound); len(complaints) > 0 {
				t.Errorf("%q complains about a sound store: %v", c.law, complaints)
			}
			broken := sound
			broken.Open = func(t storetest.T, now func() time.Time) sessionstore.Store {
				return c.wrap(sound.Open(t, now))
			}
			if complaints := law.Check(t, broken); len(complaints) == 0 {
				t.Errorf("%q does not complain", c.law)
			}
		})
	}
}

func lawNamed(t *testing.T, name string) storetest.Law {
	for _, l := range storetest.Laws() {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("there is no law %q", name)
	return storetest.Law{}
}

type zeroForUnknown struct{ sessionstore.Store }

func (b zeroForUnknown) Session(ctx context.Context, id string) (sessionstore.Session, error) {
	s, err := b.Store.Session(ctx, id)
	if errors.Is(err, sessionstore.ErrNotFound) {
		err = nil
	}
	return s, err
}

type nothingForUnknown struct{ sessionstore.Store }

func (b nothingForUnknown) Entries(ctx context.Context, id, sub string, from int64) iter.Seq2[sessionstore.Entry, error] {
	return func(yield func(sessionstore.Entry, error) bool) {
		for e, err := range b.Store.Entries(ctx, id, sub, from) {
			if errors.Is(err, sessionstore.ErrNotFound) || !yield(e, err) {
				return
			}
		}
	}
}

type anyLeaseAppends struct{ sessionstore.Store }

func (b anyLeaseAppends) Append(ctx context.Context, a sessionstore.Append) (int, error) {
	a.Token = 0
	return b.Store.Append(ctx, a)
}

type anyLeaseDeletes struct{ sessionstore.Store }

func (b anyLeaseDeletes) Delete(ctx context.Context, id string, _ uint64) error {
	return b.Store.Delete(ctx, id, 0)
}

type lineByLine struct{ sessionstore.Store }

func (b lineByLine) Append(ctx context.Context, a sessionstore.Append) (added int, err error) {
	all := a.Lines
	for i := range all {
		a.Lines = all[i : i+1]
		n, err := b.Store.Append(ctx, a)
		if err != nil {
			return 0, err
		}
		added += n
	}
	return added, nil
}

type countsDoubles struct{ sessionstore.Store }

func (b countsDoubles) Append(ctx context.Context, a sessionstore.Append) (int, error) {
	_, err := b.Store.Append(ctx, a)
	return len(a.Lines), err
}

type neverVerbatim struct{ sessionstore.Store }

func (b neverVerbatim) Append(ctx context.Context, a sessionstore.Append) (int, error) {
	a.Verbatim = false
	return b.Store.Append(ctx, a)
}

// endsTwice pretends that a second end was written.
type endsTwice struct{ sessionstore.Store }

func (b endsTwice) Commit(ctx context.Context, m sessionstore.Mutation) (sessionstore.Committed, error) {
	c, err := b.Store.Commit(ctx, m)
	if errors.Is(err, sessionstore.ErrConflict) && m.Update == nil {
		err = nil
	}
	return c, err
}

type turnsFirst struct{ sessionstore.Store }

func (b turnsFirst) Commit(ctx context.Context, m sessionstore.Mutation) (sessionstore.Committed, error) {
	if m.Update != nil && len(m.Turns) > 0 {
		if _, err := b.Store.Commit(ctx, sessionstore.Mutation{Turns: m.Turns}); err != nil {
			return sessionstore.Committed{}, err
		}
		m.Turns = nil
	}
	return b.Store.Commit(ctx, m)
}

type offsetPages struct{ sessionstore.Store }

func (b offsetPages) List(ctx context.Context, q sessionstore.Query) (sessionstore.Page, error) {
	limit, from := max(q.Limit, 1), 0
	if q.Cursor != "" {
		from, _ = strconv.Atoi(q.Cursor)
	}
	q.Cursor, q.Limit = "", 1000
	p, err := b.Store.List(ctx, q)
	from = min(from, len(p.Sessions))
	p.Sessions = p.Sessions[from:]
	if len(p.Sessions) > limit {
		p.Sessions, p.Next = p.Sessions[:limit], strconv.Itoa(from+limit)
	}
	return p, err
}

type forgetfulWatch struct{ sessionstore.Store }

func (b forgetfulWatch) Changes(ctx context.Context, since uint64, limit int) ([]sessionstore.Change, error) {
	now, err := b.Store.Seq(ctx)
	if err != nil {
		return nil, err
	}
	return b.Store.Changes(ctx, max(since, now), limit)
}

type sharing struct {
	sessionstore.Store
	kept map[string]sessionstore.Session
}

func (b sharing) Session(ctx context.Context, id string) (sessionstore.Session, error) {
	if s, ok := b.kept[id]; ok {
		return s, nil
	}
	s, err := b.Store.Session(ctx, id)
	b.kept[id] = s
	return s, err
}

type coarseStamps struct{ sessionstore.Store }

func (b coarseStamps) Commit(ctx context.Context, m sessionstore.Mutation) (sessionstore.Committed, error) {
	c, err := b.Store.Commit(ctx, m)
	for _, s := range []*sessionstore.Session{&c.Session, &c.Created} {
		s.UpdatedAt = s.UpdatedAt.Truncate(time.Microsecond)
	}
	return c, err
}

type sourceless struct{ sessionstore.Store }

func (s sourceless) Append(ctx context.Context, a sessionstore.Append) (int, error) {
	a.Source = nil
	return s.Store.Append(ctx, a)
}

type onlyNow struct{ sessionstore.Store }

func (s onlyNow) Commit(ctx context.Context, m sessionstore.Mutation) (sessionstore.Committed, error) {
	m.At = time.Time{}
	return s.Store.Commit(ctx, m)
}

type rememberingDrop struct {
	sessionstore.Store
	dropped map[string]bool
}

func (s rememberingDrop) DropEntries(ctx context.Context, id string) error {
	s.dropped[id] = true
	return s.Store.DropEntries(ctx, id)
}

func (s rememberingDrop) Append(ctx context.Context, a sessionstore.Append) (int, error) {
	if s.dropped[a.SessionID] {
		return 0, nil
	}
	return s.Store.Append(ctx, a)
}

type deletingDrop struct{ sessionstore.Store }

func (s deletingDrop) DropEntries(ctx context.Context, id string) error {
	return s.Delete(ctx, id, 0)
}
