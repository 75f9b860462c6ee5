package sessionstore

import (
	"context"
	"errors"

	"github.com/dgraph-io/badger/v4"
)

// Delete implements Store. It is one small write whatever the session holds:
// all that is kept under the session's number is out of reach then, and swept
// by Maintain.
func (db *DB) Delete(ctx context.Context, id string, token uint64) error {
	return db.DeleteAll(ctx, []Deletion{{SessionID: id, Token: token}})
}

// DeleteAll implements Store. It is one write for some hundred sessions. Of more
// a crash leaves the first.
func (db *DB) DeleteAll(ctx context.Context, list []Deletion) error {
	for more := true; more; ctx = context.WithoutCancel(ctx) {
		var left []Deletion
		err := db.write(ctx, exempt, func(p *plan) (err error) {
			left, err = p.deleteLast(list)
			return err
		})
		if err != nil {
			return err
		}
		list, more = left, len(left) > 0
	}
	return nil
}

// deleteLast plans to delete as many sessions as one write has room for, the
// last ones, if all of them may be deleted. It returns those that are left.
func (p *plan) deleteLast(list []Deletion) (left []Deletion, err error) {
	for _, d := range list {
		if _, err := p.deletable(d); err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	for left = list; len(left) > 0; left = left[:len(left)-1] {
		if bytes, entries := p.weight(); bytes > maxBytes/2 || entries > maxEntries/2 {
			return left, nil
		}
		if err := p.delete(left[len(left)-1]); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// deletable returns the session that is to be deleted, if it may be.
func (p *plan) deletable(d Deletion) (*summary, error) {
	s, err := p.session(d.SessionID)
	if err != nil {
		return nil, err
	}
	return s, p.checkLease(s.num, d.Token)
}

func (p *plan) delete(d Deletion) error {
	s, err := p.deletable(d)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p.forget(s)
	if d.Tombstone != nil {
		if err := p.setJSON(stringKey(kindTomb, d.SessionID), d.Tombstone); err != nil {
			return err
		}
	}
	_, err = p.change(Change{SessionID: d.SessionID, Kind: "deleted"})
	return err
}

// Tombstone implements Store. By a name it reads all there are.
func (db *DB) Tombstone(ctx context.Context, ref string) (t Tombstone, err error) {
	err = db.view(ctx, func(txn *badger.Txn) error {
		if t, err = getJSON[Tombstone](txn, stringKey(kindTomb, ref)); !errors.Is(err, ErrNotFound) || ref == "" {
			return err
		}
		for item := range each(txn, []byte{kindTomb}, nil) {
			other, err := itemJSON[Tombstone](item)
			if err != nil {
				return err
			}
			if other.Name == ref && other.DeletedAt.After(t.DeletedAt) {
				t = other
			}
		}
		if t.SessionID == "" {
			return ErrNotFound
		}
		return nil
	})
	return t, err
}

// forget plans to take a session out of reach.
func (p *plan) forget(s *summary) {
	p.del(stringKey(kindSummary, s.id))
	p.del(numberKey(kindRecord, s.num))
	p.del(numberKey(kindLease, s.num))
	p.del(numberKey(kindSource, s.num))
	if s.name != "" {
		p.del(stringKey(kindName, s.name))
	}
	for item := range each(p.txn, numberKey(kindLive, s.num), nil) {
		p.setLive(s.num, string(item.Key()[9:]), nil)
	}
	p.set(numberKey(kindGone, s.num), nil)
	p.drops = append(p.drops, s.id)
}

// maxSweep is how many keys one write of a sweep deletes, about.
const maxSweep = 500

// sweep deletes what is left of deleted sessions.
func (db *DB) sweep(ctx context.Context) error {
	for {
		num, err := db.gone(ctx)
		if err != nil || num == 0 {
			return err
		}
		if err := db.write(ctx, exempt, func(p *plan) error { return p.sweep(num) }); err != nil {
			return err
		}
	}
}

// gone returns the number of a session that is to be swept, or 0.
func (db *DB) gone(ctx context.Context) (num uint64, err error) {
	err = db.view(ctx, func(txn *badger.Txn) error {
		for item := range each(txn, []byte{kindGone}, nil) {
			num = numberOf(item.Key())
			break
		}
		return nil
	})
	return num, err
}

// sweep plans to delete some of what is left of a session, or, when there is
// nothing left, the note that something is.
func (p *plan) sweep(num uint64) error {
	for _, kind := range []byte{kindTurn, kindRequest, kindHead, kindExtent, kindKeyOf} {
		for item := range each(p.txn, numberKey(kind, num), nil) {
			if len(p.staged) >= maxSweep {
				return nil
			}
			if err := p.sweepItem(item); err != nil {
				return err
			}
		}
	}
	if len(p.staged) == 0 {
		p.del(numberKey(kindGone, num))
	}
	return nil
}

// sweepItem plans to delete an item and what belongs to it.
func (p *plan) sweepItem(item *badger.Item) error {
	key := item.KeyCopy(nil)
	p.del(key)
	switch key[0] {
	case kindTurn:
		return p.sweepRef(stringKey(kindTurnRef, string(key[17:])), key)
	case kindKeyOf:
		return p.sweepReceipt(key)
	case kindExtent:
		x, err := readExtent(item)
		p.free(x.segment, x.length)
		return err
	}
	return nil
}

// sweepRef plans to delete ref, unless another turn has taken it since.
func (p *plan) sweepRef(ref, key []byte) error {
	now, err := p.get(ref)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err == nil && string(now) == string(key) {
		p.del(ref)
	}
	return err
}

// sweepReceipt plans to delete the receipt that a kindKeyOf key names, unless
// another session has taken the idempotency key since.
func (p *plan) sweepReceipt(key []byte) error {
	receipt := append([]byte{kindReceipt}, key[9:]...)
	stored, err := planned[ownedReceipt](p, receipt)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err == nil && stored.Num == numberOf(key) {
		p.del(receipt)
	}
	return err
}
