package engine

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func TestSince(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		text string
		want time.Time
		ok   bool
	}{
		{"", time.Time{}, true},
		{"2026-01-31T12:00:00Z", time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), true},
		{"2026-01-31T12:00:00+02:00", time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC), true},
		{"36h", now.Add(-36 * time.Hour), true},
		{"1h30m", now.Add(-90 * time.Minute), true},
		{"7d", now.Add(-7 * 24 * time.Hour), true},
		{"0.5d", now.Add(-12 * time.Hour), true},
		{"-1h", time.Time{}, false},
		{"-7d", time.Time{}, false},
		{"1e9d", time.Time{}, false},
		{"NaNd", time.Time{}, false},
		{"yesterday", time.Time{}, false},
		{"2026-01-31", time.Time{}, false},
	}
	for _, test := range tests {
		got, err := since("updated_after", test.text, now)
		if !got.Equal(test.want) || (err == nil) != test.ok {
			t.Errorf("since(%q) = %v, %v; want %v, ok %t", test.text, got, err, test.want, test.ok)
		}
	}
}

// Every session of a page hangs below its parent; parents that are not on the
// page are there as context, once.
func TestTree(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	root := p.put(sessionstore.Session{Name: "root"})
	fork := func(name string, parent sessionstore.Session, tags ...string) sessionstore.Session {
		return p.put(sessionstore.Session{Name: name, ParentID: parent.ID, RootID: root.ID, Tags: tags})
	}
	one := fork("one", root)
	fork("one-a", one, "x")
	fork("one-b", one, "x")
	fork("two", root, "y")
	p.put(sessionstore.Session{Name: "orphan", ParentID: "0a0a0a0a-0000-4000-8000-000000000000", Tags: []string{"x"}})

	tests := []struct {
		name string
		req  ListRequest
		want []string
	}{
		{"all", ListRequest{Sort: "created"}, []string{"0 orphan", "0 root", "1 two", "1 one", "2 one-b", "2 one-a"}},
		{"by name", ListRequest{Sort: "name"}, []string{"0 orphan", "0 root", "1 one", "2 one-a", "2 one-b", "1 two"}},
		{"some", ListRequest{Tag: "x", Sort: "name"}, []string{"0 root context", "1 one context", "2 one-a", "2 one-b", "0 orphan"}},
		{"a page", ListRequest{Tag: "x", Sort: "name", Limit: 1}, []string{"0 root context", "1 one context", "2 one-a"}},
		{"one", ListRequest{Tag: "y"}, []string{"0 root context", "1 two"}},
		{"none", ListRequest{Tag: "z"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.req.View = "tree"
			list, err := c.List(context.Background(), Call{}, test.req)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range list.Sessions {
				line := fmt.Sprintf("%d %s", row.Depth, row.Title)
				if row.Context {
					line += " context"
				}
				got = append(got, line)
			}
			if test.name == "all" || test.name == "by name" {
				slices.Sort(got) // the order of branches is the store's
				slices.Sort(test.want)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestCheckList(t *testing.T) {
	for _, req := range []ListRequest{
		{Limit: -1}, {Limit: MaxLimit + 1}, {Status: []string{"asleep"}}, {Origin: "x"}, {Archived: "maybe"}, {Sort: "size"}, {View: "graph"},
	} {
		if got := code(checkList(req)); got != InvalidArgument {
			t.Errorf("%+v: got %q", req, got)
		}
	}
	if err := checkList(ListRequest{Limit: MaxLimit, Status: []string{"idle"}, View: "tree"}); err != nil {
		t.Error(err)
	}
}

// Who follows changes sees in a row that its session has been put away.
func TestRowTellsArchived(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	begin := p.changes(c, ChangesRequest{}).Seq
	p.put(sessionstore.Session{Name: "away", Archived: true})
	if got := p.changes(c, ChangesRequest{Since: &begin}).Sessions; len(got) != 1 || !got[0].Archived {
		t.Errorf("got %+v, want one archived row", got)
	}
}
