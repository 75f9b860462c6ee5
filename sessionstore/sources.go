package sessionstore

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/dgraph-io/badger/v4"
)

// Source implements Store.
func (db *DB) Source(ctx context.Context, sessionID string) (s Source, err error) {
	err = db.viewSession(ctx, sessionID, func(txn *badger.Txn, num uint64) error {
		s, err = getJSON[Source](txn, numberKey(kindSource, num))
		return err
	})
	return s, err
}

// maxSources is how many sources are read at a time.
const maxSources = 32

// Sources implements Store.
func (db *DB) Sources(ctx context.Context) iter.Seq2[Source, error] {
	return func(yield func(Source, error) bool) {
		for from := []byte{kindSource}; from != nil; {
			list, next, err := db.sources(ctx, from)
			for _, s := range list {
				if !yield(s, nil) {
					return
				}
			}
			if err != nil {
				yield(Source{}, fmt.Errorf("reading sources: %w", err))
				return
			}
			from = next
		}
	}
}

// sources reads some sources from a key on, and says where the rest begins; nil
// if there is none.
func (db *DB) sources(ctx context.Context, from []byte) (list []Source, next []byte, err error) {
	err = db.view(ctx, func(txn *badger.Txn) error {
		for item := range each(txn, []byte{kindSource}, from) {
			s, err := itemJSON[Source](item)
			if err != nil {
				return err
			}
			if list = append(list, s); len(list) == maxSources {
				next = bytes.Clone(after(item.Key()))
				break
			}
		}
		return nil
	})
	return list, next, err
}

// source plans the source of a mutation.
func (c *committer) source() error {
	if c.m.Source == nil {
		return nil
	}
	s, err := c.session(c.m.Source.SessionID)
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	return c.setJSON(numberKey(kindSource, s.num), c.m.Source)
}
