package sessionstore

import (
	"context"
	"errors"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Acquire implements Store. Of an unknown session it is ErrNotFound.
func (db *DB) Acquire(ctx context.Context, sessionID, owner string, ttl time.Duration) (l Lease, err error) {
	err = db.write(ctx, 0, func(p *plan) error {
		s, err := p.session(sessionID)
		if err != nil {
			return err
		}
		held, err := p.lease(s.num)
		if err != nil {
			return err
		}
		if held.ExpiresAt.After(p.now) && held.Owner != owner {
			l = held
			return ErrLeased
		}
		p.token++
		l = Lease{SessionID: sessionID, Owner: owner, Token: p.token, ExpiresAt: p.now.Add(ttl)}
		if err := p.setJSON(metaKey(metaToken), p.token); err != nil {
			return err
		}
		return p.setJSON(numberKey(kindLease, s.num), l)
	})
	if err != nil && !errors.Is(err, ErrLeased) {
		return Lease{}, err
	}
	return l, err
}

// Renew implements Store. A lease that has expired is renewed all the same if
// nobody has taken it since: a machine that slept is no reason to lose it.
func (db *DB) Renew(ctx context.Context, l Lease, ttl time.Duration) (renewed Lease, err error) {
	err = db.write(ctx, exempt, func(p *plan) error {
		s, err := p.session(l.SessionID)
		if errors.Is(err, ErrNotFound) {
			return ErrStaleLease
		}
		if err != nil {
			return err
		}
		if renewed, err = p.lease(s.num); err != nil {
			return err
		}
		if l.Token == 0 || renewed.Token != l.Token {
			return ErrStaleLease
		}
		renewed.ExpiresAt = p.now.Add(ttl)
		return p.setJSON(numberKey(kindLease, s.num), renewed)
	})
	if err != nil {
		return Lease{}, err
	}
	return renewed, nil
}

// Release implements Store.
func (db *DB) Release(ctx context.Context, l Lease) error {
	return db.write(ctx, exempt, func(p *plan) error {
		s, err := p.session(l.SessionID)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		held, err := p.lease(s.num)
		if err == nil && held.Token == l.Token {
			p.del(numberKey(kindLease, s.num))
		}
		return err
	})
}

// Leases implements Store.
func (db *DB) Leases(ctx context.Context) (list []Lease, err error) {
	err = db.view(ctx, func(txn *badger.Txn) error {
		for item := range each(txn, []byte{kindLease}, nil) {
			l, err := itemJSON[Lease](item)
			if err != nil {
				return err
			}
			list = append(list, l)
		}
		return nil
	})
	return list, err
}

// lease returns a session's lease, expired or not; the zero Lease, which has
// expired, if there is none.
func (p *plan) lease(num uint64) (Lease, error) {
	l, err := planned[Lease](p, numberKey(kindLease, num))
	if errors.Is(err, ErrNotFound) {
		return Lease{}, nil
	}
	return l, err
}

// checkLease returns ErrStaleLease unless token is that of a session's present
// lease. A token of 0 asks for none.
func (p *plan) checkLease(num, token uint64) error {
	if token == 0 {
		return nil
	}
	l, err := p.lease(num)
	if err != nil {
		return err
	}
	if !l.valid(token, p.now) {
		return ErrStaleLease
	}
	return nil
}

func (l Lease) valid(token uint64, now time.Time) bool {
	return l.Token == token && l.ExpiresAt.After(now)
}
