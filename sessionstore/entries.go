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

// Known implements Store.
func (db *DB) Known(sessionID, sub string) func(ctx context.Context, uuid string) (bool, error) {
	set, next := uuidSet{}, int64(0) // of the entries before number next
	more := func(txn *badger.Txn, num uint64) error {
		t := transcript{num, sub}
		for item := range each(txn, extentPrefix(t), extentKey(t, next)) {
			x, err := readExtent(item)
			if err != nil {
				return err
			}
			for _, hash := range x.uuids {
				set[hash] = struct{}{}
			}
			next = x.first + x.count
		}
		return nil
	}
	return func(ctx context.Context, uuid string) (bool, error) {
		hash := hashUUID(uuid)
		if _, ok := set[hash]; ok {
			return true, ctx.Err()
		}
		err := db.viewSession(ctx, sessionID, more)
		if errors.Is(err, ErrNotFound) {
			return false, nil
		}
		_, ok := set[hash]
		return ok, err
	}
}
