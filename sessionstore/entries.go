package sessionstore

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// Entries implements Store. It yields what the transcript held when it was
// begun. Nothing is held open while the caller looks at an entry.
func (db *DB) Entries(ctx context.Context, sessionID, sub string, from int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		r, err := db.newReader(ctx, sessionID, sub, from)
		if r != nil {
			defer r.release()
		}
		for err == nil && r.next < r.end {
			var e Entry
			if e, err = r.read(ctx); err == nil && !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(Entry{}, err)
		}
	}
}

// extents yields the extents of a transcript in order.
func extents(txn *badger.Txn, t transcript) iter.Seq2[extent, error] {
	return func(yield func(extent, error) bool) {
		for item := range each(txn, extentPrefix(t), nil) {
			if !yield(readExtent(item)) {
				return
			}
		}
	}
}

func readExtent(item *badger.Item) (x extent, err error) {
	err = item.Value(func(b []byte) error {
		x, err = unpackExtent(item.Key(), b)
		return err
	})
	return x, err
}

// Transcripts implements Store. The others follow by code point. Of an unknown
// session it is ErrNotFound.
func (db *DB) Transcripts(ctx context.Context, sessionID string) (list []TranscriptHead, err error) {
	err = db.viewSession(ctx, sessionID, func(txn *badger.Txn, num uint64) error {
		for item := range each(txn, numberKey(kindHead, num), nil) {
			h, err := itemJSON[TranscriptHead](item)
			if err != nil {
				return err
			}
			list = append(list, h)
		}
		return nil
	})
	slices.SortFunc(list, func(a, b TranscriptHead) int { return cmp.Compare(a.Sub, b.Sub) })
	return list, err
}

// HasEntry implements Store. It is false for what is unknown.
func (db *DB) HasEntry(ctx context.Context, sessionID, sub, uuid string) (has bool, err error) {
	hash := hashUUID(uuid)
	err = db.viewSession(ctx, sessionID, func(txn *badger.Txn, num uint64) error {
		for x, err := range extents(txn, transcript{num, sub}) {
			if err != nil {
				return err
			}
			if slices.Contains(x.uuids, hash) {
				has = true
				break
			}
		}
		return nil
	})
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return has, err
}
