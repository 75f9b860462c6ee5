package sessionstore

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
	"github.com/google/uuid"
)

// schemaVersion is the layout of the records. It rises when an older binary
// could not read, or would damage, what a newer one writes.
const schemaVersion = 1

// The names of the store's own values.
const (
	metaSchema   = "schema"
	metaInstance = "instance"
	metaSecret   = "secret"
	metaToken    = "token" // of the newest lease ever given
)

// openMeta reads what the store knows of itself, and makes it for a new store.
func (db *DB) openMeta() error {
	return db.badger.Update(func(txn *badger.Txn) error {
		version, err := getJSON[int](txn, metaKey(metaSchema))
		switch {
		case errors.Is(err, ErrNotFound):
			err = writeMeta(txn)
		case err == nil && version > schemaVersion:
			return fmt.Errorf("%w: schema %d, known are those up to %d", ErrNewer, version, schemaVersion)
		}
		if err != nil {
			return err
		}
		instance, err := get(txn, metaKey(metaInstance))
		if err != nil {
			return err
		}
		db.instance = string(instance)
		db.secret, err = get(txn, metaKey(metaSecret))
		return err
	})
}

func writeMeta(txn *badger.Txn) error {
	schema, err := encode(schemaVersion)
	if err != nil {
		return err
	}
	return errors.Join(
		txn.Set(metaKey(metaSchema), schema),
		txn.Set(metaKey(metaInstance), []byte(uuid.NewString())),
		txn.Set(metaKey(metaSecret), newSecret()),
	)
}

// load rebuilds what is kept in memory, and removes what a crash left.
func (db *DB) load(txn *badger.Txn) error {
	for _, step := range []func(*badger.Txn) error{db.loadIndex, db.loadChanges, db.loadSegments} {
		if err := step(txn); err != nil {
			return err
		}
	}
	token, err := getJSON[uint64](txn, metaKey(metaToken))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	db.token = token
	return nil
}

func (db *DB) loadIndex(txn *badger.Txn) error {
	for item := range each(txn, []byte{kindSummary}, nil) {
		err := item.Value(func(b []byte) error {
			s, err := unpackSummary(b)
			if err != nil {
				return err
			}
			db.index.put(s)
			return nil
		})
		if err != nil {
			return err
		}
	}
	for item := range each(txn, []byte{kindLive}, nil) {
		key, err := item.ValueCopy(nil)
		if err != nil {
			return err
		}
		db.index.setLive(string(item.Key()[9:]), key)
	}
	return nil
}

// loadChanges finds the ends of the change log. No stamp is newer than the
// newest change, but for that of a session which was written together with it.
func (db *DB) loadChanges(txn *badger.Txn) error {
	db.first = 1
	for item := range each(txn, []byte{kindChange}, nil) {
		db.first = numberOf(item.Key())
		break
	}
	for item := range back(txn, []byte{kindChange}, nil) {
		c, err := itemJSON[Change](item)
		if err != nil {
			return err
		}
		db.seq, db.stamp = c.Seq, c.At
		break
	}
	db.index.orders[ByUpdated].Ascend(func(s *summary) bool {
		if s.updated > nanos(db.stamp) {
			db.stamp = fromNanos(s.updated)
		}
		return false
	})
	db.changes.publish(db.first, db.seq)
	return nil
}

// loadSegments finds the segment that grows, cuts it to what was committed, and
// removes files that nothing points to.
func (db *DB) loadSegments(txn *badger.Txn) error {
	known := make(map[uint64]bool)
	db.tail.id = 1
	for item := range each(txn, []byte{kindSegment}, nil) {
		id := numberOf(item.Key())
		known[id] = true
		err := item.Value(func(b []byte) (err error) {
			db.tail, err = unpackSegment(id, b)
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := db.segments.tidy(known); err != nil {
		return fmt.Errorf("tidying segments: %w", err)
	}
	if err := db.cutTail(); err != nil {
		return fmt.Errorf("segment %d: %w", db.tail.id, err)
	}
	db.sealed.Store(db.tail.id)
	return nil
}

// cutTail cuts the segment that grows to its committed length. If it is shorter,
// which no crash of ours explains, it is left as it is and a new one begun:
// whoever reads the lost lines gets an error, the rest of the store is good.
func (db *DB) cutTail() error {
	if db.tail.length == 0 {
		return nil
	}
	size, err := db.segments.cut(db.tail.id, db.tail.length)
	if err != nil {
		return err
	}
	if size < db.tail.length {
		db.opts.Log.Error("a segment has lost its end", "segment", db.tail.id, "bytes", size, "expected", db.tail.length)
		db.tail = segment{id: db.tail.id + 1}
	}
	return nil
}
