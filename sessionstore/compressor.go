package sessionstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// kickCompressor tells the compressor that a segment may have been sealed.
func (db *DB) kickCompressor() {
	select {
	case db.kick <- struct{}{}:
	default: // it knows
	}
}

// runCompressor compresses sealed segments until the store is closed.
func (db *DB) runCompressor() {
	for {
		select {
		case <-db.closing:
			return
		case <-db.kick:
		}
		if !db.awaitCalm() {
			return
		}
		err := db.compressSealed(context.Background())
		if err != nil && !errors.Is(err, ErrClosed) {
			db.opts.Log.Warn("segments stay as they are", "error", err)
		}
	}
}

// mostPlain is how many sealed segments may wait for calm to be compressed: 4
// GiB of lines.
const mostPlain = 64

// crowded tells whether more segments than that wait.
func (db *DB) crowded() bool { return db.sealed.Load() > db.packed.Load()+mostPlain }

// awaitCalm waits until no lines were written for a time: while many are, whoever
// writes and reads them has better use for the processor, and reads them sooner
// as they are. It does not wait for ever. False tells that the store is closed.
func (db *DB) awaitCalm() bool {
	tick := time.NewTicker(db.opts.CompressAfter)
	defer tick.Stop()
	for before := db.written.Load(); !db.crowded(); {
		select {
		case <-db.kick: // there is one more
		case <-tick.C:
			now := db.written.Load()
			if now == before {
				return true
			}
			before = now
		case <-db.closing:
			return false
		}
	}
	return true
}

// compressSealed compresses all segments that do not grow any more, and are
// not compressed yet.
func (db *DB) compressSealed(ctx context.Context) error {
	if db.opts.NoCompress {
		return nil
	}
	db.upkeep.Lock()
	defer db.upkeep.Unlock()
	// Looked at before the records: what is sealed by now has its final length
	// in them, what will be sealed next may not.
	sealed := db.sealed.Load()
	err := db.eachSegment(ctx, func(s segment) error {
		if s.id >= sealed {
			return nil
		}
		err := db.segments.compress(s.id, s.length, db.breather(ctx))
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it is already
		}
		return err
	})
	if err == nil {
		db.packed.Store(sealed)
	}
	return err
}

// eachSegment does something to all segments. One that is damaged stays as it
// is: what can be read of it is read, and it does not keep the others waiting.
func (db *DB) eachSegment(ctx context.Context, do func(segment) error) error {
	all, err := db.segmentRecords(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		err := do(s)
		if errors.Is(err, errDamaged) {
			db.opts.Log.Error("a segment is damaged, and stays as it is", "segment", s.id, "error", err)
			continue
		}
		if err != nil {
			return fmt.Errorf("segment %d: %w", s.id, err)
		}
	}
	return nil
}

// breather returns what long work calls again and again: it rests for as long as
// the work took since the last call, as others may want the processor, or, if
// the store was used since, as they do, usedRest times that, unless so much waits
// for the work that it fills the disk. It returns why the work must not go on, or
// nil.
func (db *DB) breather(ctx context.Context) func() error {
	began, before := time.Now(), db.uses.Load()
	return func() error {
		rest := time.Since(began)
		now := db.uses.Load()
		if now != before && !db.crowded() {
			rest *= usedRest
		}
		before = now
		select {
		case <-time.After(rest):
		case <-db.closing:
		case <-ctx.Done():
		}
		began = time.Now()
		return db.stopped(ctx)
	}
}

const usedRest = 9

// stopped returns why long work must not go on, or nil.
func (db *DB) stopped(ctx context.Context) error {
	select {
	case <-db.closing:
		return ErrClosed
	default:
		return ctx.Err()
	}
}
