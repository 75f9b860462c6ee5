package storetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func sourceLaws() []Law {
	return []Law{
		{"a source is written with its session", sourceWithSession},
		{"a source is written with its lines", sourceWithLines},
		{"a source goes with its session", sourceGoes},
		{"sources are all there", allSources},
		{"a write may tell of another time", writeOfThen},
	}
}

func newSource(id string, size int64) *sessionstore.Source {
	return &sessionstore.Source{
		SessionID: id, Path: "/home/me/" + id, Size: size, ModTime: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
		State: json.RawMessage(`{"n":9007199254740993}`),
	}
}

func (k *kit) source(id string) sessionstore.Source {
	k.Helper()
	s, err := k.Source(k.ctx, id)
	k.must(err)
	return s
}

func sourceWithSession(k *kit) {
	_, err := k.Source(k.ctx, "nobody")
	k.refuses("Source of an unknown session", err, sessionstore.ErrNotFound)
	s := newSession("s")
	_, err = k.Commit(k.ctx, sessionstore.Mutation{Source: newSource("s", 1)})
	k.refuses("a source without a session", err, sessionstore.ErrNotFound)
	out, err := k.Commit(k.ctx, sessionstore.Mutation{Create: &s, Source: newSource("s", 1)})
	k.must(err)
	k.reopen()
	k.same("the source", k.source("s"), *newSource("s", 1))
	s = out.Created
	s.Version--
	_, err = k.Commit(k.ctx, sessionstore.Mutation{Update: &s, Source: newSource("s", 2)})
	k.refuses("an update that comes too late", err, sessionstore.ErrConflict)
	k.same("the source after a commit that was refused", k.source("s"), *newSource("s", 1))
	_, err = k.Commit(k.ctx, sessionstore.Mutation{Source: newSource("s", 3)})
	k.must(err)
	k.same("the source, written alone", k.source("s"), *newSource("s", 3))
	k.create("none")
	_, err = k.Source(k.ctx, "none")
	k.refuses("Source of a session that has none", err, sessionstore.ErrNotFound)
}

func sourceWithLines(k *kit) {
	k.create("s")
	k.create("other")
	a := batch("s", "", `{"uuid":"1"}`)
	a.Source = newSource("s", 10)
	_, err := k.Append(k.ctx, a)
	k.must(err)
	k.reopen()
	k.same("the source", k.source("s"), *newSource("s", 10))
	a.Source = newSource("s", 11)
	n, err := k.Append(k.ctx, a)
	k.must(err)
	k.same("lines that are known", n, 0)
	k.same("the source when no line was new", k.source("s"), *newSource("s", 11))
	a.Lines, a.Source = nil, newSource("s", 12)
	_, err = k.Append(k.ctx, a)
	k.must(err)
	k.same("the source without lines", k.source("s"), *newSource("s", 12))
	bad := batch("s", "", `{"uuid":"2"}`, `no JSON`)
	bad.Source = newSource("s", 13)
	if _, err := k.Append(k.ctx, bad); err == nil {
		k.Errorf("a line that is no JSON was taken")
	}
	a.Source = newSource("other", 14)
	if _, err := k.Append(k.ctx, a); err == nil {
		k.Errorf("the source of another session was taken")
	}
	k.same("the source after what was refused", k.source("s"), *newSource("s", 12))
}

func sourceGoes(k *kit) {
	s := newSession("s")
	_, err := k.Commit(k.ctx, sessionstore.Mutation{Create: &s, Source: newSource("s", 1)})
	k.must(err)
	k.must(k.Delete(k.ctx, "s", 0))
	_, err = k.Source(k.ctx, "s")
	k.refuses("Source of a deleted session", err, sessionstore.ErrNotFound)
	k.same("Sources", slices.Collect(maps.Keys(k.sources())), []string(nil))
	k.create("s")
	_, err = k.Source(k.ctx, "s")
	k.refuses("Source of a session that was made again", err, sessionstore.ErrNotFound)
}

func allSources(k *kit) {
	want := map[string]int64{}
	for i := range 40 {
		s := newSession(fmt.Sprintf("s%d", i))
		want[s.ID] = int64(i)
		_, err := k.Commit(k.ctx, sessionstore.Mutation{Create: &s, Source: newSource(s.ID, int64(i))})
		k.must(err)
	}
	k.same("Sources", k.sources(), want)
	for _, err := range k.Sources(k.ctx) {
		k.must(err)
		break // nothing is held, so that the store can close
	}
}

// sources are the sizes of all sources, by session.
func (k *kit) sources() map[string]int64 {
	k.Helper()
	got := map[string]int64{}
	for s, err := range k.Sources(k.ctx) {
		k.must(err)
		got[s.SessionID] = s.Size
	}
	return got
}

// What happened elsewhere is told with its own time: it sorts the list.
func writeOfThen(k *kit) {
	now := k.create("now")
	then := k.clock.Now().Add(-time.Hour)
	s := newSession("then")
	out, err := k.Commit(k.ctx, sessionstore.Mutation{Create: &s, At: then})
	k.must(err)
	k.same("UpdatedAt of then", out.Created.UpdatedAt, then)
	s = out.Created
	out, err = k.Commit(k.ctx, sessionstore.Mutation{Update: &s, At: k.clock.Now().Add(time.Hour)})
	k.must(err)
	if at := out.Session.UpdatedAt; !at.After(now.UpdatedAt) || at.After(k.clock.Now().Add(time.Minute)) {
		k.Errorf("UpdatedAt of a write that tells of the future: got %v, want after %v and not by much", at, now.UpdatedAt)
	}
	s = out.Session
	_, err = k.Commit(k.ctx, sessionstore.Mutation{Update: &s, At: then})
	k.must(err)
	k.reopen()
	page, err := k.List(k.ctx, sessionstore.Query{})
	k.must(err)
	k.same("the list", []string{page.Sessions[0].ID, page.Sessions[1].ID}, []string{"now", "then"})
	k.same("the total", page.Total, 2)
}
