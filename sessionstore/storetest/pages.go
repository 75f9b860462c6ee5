package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func pageLaws() []Law {
	return []Law{
		{"a page has a limit", pageHasLimit},
		{"pages are stable while sessions come and go", pagesStable},
		{"a cursor belongs to its query", cursorBelongs},
	}
}

// crowd makes n sessions in one commit each, oldest first.
func (k *kit) crowd(prefix string, n int) (ids []string) {
	for i := range n {
		id := fmt.Sprintf("%s%03d", prefix, i)
		k.create(id, func(s *sessionstore.Session) {
			s.CreatedAt, s.Name = time.Date(2026, 1, 1, 0, i, 0, 0, time.UTC), "name "+id
		})
		ids = append(ids, id)
	}
	return ids
}

func pageHasLimit(k *kit) {
	k.same("an empty store", k.list(sessionstore.Query{}), sessionstore.Page{})
	ids := k.crowd("s", 25)
	slices.Reverse(ids)
	first := k.list(sessionstore.Query{})
	k.same("the default page", idsOf(first.Sessions), ids[:20])
	if first.Total != 25 || first.Next == "" {
		k.Errorf("got a total of %d and the cursor %q, want 25 and one", first.Total, first.Next)
	}
	k.reopen()
	last := k.list(sessionstore.Query{Cursor: first.Next})
	k.same("the next page", idsOf(last.Sessions), ids[20:])
	if last.Total != 25 || last.Next != "" {
		k.Errorf("got a total of %d and the cursor %q, want 25 and none", last.Total, last.Next)
	}
	exact := k.list(sessionstore.Query{Limit: 25})
	if len(exact.Sessions) != 25 || exact.Next != "" {
		k.Errorf("a page that just fits: got %d sessions and the cursor %q", len(exact.Sessions), exact.Next)
	}
	all := k.list(sessionstore.Query{Limit: 1 << 30})
	k.same("a page with no end", idsOf(all.Sessions), ids)
}

// pagesStable reads pages while sessions are made, touched and deleted: those
// that nobody touches are seen, each once.
func pagesStable(k *kit) {
	calm := k.crowd("calm", 20)
	for _, order := range []sessionstore.Order{sessionstore.ByUpdated, sessionstore.ByCreated, sessionstore.ByName} {
		gone := k.crowd("gone-"+string(order), 2)
		q := sessionstore.Query{Order: order, Limit: 3}
		var got []string
		for round := 0; ; round++ {
			p := k.list(q)
			got = append(got, idsOf(p.Sessions)...)
			if p.Next == "" {
				break
			}
			q.Cursor = p.Next
			k.disturb(string(order), round, gone, p)
		}
		var seen []string
		for _, id := range got {
			if slices.Contains(calm, id) {
				seen = append(seen, id)
			}
		}
		k.same("sessions nobody touched, by "+string(order), sorted(seen), sorted(calm))
	}
}

// disturb makes a session, and in some rounds deletes one: that which the
// cursor points to, if it is one to be deleted, or touches one.
func (k *kit) disturb(prefix string, round int, gone []string, p sessionstore.Page) {
	k.create(fmt.Sprint("new-", prefix, round), named(fmt.Sprint("name aa", prefix, round)))
	last := p.Sessions[len(p.Sessions)-1].ID
	switch {
	case slices.Contains(gone, last):
		k.must(k.Delete(k.ctx, last, 0))
	case round == 1:
		k.must(k.Delete(k.ctx, gone[0], 0))
	case round == 2:
		k.update(k.session(fmt.Sprint("new-", prefix, 0)), func(s *sessionstore.Session) { s.Note = "touched" })
	}
}

func cursorBelongs(k *kit) {
	k.crowd("s", 5)
	q := sessionstore.Query{Limit: 2, Status: []sessionstore.Status{sessionstore.Idle}}
	cursor := k.list(q).Next
	for what, other := range map[string]sessionstore.Query{
		"another status":   {Cursor: cursor, Status: []sessionstore.Status{sessionstore.Failed}},
		"no status":        {Cursor: cursor},
		"another order":    {Cursor: cursor, Status: q.Status, Order: sessionstore.ByName},
		"a text":           {Cursor: cursor, Status: q.Status, Text: "x"},
		"archived ones":    {Cursor: cursor, Status: q.Status, Archived: sessionstore.AnyArchived},
		"a time":           {Cursor: cursor, Status: q.Status, UpdatedAfter: time.Unix(1, 0)},
		"a family":         {Cursor: cursor, Status: q.Status, RootID: "s"},
		"a cut cursor":     {Cursor: cursor[:len(cursor)-3], Status: q.Status},
		"a made up cursor": {Cursor: "bm90IGEgY3Vyc29y", Status: q.Status},
		"no base64":        {Cursor: "!", Status: q.Status},
	} {
		_, err := k.List(k.ctx, other)
		k.refuses(what, err, sessionstore.ErrBadCursor)
	}
	q.Cursor, q.Limit, q.Order, q.Archived = cursor, 1, sessionstore.ByUpdated, sessionstore.NotArchived
	if p, err := k.List(k.ctx, q); err != nil || len(p.Sessions) != 1 {
		k.Errorf("the same query with another limit, and its defaults said: got %d sessions, %v", len(p.Sessions), err)
	}
}
