package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Options say what is indexed. Dir and Store are needed.
type Options struct {
	Dir   string             // of the index alone
	Store sessionstore.Store // must stay open until Close has returned
	Log   *slog.Logger       // nil: nothing is logged
}

// Index finds words in the sessions of a store. It is safe to use at once.
type Index struct {
	dir   string
	store sessionstore.Store
	log   *slog.Logger

	imported func(ctx context.Context, sessionID string) (bool, error)

	remaking sync.Mutex // held by Rebuild and Close

	life   sync.RWMutex // held to read by searches, to write while these two change
	db     *database    // nil when there is none, see missing
	closed bool

	end  context.CancelFunc // of the follower
	done sync.WaitGroup

	queue    queue
	searches atomic.Int64 // how many there were
}

var (
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("the index is closed")
	// ErrBroken is returned by searches after a Rebuild that failed, until one
	// succeeds.
	ErrBroken = errors.New("there is no index: it could not be made anew")
)

// Open opens the index of a store, or makes it, and begins to follow the store.
func Open(o Options) (*Index, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	db, err := openDatabase(o.Dir, o.Store.Instance())
	if err != nil {
		return nil, fmt.Errorf("opening the search index %s: %w", o.Dir, err)
	}
	x := &Index{dir: o.Dir, store: o.Store, log: o.Log, db: db}
	x.imported, err = o.Store.Selector(sessionstore.Query{Origin: sessionstore.Imported, Archived: sessionstore.AnyArchived})
	if err != nil {
		return nil, errors.Join(err, db.close())
	}
	x.start()
	return x, nil
}

// start begins to follow the store with the present database. It returns a
// channel that is closed when it is known what there is to index.
func (x *Index) start() <-chan struct{} {
	ctx, end := context.WithCancel(context.Background())
	x.end = end
	x.queue.reset()
	f := &follower{store: x.store, log: x.log, db: x.db, queue: &x.queue, imported: x.imported, searches: &x.searches, untidy: true, begun: make(chan struct{})}
	x.done.Go(func() { f.run(ctx) })
	return f.begun
}

// Close ends the indexing and all searches. What is not indexed yet is indexed
// when the index is opened again.
func (x *Index) Close() error {
	x.remaking.Lock()
	defer x.remaking.Unlock()
	x.unfollow()
	x.life.Lock()
	defer x.life.Unlock()
	x.closed = true
	return x.drop()
}

// unfollow ends the follower.
func (x *Index) unfollow() {
	x.end()
	x.done.Wait()
}

// drop closes the database. life is held.
func (x *Index) drop() error {
	if x.db == nil {
		return nil
	}
	err := x.db.close()
	x.db = nil
	return err
}

// missing tells why there is no database, nil if there is one. life is held.
func (x *Index) missing() error {
	switch {
	case x.closed:
		return ErrClosed
	case x.db == nil:
		return ErrBroken
	}
	return nil
}

// Rebuild throws the index away and makes it anew from the store. It returns
// when that has begun, with the number of sessions there are; searches find what
// has been indexed so far.
func (x *Index) Rebuild(ctx context.Context) (sessions int, err error) {
	x.remaking.Lock()
	defer x.remaking.Unlock()
	begun, err := x.remake()
	if err != nil {
		return 0, err
	}
	select {
	case <-begun:
		return x.queue.size(), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// remake starts anew with an empty database. If that fails there is none, and
// the next call begins where this one ended.
func (x *Index) remake() (begun <-chan struct{}, err error) {
	x.unfollow()
	x.life.Lock()
	defer x.life.Unlock()
	if x.closed {
		return nil, ErrClosed
	}
	if err := x.drop(); err != nil {
		x.log.Warn("closing the search index to make it anew", "err", err)
	}
	if err := removeDatabase(x.dir); err != nil {
		return nil, fmt.Errorf("removing the search index: %w", err)
	}
	db, err := openDatabase(x.dir, x.store.Instance())
	if err != nil {
		return nil, fmt.Errorf("making the search index anew: %w", err)
	}
	x.db = db
	return x.start(), nil
}

// Progress tells how many sessions were looked at, of how many since the index
// was complete. Both are 0 when it is.
func (x *Index) Progress() (done, total int) { return x.queue.progress() }

// freshness is how long a search waits for what was written just before it.
const freshness = 500 * time.Millisecond

// soon is how many changed sessions are indexed in that time, about.
const soon = 150

// catchUp waits until all that the store has told by now is indexed, the
// backlog left aside, or for a short time. While many sessions are imported it
// does not wait: that would be in vain.
func (x *Index) catchUp(ctx context.Context) {
	seq, err := x.store.Seq(ctx)
	if err != nil || x.queue.waiting() > soon {
		return // the search itself will tell
	}
	ctx, cancel := context.WithTimeout(ctx, freshness)
	defer cancel()
	x.queue.await(ctx, seq)
}
