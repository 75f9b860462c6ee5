package sessionstore

import (
	"context"
	"errors"
	"io/fs"
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
		err := db.compressSealed(context.Background())
		if err != nil && !errors.Is(err, ErrClosed) {
			db.opts.Log.Warn("a segment stays as it is", "error", err)
		}
	}
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
	all, err := db.segmentRecords(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.id >= sealed {
			continue
		}
		err := db.segments.compress(s.id, s.length, func() error { return db.stopped(ctx) })
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// stopped returns why long work must not go on, or nil.
func (db *DB) stopped(ctx context.Context) error {
	select {
	case <-db.closing:
		return ErrClosed
	default:
		return ctx.Err()
	}
}
