package search

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// follower keeps a database as its store is. It works alone, one goroutine.
type follower struct {
	store sessionstore.Store
	log   *slog.Logger
	db    *database
	queue *queue

	imported func(ctx context.Context, sessionID string) (bool, error) // tells of a session whether it is

	knows bool          // the queue knows where to go on
	begun chan struct{} // closed when it did so first
	once  sync.Once     // to close it

	untidy   bool          // there may be something to merge
	searches *atomic.Int64 // how many there were
}

// batchTime is how long a batch may keep others waiting. Shorter ones would
// leave more for the database to merge.
const batchTime = 200 * time.Millisecond

// So many sessions do not change at once by what people do: sessions are being
// imported, and nobody waits for any of them. Their changes are gathered for
// bulkTime, as each session changes several times, and as batches cost less the
// larger they are.
const (
	bulk     = 16
	bulkTime = 2 * time.Second
)

// pause is how long the follower rests after something went wrong.
const pause = time.Second

// run follows the store until ctx ends or the store is closed.
func (f *follower) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := f.step(ctx)
		if errors.Is(err, sessionstore.ErrClosed) {
			return
		}
		if err == nil || ctx.Err() != nil {
			continue
		}
		f.log.Warn("indexing for search", "err", err)
		f.rest(ctx, pause)
		f.knows = false // what was taken from the queue is to be looked at again
	}
}

// step writes one batch, or waits for a change when there is nothing to write.
func (f *follower) step(ctx context.Context) error {
	if !f.knows {
		if err := f.begin(ctx); err != nil {
			return err
		}
		f.knows = true
		f.once.Do(func() { close(f.begun) })
	}
	if _, empty := f.queue.state(); empty {
		if err := f.tidy(ctx); err != nil {
			return err
		}
	}
	if err := f.takeChanges(ctx); err != nil {
		return err
	}
	f.untidy = true
	if err := f.writeBatch(ctx); err != nil {
		return err
	}
	if seq := f.queue.written(); seq != 0 {
		return f.saveSeq(ctx, seq)
	}
	return nil
}

// begin goes on where the index is, or looks at all sessions if that is not
// known. What is found unchanged costs little.
func (f *follower) begin(ctx context.Context) error {
	seq, err := f.savedSeq(ctx)
	if err != nil {
		return err
	}
	if seq != 0 {
		f.queue.reset()
		f.queue.begin(nil, seq)
		return nil
	}
	return f.scan(ctx)
}

// scan makes all sessions the backlog: those of the store, newest first, and
// those that only the index knows, to be forgotten.
func (f *follower) scan(ctx context.Context) error {
	if err := f.saveSeq(ctx, 0); err != nil {
		return err
	}
	seq, err := f.store.Seq(ctx)
	if err != nil {
		return err
	}
	gone, err := f.indexed(ctx)
	if err != nil {
		return err
	}
	var all []string
	q := sessionstore.Query{Archived: sessionstore.AnyArchived, Limit: 1000}
	for more := true; more; more = q.Cursor != "" {
		page, err := f.store.List(ctx, q)
		if err != nil {
			return err
		}
		for _, s := range page.Sessions {
			all = append(all, s.ID)
			delete(gone, s.ID)
		}
		q.Cursor = page.Next
	}
	for id := range gone {
		all = append(all, id)
	}
	f.queue.reset()
	f.queue.begin(all, seq)
	return nil
}

// takeChanges puts all that has changed into the queue, and waits for a change
// if the queue is empty.
func (f *follower) takeChanges(ctx context.Context) error {
	seen, empty := f.queue.state()
	seq, err := f.store.Seq(ctx)
	if err != nil || !empty && seq == seen {
		return err
	}
	for more := true; more; more = seen < seq {
		changes, err := f.store.Changes(ctx, seen, 0)
		if errors.Is(err, sessionstore.ErrResync) {
			return f.scan(ctx)
		}
		if err != nil {
			return err
		}
		var ids []string
		for _, c := range changes {
			ids = append(ids, c.SessionID)
			seen = c.Seq
		}
		f.queue.add(ids, seen)
	}
	return nil
}

// writeBatch writes of what is in the queue as much as one transaction should
// hold. Sessions that have just changed are not kept waiting for long.
func (f *follower) writeBatch(ctx context.Context) error {
	b, err := f.newBatch(ctx)
	if err != nil {
		return err
	}
	defer b.abandon()
	began, n := time.Now(), 0
	for !b.full() {
		ids := f.take()
		if len(ids) == 0 {
			break
		}
		n += len(ids)
		if err := b.sessions(ctx, ids); err != nil {
			return err
		}
		if took := time.Since(began); took > batchTime && f.behind(ctx) && (n < bulk || took > bulkTime) {
			break
		}
	}
	if err := b.commit(ctx); err != nil {
		return err
	}
	if _, empty := f.queue.state(); empty && n >= bulk {
		f.rest(ctx, bulkTime-time.Since(began))
	}
	return nil
}

// rest does nothing for a time.
func (f *follower) rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// behind tells whether the store has changed since the queue heard of it.
func (f *follower) behind(ctx context.Context) bool {
	seen, _ := f.queue.state()
	seq, err := f.store.Seq(ctx)
	return err == nil && seq != seen
}

const seqKey = "seq"

// savedSeq is the change up to which the index is complete; 0 if it is not.
func (f *follower) savedSeq(ctx context.Context) (seq uint64, err error) {
	rows, err := f.db.write.QueryContext(ctx, `SELECT value FROM meta WHERE key = ?`, seqKey)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return 0, err
		}
		if seq, err = strconv.ParseUint(value, 10, 64); err != nil {
			return 0, nil // not known
		}
	}
	return seq, rows.Err()
}

func (f *follower) saveSeq(ctx context.Context, seq uint64) error {
	_, err := f.db.write.ExecContext(ctx, `INSERT OR REPLACE INTO meta VALUES (?, ?)`, seqKey, strconv.FormatUint(seq, 10))
	return err
}

// indexed are the ids of all sessions in the index.
func (f *follower) indexed(ctx context.Context) (map[string]bool, error) {
	rows, err := f.db.write.QueryContext(ctx, `SELECT id FROM sessions`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	ids := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids[id] = true
	}
	return ids, rows.Err()
}
