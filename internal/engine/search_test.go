package engine

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// fakeIndex answers with the same hits whatever is asked, but for those of
// sessions that are not wanted.
type fakeIndex struct {
	hits  []Hit
	err   error
	asked IndexQuery
	left  int // what Progress still has to tell
}

func (x *fakeIndex) Search(_ context.Context, q IndexQuery) (page IndexPage, err error) {
	x.asked = q
	for _, h := range x.hits {
		fits, err := q.Fits(h.SessionID)
		if err != nil {
			return page, err
		}
		if fits {
			page.Hits = append(page.Hits, h)
		}
	}
	return page, x.err
}

func (x *fakeIndex) Progress() (done, total int) {
	if x.left == 0 {
		return 0, 0
	}
	x.left--
	return 1200, 20000
}

func (x *fakeIndex) Rebuild(context.Context) (int, error) { return 20000, x.err }

func TestSearchFilters(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	x := &fakeIndex{}
	c := p.client(Config{Index: x})
	put := func(s sessionstore.Session) string {
		id := p.put(s).ID
		x.hits = append(x.hits, Hit{SessionID: id})
		return id
	}
	root := put(sessionstore.Session{Name: "root", Tags: []string{"x"}})
	put(sessionstore.Session{Name: "fork", ParentID: root, RootID: root, Tags: []string{"x", "y"}})
	put(sessionstore.Session{Name: "running", Status: sessionstore.Running})
	put(sessionstore.Session{Name: "waiting", Status: sessionstore.Waiting})
	put(sessionstore.Session{Name: "away", Archived: true})
	put(sessionstore.Session{Name: "found", Origin: sessionstore.Imported})
	self := put(sessionstore.Session{Name: "self"})
	terminal := put(sessionstore.Session{Name: "in a terminal", Origin: sessionstore.Imported})
	p.openBy(terminal, os.Getpid(), "busy")
	x.hits = append(x.hits, Hit{SessionID: "gone"})
	asker := p.caller
	asker.Env = append(slices.Clone(asker.Env), claudeSessionVar+"="+self)
	fromWithin := c.For(asker)

	tests := []struct {
		name string
		by   *Client
		req  SearchRequest
		want []string
	}{
		{"by default", c, SearchRequest{}, []string{"root", "fork", "found", "self"}},
		{"from within", fromWithin, SearchRequest{}, []string{"root", "fork", "found"}},
		{"at work too", fromWithin, SearchRequest{IncludeRunning: true}, []string{"root", "fork", "running", "waiting", "found", "self", "in a terminal"}},
		{"at work only", c, SearchRequest{Status: []string{"running"}}, []string{"running"}},
		{"archived", c, SearchRequest{Archived: "yes"}, []string{"away"}},
		{"tag", c, SearchRequest{Tag: "y"}, []string{"fork"}},
		{"forks", c, SearchRequest{Parent: "root"}, []string{"fork"}},
		{"tree", c, SearchRequest{Root: "fork"}, []string{"root", "fork"}},
		{"origin", c, SearchRequest{Origin: "imported"}, []string{"found"}},
		{"folder", c, SearchRequest{Cwd: "elsewhere"}, nil},
		{"too old", c, SearchRequest{UpdatedAfter: "2099-01-01T00:00:00Z"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.req.Query = "word"
			res, err := test.by.Search(t.Context(), Call{}, test.req)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, h := range res.Hits {
				got = append(got, h.Title)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestSearchPassesOn(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	at := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	x := &fakeIndex{left: 1}
	c := p.client(Config{Index: x})
	x.hits = []Hit{{SessionID: p.put(sessionstore.Session{Name: "main"}).ID, Time: at, Role: "user"}}
	res, err := c.Search(t.Context(), Call{}, SearchRequest{Query: "q", Role: "user", Limit: 7, Cursor: "c"})
	if err != nil {
		t.Fatal(err)
	}
	if q := x.asked; q.Text != "q" || q.Role != "user" || q.Limit != 7 || q.Cursor != "c" {
		t.Errorf("the index was asked %+v", q)
	}
	if res.Indexing != "indexed 1,200 of 20,000 sessions" || len(res.Hits) != 1 || res.Hits[0].Time != at.Truncate(time.Second) {
		t.Errorf("got %+v", res)
	}
}

func TestSearchErrors(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	x := &fakeIndex{}
	with, without := p.client(Config{Index: x}), p.client(Config{})
	tests := []struct {
		name string
		by   *Client
		err  error // of the index
		req  SearchRequest
		want Code
	}{
		{"no index", without, nil, SearchRequest{}, Unavailable},
		{"role", with, nil, SearchRequest{Role: "tool"}, InvalidArgument},
		{"limit", with, nil, SearchRequest{Limit: MaxLimit + 1}, InvalidArgument},
		{"parent", with, nil, SearchRequest{Parent: "nobody"}, NotFound},
		{"a query that is none", with, Errorf(InvalidArgument, "", "no word"), SearchRequest{}, InvalidArgument},
		{"a broken index", with, errors.New("disk image is malformed"), SearchRequest{}, Unavailable},
		{"the end of the call", with, context.Canceled, SearchRequest{}, Timeout},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			x.err = test.err
			if _, err := test.by.Search(t.Context(), Call{}, test.req); code(err) != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestReindex(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	x := &fakeIndex{left: 2}
	c := p.client(Config{Index: x})
	var told []string
	res, err := c.Reindex(t.Context(), Call{OnProgress: func(p Progress) { told = append(told, p.Text) }}, ReindexRequest{})
	if err != nil || res.Sessions != 20000 {
		t.Errorf("got %+v, %v", res, err)
	}
	if want := []string{"indexed 1,200 of 20,000 sessions"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	x.left = 1000
	if _, err := c.Reindex(ctx, Call{}, ReindexRequest{}); code(err) != Timeout {
		t.Errorf("a caller that goes away: %v", err)
	}
}
