package sessionstore

import (
	"context"
	"sync"

	"github.com/dgraph-io/badger/v4"
)

// maxChanges is how many changes one call returns at most.
const maxChanges = 1000

// changeLog tells which changes may be read: those whose effects everybody sees.
type changeLog struct {
	mu    sync.Mutex
	first uint64        // the oldest that is kept
	last  uint64        // the newest; first-1 if there is none
	more  chan struct{} // closed when last rises
}

// publish makes the changes first to last readable and wakes all who wait.
func (l *changeLog) publish(first, last uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last > l.last {
		close(l.more)
		l.more = make(chan struct{})
	}
	l.first, l.last = first, last
}

func (l *changeLog) state() (first, last uint64, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first, l.last, l.more
}

// Seq implements Store.
func (db *DB) Seq(ctx context.Context) (uint64, error) {
	done, err := db.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	_, last, _ := db.changes.state()
	return last, nil
}

// Changes implements Store. A limit of 0 is 1,000, which is also the most.
func (db *DB) Changes(ctx context.Context, since uint64, limit int) ([]Change, error) {
	if limit <= 0 || limit > maxChanges {
		limit = maxChanges
	}
	for {
		if _, err := db.Seq(ctx); err != nil { // ctx has ended, or the store is closed
			return nil, err
		}
		first, last, more := db.changes.state()
		if since+1 < first || since > last {
			return nil, ErrResync
		}
		if since < last {
			return db.readChanges(ctx, since+1, min(last, since+uint64(limit)))
		}
		if err := db.await(ctx, more); err != nil {
			return nil, err
		}
	}
}

// await waits until more is closed.
func (db *DB) await(ctx context.Context, more <-chan struct{}) error {
	select {
	case <-more:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-db.closing:
		return ErrClosed
	}
}

// readChanges returns the changes from first to last. If some of them were
// dropped meanwhile it is ErrResync.
func (db *DB) readChanges(ctx context.Context, first, last uint64) (list []Change, err error) {
	err = db.view(ctx, func(txn *badger.Txn) error {
		for seq := first; seq <= last; seq++ {
			c, err := getJSON[Change](txn, numberKey(kindChange, seq))
			if err == ErrNotFound {
				return ErrResync
			}
			if err != nil {
				return err
			}
			list = append(list, c)
		}
		return nil
	})
	return list, err
}
