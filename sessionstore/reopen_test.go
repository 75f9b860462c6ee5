package sessionstore_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// reopening is a store that is closed and opened again before the first call
// after each write: what it answers was never only in memory.
type reopening struct {
	open func() *sessionstore.DB

	mu      sync.RWMutex // held for reading during calls
	db      *sessionstore.DB
	written bool
	closed  bool
}

var _ sessionstore.Store = (*reopening)(nil)

// use calls f with the store, fresh from disk if something was written since.
func (r *reopening) use(writes bool, f func(*sessionstore.DB)) {
	r.mu.Lock()
	if r.written && !r.closed {
		if err := r.db.Close(); err != nil {
			panic(err)
		}
		r.db = r.open()
	}
	r.written = writes
	if writes {
		defer r.mu.Unlock()
	} else {
		r.mu.Unlock()
		r.mu.RLock()
		defer r.mu.RUnlock()
	}
	f(r.db)
}

func call[T any](r *reopening, writes bool, f func(*sessionstore.DB) (T, error)) (v T, err error) {
	r.use(writes, func(db *sessionstore.DB) { v, err = f(db) })
	return v, err
}

func (r *reopening) Commit(ctx context.Context, m sessionstore.Mutation) (sessionstore.Committed, error) {
	return call(r, true, func(db *sessionstore.DB) (sessionstore.Committed, error) { return db.Commit(ctx, m) })
}

func (r *reopening) Session(ctx context.Context, id string) (sessionstore.Session, error) {
	return call(r, false, func(db *sessionstore.DB) (sessionstore.Session, error) { return db.Session(ctx, id) })
}

func (r *reopening) Resolve(ctx context.Context, ref string) (sessionstore.Session, error) {
	return call(r, false, func(db *sessionstore.DB) (sessionstore.Session, error) { return db.Resolve(ctx, ref) })
}

func (r *reopening) List(ctx context.Context, q sessionstore.Query) (sessionstore.Page, error) {
	return call(r, false, func(db *sessionstore.DB) (sessionstore.Page, error) { return db.List(ctx, q) })
}

func (r *reopening) Selector(q sessionstore.Query) (func(context.Context, string) (bool, error), error) {
	if _, err := call(r, false, func(db *sessionstore.DB) (any, error) { return db.Selector(q) }); err != nil {
		return nil, err
	}
	return func(ctx context.Context, id string) (bool, error) {
		return call(r, false, func(db *sessionstore.DB) (bool, error) {
			selected, err := db.Selector(q)
			if err != nil {
				return false, err
			}
			return selected(ctx, id)
		})
	}, nil
}

func (r *reopening) DeleteAll(ctx context.Context, list []sessionstore.Deletion) (err error) {
	r.use(true, func(db *sessionstore.DB) { err = db.DeleteAll(ctx, list) })
	return err
}

func (r *reopening) Tombstone(ctx context.Context, ref string) (t sessionstore.Tombstone, err error) {
	r.use(false, func(db *sessionstore.DB) { t, err = db.Tombstone(ctx, ref) })
	return t, err
}

func (r *reopening) Delete(ctx context.Context, id string, token uint64) (err error) {
	r.use(true, func(db *sessionstore.DB) { err = db.Delete(ctx, id, token) })
	return err
}

func (r *reopening) Turn(ctx context.Context, id string) (sessionstore.Turn, error) {
	return call(r, false, func(db *sessionstore.DB) (sessionstore.Turn, error) { return db.Turn(ctx, id) })
}

// Turns reads all turns first, as the loop's body may make the store reopen.
func (r *reopening) Turns(ctx context.Context, id string) iter.Seq2[sessionstore.Turn, error] {
	return func(yield func(sessionstore.Turn, error) bool) {
		var turns []sessionstore.Turn
		var failed error
		r.use(false, func(db *sessionstore.DB) {
			for t, err := range db.Turns(ctx, id) {
				turns, failed = append(turns, t), err
			}
		})
		for _, t := range turns {
			if !yield(t, failed) {
				return
			}
		}
	}
}

func (r *reopening) LiveTurns(ctx context.Context) ([]sessionstore.Turn, error) {
	return call(r, false, func(db *sessionstore.DB) ([]sessionstore.Turn, error) { return db.LiveTurns(ctx) })
}

func (r *reopening) Requests(ctx context.Context, id string, open bool) ([]sessionstore.Request, error) {
	return call(r, false, func(db *sessionstore.DB) ([]sessionstore.Request, error) { return db.Requests(ctx, id, open) })
}

func (r *reopening) Receipt(ctx context.Context, owner, key string) (sessionstore.Receipt, error) {
	return call(r, false, func(db *sessionstore.DB) (sessionstore.Receipt, error) { return db.Receipt(ctx, owner, key) })
}

func (r *reopening) Acquire(ctx context.Context, id, owner string, ttl time.Duration) (sessionstore.Lease, error) {
	return call(r, true, func(db *sessionstore.DB) (sessionstore.Lease, error) { return db.Acquire(ctx, id, owner, ttl) })
}

func (r *reopening) Renew(ctx context.Context, l sessionstore.Lease, ttl time.Duration) (sessionstore.Lease, error) {
	return call(r, true, func(db *sessionstore.DB) (sessionstore.Lease, error) { return db.Renew(ctx, l, ttl) })
}

func (r *reopening) Release(ctx context.Context, l sessionstore.Lease) (err error) {
	r.use(true, func(db *sessionstore.DB) { err = db.Release(ctx, l) })
	return err
}

func (r *reopening) Leases(ctx context.Context) ([]sessionstore.Lease, error) {
	return call(r, false, func(db *sessionstore.DB) ([]sessionstore.Lease, error) { return db.Leases(ctx) })
}

func (r *reopening) Append(ctx context.Context, a sessionstore.Append) (int, error) {
	return call(r, true, func(db *sessionstore.DB) (int, error) { return db.Append(ctx, a) })
}

// Entries goes on where it was, if the store was reopened by the loop's body.
func (r *reopening) Entries(ctx context.Context, id, sub string, from int64) iter.Seq2[sessionstore.Entry, error] {
	return func(yield func(sessionstore.Entry, error) bool) {
		for again := true; again; {
			again = false
			var db *sessionstore.DB
			r.use(false, func(now *sessionstore.DB) { db = now })
			for e, err := range db.Entries(ctx, id, sub, from) {
				if errors.Is(err, sessionstore.ErrClosed) && r.alive() {
					again = true
					break
				}
				if !yield(e, err) {
					return
				}
				from = e.Seq + 1
			}
		}
	}
}

func (r *reopening) alive() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return !r.closed
}

func (r *reopening) DropEntries(ctx context.Context, id string) (err error) {
	r.use(true, func(db *sessionstore.DB) { err = db.DropEntries(ctx, id) })
	return err
}

func (r *reopening) Space(ctx context.Context) (sessionstore.Space, error) {
	return call(r, false, func(db *sessionstore.DB) (sessionstore.Space, error) { return db.Space(ctx) })
}

func (r *reopening) Transcripts(ctx context.Context, id string) ([]sessionstore.TranscriptHead, error) {
	return call(r, false, func(db *sessionstore.DB) ([]sessionstore.TranscriptHead, error) { return db.Transcripts(ctx, id) })
}

func (r *reopening) Known(id, sub string) func(context.Context, string) (bool, error) {
	return func(ctx context.Context, uuid string) (bool, error) {
		return call(r, false, func(db *sessionstore.DB) (bool, error) { return db.Known(id, sub)(ctx, uuid) })
	}
}

func (r *reopening) Source(ctx context.Context, id string) (sessionstore.Source, error) {
	return call(r, false, func(db *sessionstore.DB) (sessionstore.Source, error) { return db.Source(ctx, id) })
}

func (r *reopening) Sources(ctx context.Context) iter.Seq2[sessionstore.Source, error] {
	return func(yield func(sessionstore.Source, error) bool) {
		r.use(false, func(db *sessionstore.DB) { db.Sources(ctx)(yield) })
	}
}

func (r *reopening) Seq(ctx context.Context) (uint64, error) {
	return call(r, false, func(db *sessionstore.DB) (uint64, error) { return db.Seq(ctx) })
}

// Changes waits outside of the lock: who reopens must not wait for it.
func (r *reopening) Changes(ctx context.Context, since uint64, limit int) (changes []sessionstore.Change, err error) {
	for {
		var db *sessionstore.DB
		r.use(false, func(now *sessionstore.DB) { db = now })
		changes, err = db.Changes(ctx, since, limit)
		if !errors.Is(err, sessionstore.ErrClosed) || !r.alive() {
			return changes, err
		}
	}
}

func (r *reopening) Instance() (id string) {
	r.use(false, func(db *sessionstore.DB) { id = db.Instance() })
	return id
}

func (r *reopening) Secret() (b []byte) {
	r.use(false, func(db *sessionstore.DB) { b = db.Secret() })
	return b
}

func (r *reopening) Now() (t time.Time) {
	r.use(false, func(db *sessionstore.DB) { t = db.Now() })
	return t
}

func (r *reopening) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return r.db.Close()
}
