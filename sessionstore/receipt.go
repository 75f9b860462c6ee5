package sessionstore

import (
	"context"
	"errors"

	"github.com/dgraph-io/badger/v4"
)

// ownedReceipt is a receipt with the number of the session that it goes with:
// it counts as long as that session exists.
type ownedReceipt struct {
	Receipt
	Num uint64 `json:"num"`
}

// Receipt implements Store.
func (db *DB) Receipt(ctx context.Context, owner, key string) (r Receipt, err error) {
	err = db.view(ctx, func(txn *badger.Txn) error {
		stored, err := getJSON[ownedReceipt](txn, receiptKey(owner, key))
		if err != nil {
			return err
		}
		r = stored.Receipt
		_, err = get(txn, numberKey(kindRecord, stored.Num))
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	return r, nil
}

// duplicate tells whether the idempotency key is known, and answers with its
// receipt then.
func (c *committer) duplicate() (bool, error) {
	if c.m.Key == "" {
		return false, nil
	}
	owner, err := c.owner()
	if err != nil {
		return false, err
	}
	stored, err := planned[ownedReceipt](c.plan, receiptKey(owner, c.m.Key))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	alive, err := c.has(numberKey(kindRecord, stored.Num))
	if err != nil || !alive {
		return false, err
	}
	c.out = Committed{Duplicate: &stored.Receipt, Seq: c.seq}
	return true, nil
}

// owner is who the subject belongs to.
func (c *committer) owner() (string, error) {
	for _, s := range []*Session{c.m.Update, c.m.Create} {
		if s != nil && s.ID == c.subject {
			return s.Owner, nil
		}
	}
	known, err := c.session(c.subject)
	if err != nil {
		return "", err
	}
	s, err := planned[Session](c.plan, numberKey(kindRecord, known.num))
	return s.Owner, err
}

// receipt plans what the idempotency key stands for from now on. It goes with
// the session that the receipt names, if that is one of the mutation's.
func (c *committer) receipt() error {
	if c.m.Key == "" {
		return nil
	}
	id := c.subject
	if c.m.Create != nil && c.m.Receipt.SessionID == c.m.Create.ID {
		id = c.m.Create.ID
	}
	s, err := c.session(id)
	if err != nil {
		return err
	}
	owner, err := c.owner()
	if err != nil {
		return err
	}
	c.set(keyOfKey(s.num, owner, c.m.Key), nil)
	return c.setJSON(receiptKey(owner, c.m.Key), ownedReceipt{Receipt: c.m.Receipt, Num: s.num})
}
