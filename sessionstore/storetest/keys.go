package storetest

import (
	"fmt"
	"sync/atomic"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func keyLaws() []Law {
	return []Law{
		{"a known key writes nothing", knownKeyWritesNothing},
		{"keys are each owner's own", keysPerOwner},
		{"a key is used once in a race", keyRace},
	}
}

func knownKeyWritesNothing(k *kit) {
	first := newSession("first")
	receipt := sessionstore.Receipt{SessionID: "first", TurnID: "t", Request: "fingerprint"}
	m := sessionstore.Mutation{Create: &first, Turns: []sessionstore.Turn{newTurn("first", "t", 1)}, Key: "key", Receipt: receipt}
	if c := k.commit(m); c.Duplicate != nil {
		k.Errorf("a new key: got a duplicate of %+v", c.Duplicate)
	}
	k.reopen()
	seq, err := k.Seq(k.ctx)
	k.must(err)
	second := newSession("second")
	c := k.commit(sessionstore.Mutation{Create: &second, Key: "key", Receipt: sessionstore.Receipt{SessionID: "second"}})
	k.same("the receipt of the second", c.Duplicate, &receipt)
	c = k.commit(m) // the same again is no ErrExists
	k.same("the receipt of the same again", c.Duplicate, &receipt)
	stale := k.session("first")
	stale.Version = 9
	c = k.commit(sessionstore.Mutation{Update: &stale, Token: 12345, Key: "key"}) // nor a conflict, nor a stale lease
	k.same("the receipt of a late retry", c.Duplicate, &receipt)
	_, err = k.Session(k.ctx, "second")
	k.refuses("the second session", err, sessionstore.ErrNotFound)
	if now, err := k.Seq(k.ctx); err != nil || now != seq {
		k.Errorf("sequence number: got %d, %v, want %d as before", now, err, seq)
	}
	got, err := k.Receipt(k.ctx, "", "key")
	k.must(err)
	k.same("Receipt", got, receipt)
}

func keysPerOwner(k *kit) {
	for i, owner := range []string{"", "a", "ab", "a\x00"} {
		id := fmt.Sprint("s", i)
		s := newSession(id, func(s *sessionstore.Session) { s.Owner = owner })
		for _, key := range []string{"key", "bkey"} {
			m := sessionstore.Mutation{Key: key, Receipt: sessionstore.Receipt{SessionID: id, Request: key}}
			if key == "key" {
				m.Create = &s
			} else {
				m.Turns = []sessionstore.Turn{newTurn(id, "t"+id, 1)} // the owner is the stored session's
			}
			if c := k.commit(m); c.Duplicate != nil {
				k.Errorf("key %q of %q: got a duplicate of %+v", key, owner, c.Duplicate)
			}
		}
		got, err := k.Receipt(k.ctx, owner, "bkey")
		k.must(err)
		k.same("receipt of "+owner, got, sessionstore.Receipt{SessionID: id, Request: "bkey"})
	}
	_, err := k.Receipt(k.ctx, "b", "key")
	k.refuses("the key of somebody else", err, sessionstore.ErrNotFound)
}

func keyRace(k *kit) {
	var created, known atomic.Int32
	each(8, func(i int) {
		s := newSession(fmt.Sprint("s", i))
		c, err := k.Commit(k.ctx, sessionstore.Mutation{Create: &s, Key: "key", Receipt: sessionstore.Receipt{SessionID: s.ID}})
		switch {
		case err != nil:
			k.Errorf("Commit: %v", err)
		case c.Duplicate != nil:
			known.Add(1)
		default:
			created.Add(1)
		}
	})
	if created.Load() != 1 || known.Load() != 7 {
		k.Errorf("8 at once with one key: %d created and %d were told, want 1 and 7", created.Load(), known.Load())
	}
	if p := k.list(sessionstore.Query{}); p.Total != 1 {
		k.Errorf("got %d sessions, want 1", p.Total)
	}
}
