package sessionstore

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/google/btree"

	"github.com/claude-sessions/claude-sessions/internal/anypath"
)

// How many sessions a page has.
const (
	defaultLimit = 20
	maxLimit     = 1000
)

// query is a Query made ready: defaults filled in, the text folded and cut into
// words, the cursor read.
type query struct {
	Query
	words  []string
	after  *summary // the place of the last session of the page before; nil on the first page
	hash   [8]byte  // of all but Limit and Cursor
	simple bool     // only Status and Archived select
}

func prepare(q Query) (*query, error) {
	if err := q.fill(); err != nil {
		return nil, err
	}
	p := &query{Query: q, words: strings.Fields(fold(q.Text))}
	p.simple = len(p.words) == 0 && len(q.Tags) == 0 && q.Cwd == "" && q.ConfigDir == "" &&
		q.ParentID == "" && q.RootID == "" && q.Origin == "" && q.UpdatedAfter.IsZero()
	hash, err := q.fingerprint()
	if err != nil {
		return nil, err
	}
	p.hash = hash
	p.after, err = openCursor(q.Cursor, hash)
	return p, err
}

// Selector implements Store.
func (db *DB) Selector(q Query) (func(ctx context.Context, sessionID string) (bool, error), error) {
	q.Cursor = ""
	p, err := prepare(q)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, id string) (bool, error) {
		done, err := db.begin(ctx)
		if err != nil {
			return false, err
		}
		defer done()
		s, err := db.index.get(id)
		return err == nil && p.fits(s), nil
	}, nil
}

// fill replaces zero values by what they mean.
func (q *Query) fill() error {
	if q.Order == "" {
		q.Order = ByUpdated
	}
	if q.Archived == "" {
		q.Archived = NotArchived
	}
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	q.Limit = min(q.Limit, maxLimit)
	if !slices.Contains([]Order{ByUpdated, ByCreated, ByName}, q.Order) {
		return fmt.Errorf("unknown order %q", q.Order)
	}
	if !slices.Contains([]Archived{NotArchived, OnlyArchived, AnyArchived}, q.Archived) {
		return fmt.Errorf("unknown choice of archived sessions %q", q.Archived)
	}
	return nil
}

// fingerprint tells queries apart that list other sessions, or in another order.
func (q Query) fingerprint() (hash [8]byte, err error) {
	q.Limit, q.Cursor = 0, ""
	b, err := encode(q)
	if err != nil {
		return hash, err
	}
	sum := sha256.Sum256(b)
	return [8]byte(sum[:]), nil
}

// fits tells whether a session is selected.
func (q *query) fits(s *summary) bool {
	return q.wants(group{s.status, s.archived}) && (q.simple ||
		q.fitsFields(s) && q.fitsFolder(s.cwd) && q.fitsTags(s.tags) && q.fitsText(s.text))
}

// wants tells whether sessions of this group may be selected.
func (q *query) wants(g group) bool {
	if q.Archived != AnyArchived && g.archived != (q.Archived == OnlyArchived) {
		return false
	}
	return len(q.Status) == 0 || slices.Contains(q.Status, g.status)
}

func (q *query) fitsFields(s *summary) bool {
	same := func(want, got string) bool { return want == "" || want == got }
	return same(q.ConfigDir, s.config) && same(q.ParentID, s.parent) && same(q.RootID, s.root) &&
		same(string(q.Origin), string(s.origin)) &&
		(q.UpdatedAfter.IsZero() || s.updated > nanos(q.UpdatedAfter))
}

func (q *query) fitsFolder(cwd string) bool {
	if q.Cwd == "" {
		return true
	}
	return anypath.Within(q.Cwd, cwd)
}

func (q *query) fitsTags(tags []string) bool {
	for _, t := range q.Tags {
		if !slices.Contains(tags, t) {
			return false
		}
	}
	return true
}

func (q *query) fitsText(text string) bool {
	for _, w := range q.words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// run returns the sessions of the page, one more if there is another page, and
// how many fit in all.
func (q *query) run(ix *index) (page []*summary, total int) {
	tree, counts := ix.snapshot(q.Order)
	before := listOrders()[q.Order]
	collect := func(s *summary) bool {
		if q.fits(s) && (q.after == nil || before(q.after, s)) {
			page = append(page, s)
		}
		return len(page) <= q.Limit
	}
	if q.after == nil {
		tree.Ascend(collect)
	} else {
		tree.AscendGreaterOrEqual(q.after, collect)
	}
	return page, q.total(tree, counts)
}

// total counts the sessions that fit. That takes a look at each of them, unless
// the groups tell.
func (q *query) total(all *btree.BTreeG[*summary], counts map[group]int) (n int) {
	if q.simple {
		for g, members := range counts {
			if q.wants(g) {
				n += members
			}
		}
		return n
	}
	all.Ascend(func(s *summary) bool {
		n += int(flag(q.fits(s)))
		return true
	})
	return n
}
