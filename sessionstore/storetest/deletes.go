package storetest

import (
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func deleteLaws() []Law {
	return []Law{
		{"deleting the unknown is no error", deleteUnknown},
		{"several are deleted together or not at all, and leave tombstones", deleteAllOrNone},
		{"a deleted session leaves nothing", deleteLeavesNothing},
		{"children outlive their parent", childrenStay},
	}
}

// deleteAllOrNone: several sessions go together or not at all, and leave
// tombstones, which a session of the same id takes away.
func deleteAllOrNone(k *kit) {
	k.furnish("s")
	k.furnish("t")
	l := k.acquire("t", "me", time.Minute)
	tomb := sessionstore.Tombstone{SessionID: "s", Name: "name of s", Path: "/p", Size: 7, ModTime: k.Now(), DeletedAt: k.Now()}
	both := []sessionstore.Deletion{{SessionID: "s", Tombstone: &tomb}, {SessionID: "t", Token: l.Token + 1}}
	k.refuses("DeleteAll", k.DeleteAll(k.ctx, both), sessionstore.ErrStaleLease)
	if _, err := k.Session(k.ctx, "s"); err != nil {
		k.Errorf("a session of a refused deletion: %v", err)
	}
	_, err := k.Tombstone(k.ctx, "s")
	k.refuses("Tombstone", err, sessionstore.ErrNotFound)
	both[1].Token = l.Token
	k.must(k.DeleteAll(k.ctx, both))
	k.reopen()
	for _, id := range []string{"s", "t"} {
		_, err := k.Session(k.ctx, id)
		k.refuses("Session", err, sessionstore.ErrNotFound)
	}
	for _, ref := range []string{"s", "name of s"} {
		if got, err := k.Tombstone(k.ctx, ref); err != nil || got.SessionID != "s" || got.Size != 7 || !got.ModTime.Equal(tomb.ModTime) {
			k.Errorf("the tombstone of %q is %+v, %v", ref, got, err)
		}
	}
	_, err = k.Tombstone(k.ctx, "t")
	k.refuses("Tombstone", err, sessionstore.ErrNotFound)
	k.create("s")
	_, err = k.Tombstone(k.ctx, "s")
	k.refuses("Tombstone", err, sessionstore.ErrNotFound)
}

func deleteUnknown(k *kit) {
	seq, err := k.Seq(k.ctx)
	k.must(err)
	k.must(k.Delete(k.ctx, "nobody", 0))
	k.must(k.Delete(k.ctx, "nobody", 7))
	if now, err := k.Seq(k.ctx); err != nil || now != seq {
		k.Errorf("sequence number: got %d, %v, want %d as before", now, err, seq)
	}
}

// furnish makes a session that has one of everything.
func (k *kit) furnish(id string) {
	s, ended := newSession(id, named("name of "+id)), newTurn(id, "ended of "+id, 1)
	ended.Status = sessionstore.TurnFailed
	k.commit(sessionstore.Mutation{
		Create:   &s,
		Turns:    []sessionstore.Turn{ended, newTurn(id, "live of "+id, 2)},
		Requests: []sessionstore.Request{{ID: "request", SessionID: id, TurnID: "live of " + id, Status: sessionstore.RequestOpen}},
		Key:      "key of " + id, Receipt: sessionstore.Receipt{SessionID: id},
	})
	k.append(id, "", line("main"))
	k.append(id, "sub", line("sub"))
}

func deleteLeavesNothing(k *kit) {
	k.furnish("s")
	k.furnish("t")
	l := k.acquire("s", "me", time.Minute)
	k.must(k.Delete(k.ctx, "s", l.Token))
	k.reopen()
	_, err := k.Session(k.ctx, "s")
	k.refuses("Session", err, sessionstore.ErrNotFound)
	k.bare("s")
	k.create("s") // the same id again is another session
	k.bare("s")
	if got, err := k.Requests(k.ctx, "s", false); err != nil || len(got) != 0 {
		k.Errorf("requests of the new session: got %v, %v, want none", got, err)
	}
	if got := k.turns("s"); len(got) != 0 {
		k.Errorf("turns of the new session: got %v, want none", got)
	}
	if n := k.append("s", "", line("main")); n != 1 {
		k.Errorf("appending what the deleted session had: got %d new, want 1", n)
	}
	again := k.acquire("s", "somebody else", time.Minute)
	if again.Token <= l.Token {
		k.Errorf("token of the new session: got %d, want over %d", again.Token, l.Token)
	}
	k.same("the other's entries", k.entries("t", "sub", 0), []string{line("sub")})
	k.same("the other's turns", len(k.turns("t")), 2)
}

// bare complains about what a deleted session left.
func (k *kit) bare(id string) {
	k.Helper()
	for _, turn := range []string{"ended of ", "live of "} {
		_, err := k.Turn(k.ctx, turn+id)
		k.refuses("Turn", err, sessionstore.ErrNotFound)
	}
	_, err := k.Receipt(k.ctx, "", "key of "+id)
	k.refuses("Receipt", err, sessionstore.ErrNotFound)
	_, err = k.Resolve(k.ctx, "name of "+id)
	k.refuses("Resolve of the name", err, sessionstore.ErrNotFound)
	k.refuses("Entries", k.entriesError(id, ""), sessionstore.ErrNotFound)
	k.refuses("Entries of sub", k.entriesError(id, "sub"), sessionstore.ErrNotFound)
	if has, err := k.Known(id, "")(k.ctx, "main"); has || err != nil {
		k.Errorf("Known: got %v, %v, want false", has, err)
	}
	live, err := k.LiveTurns(k.ctx)
	if err != nil || len(live) != 1 || live[0].SessionID == id {
		k.Errorf("LiveTurns: got %v, %v, want the other session's only", live, err)
	}
}

func childrenStay(k *kit) {
	k.create("parent")
	child := k.create("child", func(s *sessionstore.Session) { s.ParentID, s.RootID = "parent", "parent" })
	k.append("child", "", line("u"))
	k.must(k.Delete(k.ctx, "parent", 0))
	k.reopen()
	k.same("the child", k.session("child"), child)
	k.same("its entries", k.entries("child", "", 0), []string{line("u")})
	k.same("children of the parent", k.listIDs(sessionstore.Query{ParentID: "parent"}), []string{"child"})
}
