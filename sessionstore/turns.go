package sessionstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// Turn implements Store.
func (db *DB) Turn(ctx context.Context, id string) (t Turn, err error) {
	err = db.view(ctx, func(txn *badger.Txn) error {
		key, err := get(txn, stringKey(kindTurnRef, id))
		if err != nil {
			return err
		}
		if _, err := get(txn, numberKey(kindRecord, numberOf(key))); err != nil {
			return err
		}
		t, err = getJSON[Turn](txn, key)
		return err
	})
	return t, err
}

// maxTurns is how many turns are read at a time.
const maxTurns = 64

// Turns implements Store. Of an unknown session it yields one ErrNotFound. No
// snapshot is held while the caller looks at a turn.
func (db *DB) Turns(ctx context.Context, sessionID string) iter.Seq2[Turn, error] {
	return func(yield func(Turn, error) bool) {
		var last []byte
		for {
			turns, key, err := db.turnsBefore(ctx, sessionID, last)
			if err != nil {
				yield(Turn{}, err)
				return
			}
			for _, t := range turns {
				if !yield(t, nil) {
					return
				}
			}
			if len(turns) < maxTurns {
				return
			}
			last = key
		}
	}
}

// turnsBefore returns up to maxTurns turns that are older than the one with the
// key last (nil: the newest ones), newest first, and the key of the oldest.
func (db *DB) turnsBefore(ctx context.Context, sessionID string, last []byte) (turns []Turn, key []byte, err error) {
	err = db.viewSession(ctx, sessionID, func(txn *badger.Txn, num uint64) error {
		for item := range back(txn, numberKey(kindTurn, num), last) {
			if string(item.Key()) == string(last) {
				continue
			}
			t, err := itemJSON[Turn](item)
			if err != nil {
				return err
			}
			turns, key = append(turns, t), item.KeyCopy(key)
			if len(turns) == maxTurns {
				break
			}
		}
		return nil
	})
	return turns, key, err
}

// LiveTurns implements Store.
func (db *DB) LiveTurns(ctx context.Context) (turns []Turn, err error) {
	err = db.view(ctx, func(txn *badger.Txn) error {
		for _, key := range db.index.liveKeys() {
			t, err := getJSON[Turn](txn, key)
			if errors.Is(err, ErrNotFound) || err == nil && t.Status.Ended() {
				continue
			}
			if err != nil {
				return err
			}
			turns = append(turns, t)
		}
		return nil
	})
	slices.SortFunc(turns, func(a, b Turn) int {
		return cmp.Or(a.QueuedAt.Compare(b.QueuedAt), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.ID, b.ID))
	})
	return turns, err
}

func (c *committer) turns() error {
	for _, t := range c.m.Turns {
		if err := c.turn(t); err != nil {
			return fmt.Errorf("turn %s: %w", t.ID, err)
		}
	}
	return nil
}

func (c *committer) turn(t Turn) error {
	s, err := c.session(t.SessionID)
	if err != nil {
		return err
	}
	key := turnKey(s.num, t.Seq, t.ID)
	if err := c.replaceTurn(s.num, t, key); err != nil {
		return err
	}
	if t.Status.Ended() {
		c.setLive(s.num, t.ID, nil)
	} else {
		c.setLive(s.num, t.ID, key)
	}
	c.set(stringKey(kindTurnRef, t.ID), key)
	return c.setJSON(key, t)
}

// replaceTurn checks that what is stored of t may be replaced, and plans to
// delete it if its place in the queue changes.
func (c *committer) replaceTurn(num uint64, t Turn, key []byte) error {
	oldKey, old, err := c.storedTurn(t.ID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if old.Status.Ended() || numberOf(oldKey) != num {
		return ErrConflict
	}
	if string(oldKey) != string(key) {
		c.del(oldKey)
	}
	return nil
}

// storedTurn returns a turn and its key, or ErrNotFound, also for one whose
// session was deleted.
func (c *committer) storedTurn(id string) (key []byte, t Turn, err error) {
	if key, err = c.get(stringKey(kindTurnRef, id)); err != nil {
		return nil, t, err
	}
	if alive, err := c.has(numberKey(kindRecord, numberOf(key))); err != nil || !alive {
		return nil, t, errors.Join(err, ErrNotFound)
	}
	t, err = planned[Turn](c.plan, key)
	return key, t, err
}
