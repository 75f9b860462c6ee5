package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func sessionLaws() []Law {
	return []Law{
		{"the unknown is not found", unknownIsNotFound},
		{"a session comes back as it went in", sessionComesBack},
		{"values are copied", valuesAreCopied},
		{"an update needs the version that is stored", updateNeedsVersion},
		{"a session is created once", createdOnce},
		{"a commit is written as a whole or not at all", commitIsWhole},
		{"a fork is written with its parent or not at all", forkIsWhole},
		{"a record needs an id and a status", needsStatus},
		{"time stamps rise strictly", stampsRise},
		{"odd ids do not collide", oddIDs},
		{"a context that has ended ends a call", endedContext},
		{"a store knows itself again", knowsItself},
		{"a closed store says so", closedStore},
	}
}

func unknownIsNotFound(k *kit) {
	_, err := k.Session(k.ctx, "nobody")
	k.refuses("Session", err, sessionstore.ErrNotFound)
	_, err = k.Resolve(k.ctx, "nobody")
	k.refuses("Resolve", err, sessionstore.ErrNotFound)
	_, err = k.Resolve(k.ctx, "")
	k.refuses("Resolve of nothing", err, sessionstore.ErrNotFound)
	_, err = k.Turn(k.ctx, "nobody")
	k.refuses("Turn", err, sessionstore.ErrNotFound)
	_, err = k.Receipt(k.ctx, "", "nobody")
	k.refuses("Receipt", err, sessionstore.ErrNotFound)
	s := newSession("nobody")
	_, err = k.Commit(k.ctx, sessionstore.Mutation{Update: &s})
	k.refuses("Commit of an update", err, sessionstore.ErrNotFound)
	_, err = k.Commit(k.ctx, sessionstore.Mutation{Turns: []sessionstore.Turn{newTurn("nobody", "t", 1)}})
	k.refuses("Commit of a turn", err, sessionstore.ErrNotFound)
	_, err = k.Acquire(k.ctx, "nobody", "me", time.Minute)
	k.refuses("Acquire", err, sessionstore.ErrNotFound)
	_, err = k.Append(k.ctx, batch("nobody", "", `{}`))
	k.refuses("Append", err, sessionstore.ErrNotFound)
	k.refuses("Entries", k.entriesError("nobody", ""), sessionstore.ErrNotFound)
}

func fullSession() sessionstore.Session {
	expires := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	return sessionstore.Session{
		ID: "0190-full", Owner: "me", Name: "Größe 🦉 \u2028 \x00 end", CLITitle: "<title> & more",
		FirstPrompt: "first\nline", LastPrompt: "last", LastResult: "done", Tags: []string{"b", "a", "b"}, Note: "note",
		Status: sessionstore.Waiting, StatusReason: "asks", Cwd: "/home/me/project", ConfigDir: "/home/me/.config",
		ParentID: "parent", ForkedAt: "message", ForkVerified: true, RootID: "root",
		Settings: sessionstore.Settings{
			Model: "opus", FallbackModel: "haiku", PermissionMode: "plan", AllowedTools: []string{"Bash(git:*)"},
			DisallowedTools: []string{"Write"}, AppendSystemPrompt: "be kind", AddDirs: []string{"/tmp"},
			MCPServers: json.RawMessage(`{"s":{"n":9007199254740993,"deep":[[[{"x":null}]]]}}`), Effort: "high",
			MaxTurns: 3, MaxBudgetUSD: 1.25, SettingSources: []string{"user"}, PassEnv: []string{"PATH"},
		},
		Usage:     sessionstore.Usage{InputTokens: 1 << 60, OutputTokens: 2, CacheReadTokens: 3, CacheCreationTokens: 4, CostUSD: 0.1, CostBasis: sessionstore.CostEstimated},
		Inherited: sessionstore.Usage{InputTokens: 5}, CostTotal: 0.3, Turns: 7, LastMessage: "newest",
		Origin: sessionstore.Imported, Archived: true,
		CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC), ExpiresAt: &expires,
	}
}

func sessionComesBack(k *kit) {
	want := fullSession()
	got := k.commit(sessionstore.Mutation{Create: &want})
	if got.Session.Version != 1 || !got.Session.UpdatedAt.Equal(k.clock.Now()) {
		k.Errorf("a new session: got version %d of %v, want 1 of %v", got.Session.Version, got.Session.UpdatedAt, k.clock.Now())
	}
	k.same("Created", got.Created, got.Session)
	want.Version, want.UpdatedAt = 1, got.Session.UpdatedAt
	k.same("what Commit returns", got.Session, want)
	k.reopen()
	k.same("what Session returns", k.session(want.ID), want)
	k.same("what List returns", k.list(sessionstore.Query{Archived: sessionstore.AnyArchived}).Sessions, []sessionstore.Session{want})
}

func valuesAreCopied(k *kit) {
	in, want := fullSession(), fullSession()
	out := k.commit(sessionstore.Mutation{Create: &in}).Session
	want.Version, want.UpdatedAt = out.Version, out.UpdatedAt
	k.session(in.ID) // whoever keeps what was read has it now
	in.Tags[0], *in.ExpiresAt, in.Settings.AddDirs[0], in.Settings.MCPServers[2] = "changed", time.Time{}, "changed", '!'
	k.same("after changing what went in", k.session(in.ID), want)
	out.Tags[0], *out.ExpiresAt, out.Settings.AddDirs[0], out.Settings.MCPServers[2] = "changed", time.Time{}, "changed", '!'
	k.same("after changing what came out", k.session(in.ID), want)
	read := k.session(in.ID)
	read.Tags[0], read.Settings.MCPServers[2] = "changed", '!'
	k.same("after changing what was read", k.session(in.ID), want)
}

func updateNeedsVersion(k *kit) {
	first := k.create("s")
	second := k.update(first, func(s *sessionstore.Session) { s.Note = "second" })
	if second.Version != 2 {
		k.Errorf("version after an update: got %d, want 2", second.Version)
	}
	first.Note = "late"
	_, err := k.Commit(k.ctx, sessionstore.Mutation{Update: &first})
	k.refuses("an update of an old version", err, sessionstore.ErrConflict)
	future := second
	future.Version = 3
	_, err = k.Commit(k.ctx, sessionstore.Mutation{Update: &future})
	k.refuses("an update of a version to come", err, sessionstore.ErrConflict)
	k.reopen()
	k.same("the session", k.session("s"), second)
}

func createdOnce(k *kit) {
	want := k.create("s")
	again := newSession("s", named("again"))
	_, err := k.Commit(k.ctx, sessionstore.Mutation{Create: &again})
	k.refuses("creating a session again", err, sessionstore.ErrExists)
	k.same("the session", k.session("s"), want)
	_, err = k.Resolve(k.ctx, "again")
	k.refuses("the name of the refused one", err, sessionstore.ErrNotFound)
}

func commitIsWhole(k *kit) {
	s := k.create("s")
	seq, err := k.Seq(k.ctx)
	k.must(err)
	stale := s
	stale.Version, stale.Note = 7, "stale"
	_, err = k.Commit(k.ctx, sessionstore.Mutation{
		Update:   &stale,
		Turns:    []sessionstore.Turn{newTurn("s", "t", 1)},
		Requests: []sessionstore.Request{{ID: "r", SessionID: "s", TurnID: "t", Status: sessionstore.RequestOpen}},
		Key:      "key", Receipt: sessionstore.Receipt{SessionID: "s"},
	})
	k.refuses("the commit", err, sessionstore.ErrConflict)
	k.nothingButSession(s, seq)
	ended := newTurn("s", "done", 1)
	ended.Status = sessionstore.TurnCompleted
	k.commit(sessionstore.Mutation{Turns: []sessionstore.Turn{ended}})
	edited := s
	edited.Note = "edited"
	_, err = k.Commit(k.ctx, sessionstore.Mutation{Update: &edited, Turns: []sessionstore.Turn{newTurn("s", "t", 2), ended}})
	k.refuses("the commit with an ended turn", err, sessionstore.ErrConflict)
	k.same("the session", k.session("s"), s)
	_, err = k.Turn(k.ctx, "t")
	k.refuses("the turn before the ended one", err, sessionstore.ErrNotFound)
}

// nothingButSession complains if commitIsWhole's refused commit left a trace.
func (k *kit) nothingButSession(s sessionstore.Session, seq uint64) {
	k.Helper()
	k.same("the session", k.session(s.ID), s)
	_, err := k.Turn(k.ctx, "t")
	k.refuses("the turn", err, sessionstore.ErrNotFound)
	_, err = k.Receipt(k.ctx, "", "key")
	k.refuses("the key", err, sessionstore.ErrNotFound)
	requests, err := k.Requests(k.ctx, s.ID, false)
	if err != nil || len(requests) != 0 {
		k.Errorf("requests: got %v, %v, want none", requests, err)
	}
	if now, err := k.Seq(k.ctx); err != nil || now != seq {
		k.Errorf("sequence number: got %d, %v, want %d as before", now, err, seq)
	}
}

func forkIsWhole(k *kit) {
	parent := k.create("parent", named("parent"))
	k.create("other", named("taken"))
	next := parent
	next.Note = "forked"
	child := newSession("child", named("taken"))
	_, err := k.Commit(k.ctx, sessionstore.Mutation{Update: &next, Create: &child})
	k.refuses("a fork with a taken name", err, sessionstore.ErrNameTaken)
	k.same("the parent", k.session("parent"), parent)
	_, err = k.Session(k.ctx, "child")
	k.refuses("the child", err, sessionstore.ErrNotFound)

	child.Name, child.ParentID, child.RootID = "parent", "parent", "parent"
	next.Name = "old parent" // the child takes over the name
	c := k.commit(sessionstore.Mutation{Update: &next, Create: &child, Turns: []sessionstore.Turn{newTurn("child", "t", 1)}})
	k.same("Committed.Session", c.Session, k.session("parent"))
	k.same("Committed.Created", c.Created, k.session("child"))
	if got, err := k.Resolve(k.ctx, "parent"); err != nil || got.ID != "child" {
		k.Errorf("the name taken over: got %q, %v, want child", got.ID, err)
	}
}

func needsStatus(k *kit) {
	for _, s := range []sessionstore.Session{{ID: "s"}, {Status: sessionstore.Idle}} {
		if _, err := k.Commit(k.ctx, sessionstore.Mutation{Create: &s}); err == nil {
			k.Errorf("session with id %q and status %q: got no error", s.ID, s.Status)
		}
	}
}

func stampsRise(k *kit) {
	var last time.Time
	check := func(s sessionstore.Session) {
		k.Helper()
		if !s.UpdatedAt.After(last) {
			k.Errorf("UpdatedAt of %q: got %v, want after %v", s.ID, s.UpdatedAt, last)
		}
		last = s.UpdatedAt
	}
	a, b := k.create("a"), newSession("b")
	check(a)
	c := k.commit(sessionstore.Mutation{Create: &b, Update: &a})
	check(min2(c.Session, c.Created))
	check(max2(c.Session, c.Created))
	k.clock.advance(-time.Hour)
	check(k.update(c.Session, func(*sessionstore.Session) {}))
	check(k.create("c"))
	k.must(k.Delete(k.ctx, "c", 0))
	k.reopen()
	check(k.create("d"))
	k.clock.advance(2 * time.Hour)
	if d := k.create("e"); !d.UpdatedAt.Equal(k.clock.Now()) {
		k.Errorf("UpdatedAt: got %v, want the clock's %v again", d.UpdatedAt, k.clock.Now())
	}
}

func min2(a, b sessionstore.Session) sessionstore.Session {
	if a.UpdatedAt.Before(b.UpdatedAt) {
		return a
	}
	return b
}

func max2(a, b sessionstore.Session) sessionstore.Session {
	if a.UpdatedAt.Before(b.UpdatedAt) {
		return b
	}
	return a
}

func oddIDs(k *kit) {
	ids := []string{"s", "s1", "s:1", "s/1", "s/../s", "..", "/", ":", "ß", "s\x00", "s\x00\x01", "s\xc3\xa9", "a b", "A B", "%2e", `s\1`}
	for _, id := range ids {
		k.create(id, named("name of "+id))
		k.append(id, "", line("u"), line("of "+id))
		k.append(id, id, line("u"), line("sub "+id))
		k.queue(id, "turn of "+id, 1)
	}
	k.must(k.Delete(k.ctx, "s", 0))
	k.reopen()
	for _, id := range ids[1:] {
		k.same("name of "+id, k.session(id).Name, "name of "+id)
		k.same("entries of "+id, k.entries(id, "", 0), []string{line("u"), line("of " + id)})
		k.same("sub entries of "+id, k.entries(id, id, 0), []string{line("u"), line("sub " + id)})
		k.same("turns of "+id, k.turns(id), []sessionstore.Turn{newTurn(id, "turn of "+id, 1)})
	}
	k.refuses("entries of s", k.entriesError("s", "s"), sessionstore.ErrNotFound)
}

func endedContext(k *kit) {
	k.create("s")
	ctx, cancel := context.WithCancel(k.ctx)
	cancel()
	_, err := k.Session(ctx, "s")
	k.refuses("Session", err, context.Canceled)
	_, err = k.List(ctx, sessionstore.Query{})
	k.refuses("List", err, context.Canceled)
	s := newSession("late")
	_, err = k.Commit(ctx, sessionstore.Mutation{Create: &s})
	k.refuses("Commit", err, context.Canceled)
	_, err = k.Append(ctx, batch("s", "", `{}`))
	k.refuses("Append", err, context.Canceled)
	_, err = k.Session(k.ctx, "late")
	k.refuses("the session", err, sessionstore.ErrNotFound)
}

func knowsItself(k *kit) {
	instance, secret := k.Instance(), k.Secret()
	if instance == "" || len(secret) != 32 {
		k.Errorf("got instance %q and a secret of %d bytes, want one and 32", instance, len(secret))
	}
	k.Secret()[0]++
	k.same("secret after changing a copy", k.Secret(), secret)
	k.reopen()
	k.same("instance", k.Instance(), instance)
	k.same("secret", k.Secret(), secret)
	k.same("Now", k.Now().Equal(k.clock.Now()), true)
}

func closedStore(k *kit) {
	k.create("s")
	k.append("s", "", lines("u", 3)...)
	k.must(k.Close())
	_, err := k.Session(k.ctx, "s")
	k.refuses("Session", err, sessionstore.ErrClosed)
	_, err = k.List(k.ctx, sessionstore.Query{})
	k.refuses("List", err, sessionstore.ErrClosed)
	_, err = k.Commit(k.ctx, sessionstore.Mutation{Turns: []sessionstore.Turn{newTurn("s", "t", 1)}})
	k.refuses("Commit", err, sessionstore.ErrClosed)
	_, err = k.Append(k.ctx, batch("s", "", `{}`))
	k.refuses("Append", err, sessionstore.ErrClosed)
	for _, since := range []uint64{0, 1, 1 << 40} {
		_, err = k.Changes(k.ctx, since, 0)
		k.refuses("Changes", err, sessionstore.ErrClosed)
	}
	k.refuses("Entries", k.entriesError("s", ""), sessionstore.ErrClosed)
	if err := k.Close(); err != nil && !errors.Is(err, sessionstore.ErrClosed) {
		k.Errorf("a second Close: got %v", err)
	}
}
