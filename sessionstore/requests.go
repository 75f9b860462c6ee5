package sessionstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// Requests implements Store. Of an unknown session it is ErrNotFound.
func (db *DB) Requests(ctx context.Context, sessionID string, open bool) (list []Request, err error) {
	err = db.viewSession(ctx, sessionID, func(txn *badger.Txn, num uint64) error {
		for item := range each(txn, numberKey(kindRequest, num), nil) {
			r, err := itemJSON[Request](item)
			if err != nil {
				return err
			}
			if !open || r.Status == RequestOpen {
				list = append(list, r)
			}
		}
		return nil
	})
	slices.SortFunc(list, func(a, b Request) int {
		return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.ID, b.ID))
	})
	return list, err
}

func (c *committer) requests() error {
	for _, r := range c.m.Requests {
		s, err := c.session(r.SessionID)
		if err != nil {
			return fmt.Errorf("request %s: %w", r.ID, err)
		}
		if err := c.setJSON(subKey(kindRequest, s.num, r.ID), r); err != nil {
			return fmt.Errorf("request %s: %w", r.ID, err)
		}
	}
	return nil
}
