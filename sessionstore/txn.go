package sessionstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// view lets f read a snapshot of the records.
func (db *DB) view(ctx context.Context, f func(*badger.Txn) error) error {
	done, err := db.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	return db.badger.View(f)
}

// begin keeps the store from being closed until done is called.
func (db *DB) begin(ctx context.Context) (done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil, ErrClosed
	}
	db.users.Add(1)
	db.uses.Add(1)
	db.kickTrimmer()
	return db.users.Done, nil
}

// get returns a copy of what is stored under key, or ErrNotFound.
func get(txn *badger.Txn, key []byte) ([]byte, error) {
	item, err := txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("reading a record: %w", err)
	}
	return item.ValueCopy(nil)
}

func getJSON[T any](txn *badger.Txn, key []byte) (v T, err error) {
	b, err := get(txn, key)
	if err != nil {
		return v, err
	}
	return decode[T](b)
}

// each yields the items whose keys have prefix, from the key from on (nil: the
// first). An item is good until the next one.
func each(txn *badger.Txn, prefix, from []byte) iter.Seq[*badger.Item] {
	return func(yield func(*badger.Item) bool) {
		o := badger.DefaultIteratorOptions
		o.Prefix, o.PrefetchValues = prefix, false
		it := txn.NewIterator(o)
		defer it.Close()
		if from == nil {
			from = prefix
		}
		for it.Seek(from); it.Valid(); it.Next() {
			if !yield(it.Item()) {
				return
			}
		}
	}
}

// back yields as each does, but backward from the key from, inclusive (nil: the
// last).
func back(txn *badger.Txn, prefix, from []byte) iter.Seq[*badger.Item] {
	return func(yield func(*badger.Item) bool) {
		o := badger.DefaultIteratorOptions
		o.Prefix, o.PrefetchValues, o.Reverse = prefix, false, true
		it := txn.NewIterator(o)
		defer it.Close()
		if from == nil {
			from = append(slices.Clone(prefix), bytes.Repeat([]byte{0xff}, 16)...)
		}
		for it.Seek(from); it.Valid(); it.Next() {
			if !yield(it.Item()) {
				return
			}
		}
	}
}
