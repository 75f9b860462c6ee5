package sessionstore_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// A Matcher tells of each session what a List of the same query does.
func TestMatcher(t *testing.T) {
	store, err := sessionstore.Open("", sessionstore.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var all []sessionstore.Session
	for i := range 8 {
		id := fmt.Sprintf("0000000%d-0000-4000-8000-000000000000", i)
		s := sessionstore.Session{ID: id, RootID: id, Name: fmt.Sprint("name ", i), Status: sessionstore.Idle, Origin: sessionstore.Managed, Cwd: "/a", CreatedAt: store.Now()}
		if i&1 != 0 {
			s.Status, s.Tags = sessionstore.Running, []string{"x"}
		}
		if i&2 != 0 {
			s.Cwd, s.Origin = "/a/b", sessionstore.Imported
		}
		s.Archived = i&4 != 0
		done, err := store.Commit(t.Context(), sessionstore.Mutation{Create: &s})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, done.Created)
	}
	for _, q := range []sessionstore.Query{
		{}, {Archived: sessionstore.AnyArchived}, {Archived: sessionstore.OnlyArchived}, {Text: "NAME 2"}, {Tags: []string{"x"}},
		{Status: []sessionstore.Status{sessionstore.Running}}, {Cwd: "/a/b"}, {Cwd: "/"}, {Origin: sessionstore.Imported}, {RootID: all[3].ID},
		{UpdatedAfter: all[2].UpdatedAt}, {UpdatedAfter: time.Now().Add(time.Hour)},
	} {
		match, err := q.Matcher()
		if err != nil {
			t.Fatal(err)
		}
		page, err := store.List(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			listed := slices.ContainsFunc(page.Sessions, func(l sessionstore.Session) bool { return l.ID == s.ID })
			if got := match(s); got != listed {
				t.Errorf("%+v: %s matches: %t, is listed: %t", q, s.Name, got, listed)
			}
		}
	}
	if _, err := (sessionstore.Query{Archived: "maybe"}).Matcher(); err == nil {
		t.Error("a query that is none has a matcher")
	}
}
