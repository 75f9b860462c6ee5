package sessionstore

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/dgraph-io/badger/v4"
)

// Maintain frees the space of what was deleted: it sweeps what deleted sessions
// left, rewrites segments of which less than three quarters are needed, and has Badger
// merge its tables. It is for times when nothing else goes on: it works beside
// other calls, but slows them down. When ctx ends it stops, and the next call
// goes on from there.
func (db *DB) Maintain(ctx context.Context) error {
	release, err := db.begin(ctx)
	if err != nil {
		return err
	}
	defer release()
	for _, step := range []func(context.Context) error{db.sweep, db.rewriteSparse, db.compressSealed, db.shrinkBadger} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("maintaining store %s: %w", db.dir, err)
		}
	}
	return nil
}

// shrinkBadger merges tables, and rewrites value logs that are half empty.
func (db *DB) shrinkBadger(ctx context.Context) error {
	if err := ctx.Err(); err != nil || db.opts.InMemory {
		return err
	}
	if err := db.badger.Flatten(1); err != nil {
		return fmt.Errorf("merging tables: %w", err)
	}
	for ctx.Err() == nil {
		err := db.badger.RunValueLogGC(0.5)
		if errors.Is(err, badger.ErrNoRewrite) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("rewriting value logs: %w", err)
		}
	}
	return ctx.Err()
}

// rewriteSparse removes the segments of which a quarter or more is not needed,
// after copying the rest to the end of the one that grows.
func (db *DB) rewriteSparse(ctx context.Context) error {
	db.upkeep.Lock()
	defer db.upkeep.Unlock()
	return db.eachSegment(ctx, func(s segment) error {
		if 4*s.live >= 3*s.length {
			return nil
		}
		return db.rewrite(ctx, s.id)
	})
}

func (db *DB) segmentRecords(ctx context.Context) (all []segment, err error) {
	err = db.view(ctx, func(txn *badger.Txn) error {
		for item := range each(txn, []byte{kindSegment}, nil) {
			err := item.Value(func(b []byte) error {
				s, err := unpackSegment(numberOf(item.Key()), b)
				all = append(all, s)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// rewrite empties a segment and removes it.
func (db *DB) rewrite(ctx context.Context, id uint64) error {
	if err := db.write(ctx, exempt, func(p *plan) error { return p.seal(id) }); err != nil {
		return err
	}
	var after []byte
	for {
		keys, places, err := db.extentsIn(ctx, id, after)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			break
		}
		if err := db.readable(places); err != nil {
			return err
		}
		if err := db.write(ctx, exempt, func(p *plan) error { return p.move(db.segments, id, keys) }); err != nil {
			return err
		}
		after = keys[len(keys)-1]
	}
	err := db.write(ctx, exempt, func(p *plan) error {
		p.del(numberKey(kindSegment, id))
		return nil
	})
	if err != nil {
		return err
	}
	return db.segments.removeAll(id)
}

// seal begins a new segment if the one with this id is the one that grows.
func (p *plan) seal(id uint64) error {
	if p.tail.id == id {
		p.tail = segment{id: id + 1}
	}
	return nil
}

// How much is moved with one write, about.
const (
	maxMoved      = 32
	maxMovedBytes = 4 << 20
	maxMovedUUIDs = maxBytes / 2 / len(uuidHash{})
)

// readable reads what is about to be moved: were it found damaged while it is
// moved, whoever writes at that time would fail along with it.
func (db *DB) readable(places []place) error {
	for _, p := range places {
		if err := db.segments.copyOf(p)(io.Discard); err != nil {
			return errors.Join(err, errDamaged)
		}
	}
	return nil
}

// extentsIn returns some extents that lie in a segment, from those after a key
// on: their keys, and where they lie.
func (db *DB) extentsIn(ctx context.Context, id uint64, last []byte) (keys [][]byte, places []place, err error) {
	from, bytes, uuids := []byte(nil), int64(0), 0
	if last != nil {
		from = after(last)
	}
	err = db.view(ctx, func(txn *badger.Txn) error {
		for item := range each(txn, []byte{kindExtent}, from) {
			x, err := readExtent(item)
			if err != nil {
				return err
			}
			if x.segment != id {
				continue
			}
			keys, places = append(keys, item.KeyCopy(nil)), append(places, x.place)
			bytes, uuids = bytes+x.length, uuids+len(x.uuids)
			if len(keys) == maxMoved || bytes > maxMovedBytes || uuids > maxMovedUUIDs {
				break
			}
		}
		return nil
	})
	return keys, places, err
}

// move plans to copy extents out of a segment, those that are still there.
func (p *plan) move(s *segments, id uint64, keys [][]byte) error {
	for _, key := range keys {
		b, err := p.get(key)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		x, err := unpackExtent(key, b)
		if err != nil {
			return err
		}
		if x.segment != id {
			continue
		}
		old := x.place
		x.place = p.write(old.length, s.copyOf(old))
		p.free(old.segment, old.length)
		p.set(key, x.pack())
	}
	return nil
}
