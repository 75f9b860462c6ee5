package sessionstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// viewSession lets f read a snapshot, if there is a session with this id.
func (db *DB) viewSession(ctx context.Context, id string, f func(txn *badger.Txn, num uint64) error) error {
	return db.view(ctx, func(txn *badger.Txn) error {
		s, err := db.index.get(id)
		if err != nil {
			return err
		}
		return f(txn, s.num)
	})
}

func itemJSON[T any](item *badger.Item) (v T, err error) {
	err = item.Value(func(b []byte) error {
		v, err = decode[T](b)
		return err
	})
	return v, err
}

// Session implements Store.
func (db *DB) Session(ctx context.Context, id string) (Session, error) {
	var list []*summary
	if of, err := db.index.get(id); err == nil {
		list = append(list, of)
	}
	found, err := db.sessions(ctx, list)
	if err != nil {
		return Session{}, err
	}
	if len(found) == 0 {
		return Session{}, ErrNotFound
	}
	return found[0], nil
}

// record reads the record of a session of the index, or ErrNotFound. What the
// index knows must have been looked up before txn began: txn may see what is
// newer than that, and must not see what is older, as it is kept.
func (db *DB) record(txn *badger.Txn, of *summary) (Session, error) {
	if s, ok := db.recent.get(of); ok {
		return s, nil
	}
	s, err := getJSON[Session](txn, numberKey(kindRecord, of.num))
	if err == nil {
		db.recent.keep(of, s)
	}
	return s, err
}

// Resolve implements Store.
func (db *DB) Resolve(ctx context.Context, ref string) (Session, error) {
	found, err := db.sessions(ctx, db.index.find(ref, maxCandidates))
	switch {
	case err != nil:
		return Session{}, err
	case len(found) == 0:
		return Session{}, ErrNotFound
	case len(found) > 1:
		return Session{}, &AmbiguousError{Ref: ref, Candidates: found}
	}
	return found[0], nil
}

// maxCandidates is how many sessions an AmbiguousError names.
const maxCandidates = 10

// sessions reads the records of list, without those that were deleted since.
func (db *DB) sessions(ctx context.Context, list []*summary) (sessions []Session, err error) {
	err = db.view(ctx, func(txn *badger.Txn) error {
		for _, l := range list {
			s, err := db.record(txn, l)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return fmt.Errorf("session %s: %w", l.id, err)
			}
			sessions = append(sessions, s)
		}
		return nil
	})
	return sessions, err
}

// List implements Store.
func (db *DB) List(ctx context.Context, q Query) (Page, error) {
	ready, err := prepare(q)
	if err != nil {
		return Page{}, err
	}
	list, total := ready.run(db.index)
	page := Page{Total: total}
	if len(list) > ready.Limit {
		list = list[:ready.Limit]
		page.Next = ready.cursor(list[len(list)-1])
	}
	page.Sessions, err = db.sessions(ctx, list)
	if err != nil {
		return Page{}, err
	}
	return page, nil
}
