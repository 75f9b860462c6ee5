package storetest

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func leaseLaws() []Law {
	return []Law{
		{"one owner has the lease", oneOwner},
		{"a lease expires by the store's clock", leaseExpires},
		{"a lease is renewed and released", leaseRenewed},
		{"leases are listed until they are released", leasesListed},
		{"tokens rise over all leases of a session", tokensRise},
		{"a stale lease is refused on every write", staleLeaseRefused},
		{"a lease is given once in a race", leaseRace},
	}
}

func oneOwner(k *kit) {
	k.create("s")
	k.create("s1")
	l := k.acquire("s", "me", time.Minute)
	want := sessionstore.Lease{SessionID: "s", Owner: "me", Token: l.Token, ExpiresAt: k.clock.Now().Add(time.Minute)}
	k.same("the lease", l, want)
	k.reopen()
	present, err := k.Acquire(k.ctx, "s", "you", time.Hour)
	k.refuses("somebody else's Acquire", err, sessionstore.ErrLeased)
	k.same("the present lease", present, want)
	k.acquire("s1", "you", time.Minute) // another session's is free
	k.commit(sessionstore.Mutation{Token: l.Token, Turns: []sessionstore.Turn{newTurn("s", "t", 1)}})

	again := k.acquire("s", "me", time.Hour)
	if again.Token <= l.Token {
		k.Errorf("token of the same owner's second lease: got %d, want over %d", again.Token, l.Token)
	}
	_, err = k.Renew(k.ctx, l, time.Minute)
	k.refuses("renewing the first lease", err, sessionstore.ErrStaleLease)
}

func leasesListed(k *kit) {
	list := func(want ...sessionstore.Lease) {
		got, err := k.Leases(k.ctx)
		k.must(err)
		slices.SortFunc(got, func(a, b sessionstore.Lease) int { return cmp.Compare(a.SessionID, b.SessionID) })
		k.same("the leases", got, want)
	}
	k.create("s")
	k.create("s1")
	list()
	l := k.acquire("s", "me", time.Minute)
	l1 := k.acquire("s1", "you", time.Hour)
	list(l, l1)
	k.clock.advance(2 * time.Minute)
	k.reopen()
	list(l, l1)
	k.must(k.Release(k.ctx, l))
	list(l1)
	k.must(k.Delete(k.ctx, "s1", 0))
	list()
}

func leaseExpires(k *kit) {
	k.create("s")
	l := k.acquire("s", "me", time.Minute)
	k.clock.advance(59 * time.Second)
	_, err := k.Acquire(k.ctx, "s", "you", time.Minute)
	k.refuses("Acquire just before the end", err, sessionstore.ErrLeased)
	k.clock.advance(time.Second)
	_, err = k.Commit(k.ctx, sessionstore.Mutation{Token: l.Token, Turns: []sessionstore.Turn{newTurn("s", "t", 1)}})
	k.refuses("writing under an expired lease", err, sessionstore.ErrStaleLease)
	l, err = k.Renew(k.ctx, l, time.Minute) // nobody has had it since
	k.must(err)
	k.commit(sessionstore.Mutation{Token: l.Token, Turns: []sessionstore.Turn{newTurn("s", "t", 1)}})
	k.clock.advance(time.Minute)
	if got := k.acquire("s", "you", time.Minute); got.Owner != "you" {
		k.Errorf("owner after the end: got %q, want you", got.Owner)
	}
	_, err = k.Renew(k.ctx, l, time.Minute)
	k.refuses("renewing a lease that somebody else has had since", err, sessionstore.ErrStaleLease)
}

func leaseRenewed(k *kit) {
	k.create("s")
	l := k.acquire("s", "me", time.Minute)
	k.clock.advance(30 * time.Second)
	renewed, err := k.Renew(k.ctx, l, time.Minute)
	k.must(err)
	l.ExpiresAt = k.clock.Now().Add(time.Minute)
	k.same("the renewed lease", renewed, l)
	k.clock.advance(45 * time.Second)
	_, err = k.Acquire(k.ctx, "s", "you", time.Minute)
	k.refuses("Acquire of a renewed lease", err, sessionstore.ErrLeased)

	k.must(k.Release(k.ctx, l))
	k.must(k.Release(k.ctx, l))
	k.must(k.Release(k.ctx, sessionstore.Lease{SessionID: "nobody", Token: 1}))
	_, err = k.Renew(k.ctx, l, time.Minute)
	k.refuses("renewing a released lease", err, sessionstore.ErrStaleLease)
	_, err = k.Renew(k.ctx, sessionstore.Lease{SessionID: "s"}, time.Minute)
	k.refuses("renewing the zero lease", err, sessionstore.ErrStaleLease)
	yours := k.acquire("s", "you", time.Minute)
	k.must(k.Release(k.ctx, l)) // stale: it is not mine to release
	_, err = k.Acquire(k.ctx, "s", "me", time.Minute)
	k.refuses("Acquire after a stale release", err, sessionstore.ErrLeased)
	_, err = k.Renew(k.ctx, yours, time.Minute)
	k.must(err)
}

func tokensRise(k *kit) {
	k.create("s")
	var last uint64
	for range 3 {
		for _, end := range []func(sessionstore.Lease){
			func(l sessionstore.Lease) { k.must(k.Release(k.ctx, l)) },
			func(sessionstore.Lease) { k.clock.advance(time.Hour) },
			func(sessionstore.Lease) { k.reopen() },
		} {
			l := k.acquire("s", "me", time.Minute)
			if l.Token <= last {
				k.Errorf("token: got %d, want over %d", l.Token, last)
			}
			last = l.Token
			end(l)
		}
	}
}

func staleLeaseRefused(k *kit) {
	s := k.create("s")
	k.create("other")
	stale := k.acquire("s", "me", time.Minute).Token
	k.clock.advance(time.Hour)
	present := k.acquire("s", "you", time.Minute)
	others := k.acquire("other", "me", time.Minute).Token
	k.reopen()
	for _, token := range []uint64{stale, others, present.Token + 100} {
		k.refusedUnder(token, s)
	}
	k.must(k.Release(k.ctx, present))
	k.refusedUnder(present.Token, s)
	k.same("the session", k.session("s"), s)
	k.refuses("the entries", k.entriesError("s", ""), sessionstore.ErrNotFound)
	if got := k.turns("s"); len(got) != 0 {
		k.Errorf("turns: got %v, want none", got)
	}
	now := k.acquire("s", "me", time.Minute)
	a := batch("s", "", line("u"))
	a.Token = now.Token
	_, err := k.Append(k.ctx, a)
	k.must(err)
	k.must(k.Delete(k.ctx, "s", now.Token))
}

// refusedUnder complains about writes to s that a token should not allow.
func (k *kit) refusedUnder(token uint64, s sessionstore.Session) {
	k.Helper()
	s.Note = "written under a stale lease"
	for what, m := range map[string]sessionstore.Mutation{
		"an update": {Token: token, Update: &s},
		"a turn":    {Token: token, Turns: []sessionstore.Turn{newTurn("s", "t", 1)}},
		"a request": {Token: token, Requests: []sessionstore.Request{{ID: "r", SessionID: "s", Status: sessionstore.RequestOpen}}},
	} {
		_, err := k.Commit(k.ctx, m)
		k.refuses(what, err, sessionstore.ErrStaleLease)
	}
	child := newSession("child")
	_, err := k.Commit(k.ctx, sessionstore.Mutation{Token: token, Update: &s, Create: &child})
	k.refuses("a fork", err, sessionstore.ErrStaleLease)
	a := batch("s", "", line("u"))
	a.Token = token
	_, err = k.Append(k.ctx, a)
	k.refuses("Append", err, sessionstore.ErrStaleLease)
	k.refuses("Delete", k.Delete(k.ctx, "s", token), sessionstore.ErrStaleLease)
	_, err = k.Renew(k.ctx, sessionstore.Lease{SessionID: "s", Owner: "you", Token: token}, time.Minute)
	k.refuses("Renew", err, sessionstore.ErrStaleLease)
}

func leaseRace(k *kit) {
	k.create("s")
	var given atomic.Int32
	each(8, func(i int) {
		if _, err := k.Acquire(k.ctx, "s", string(rune('a'+i)), time.Minute); err == nil {
			given.Add(1)
		}
	})
	if n := given.Load(); n != 1 {
		k.Errorf("8 owners at once: %d have the lease, want 1", n)
	}
}
