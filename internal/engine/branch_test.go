package engine

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// bushy adds n entries to a conversation, some of which go on from an earlier
// one than the last.
func (c *chain) bushy(r *rand.Rand, from, n int) {
	for i := from; i < from+n; i++ {
		if r.IntN(20) == 0 && i > 10 {
			c.leaf = fmt.Sprint("e", i-2-r.IntN(8))
		}
		switch id := fmt.Sprint("e", i); r.IntN(4) {
		case 0:
			c.user(id, "a prompt")
		case 1:
			c.says(id, fmt.Sprint("m", i/3), textPart("an answer"))
		case 2:
			c.says(id, fmt.Sprint("m", i/3), usePart("t"+id, "Bash", "{}"))
		default:
			c.bookkeeping(id)
		}
	}
}

// A page towards newer messages is the same whether its branch was kept or all
// is read anew, also after the transcript has grown, branched, or was replaced.
func TestReadByKeptBranch(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	s := p.put(sessionstore.Session{Turns: 1})
	r := rand.New(rand.NewPCG(1, 2))
	var all chain
	first := 0 // number of its first entry
	replace := func() {
		if err := p.store.DropEntries(t.Context(), s.ID); err != nil {
			t.Fatal(err)
		}
		all, first = chain{}, 5_000
		all.bushy(r, first, 2*branchLines)
		p.keep(s.ID, "", all.lines)
	}
	grow := func(n int) func() {
		return func() {
			before := len(all.lines)
			all.bushy(r, before, n)
			p.keep(s.ID, "", all.lines[before:])
		}
	}
	for _, step := range []struct {
		name   string
		change func()
	}{
		{"short", grow(100)}, {"long", grow(branchLines)}, {"unchanged", func() {}}, {"a little longer", grow(3)}, {"longer", grow(500)},
		{"without a word more", func() { p.keep(s.ID, "", []json.RawMessage{json.RawMessage(`{"type":"mode"}`)}) }},
		{"another", replace},
	} {
		step.change()
		for range 10 {
			c.comparePages(t, step.name, s, r, first+r.IntN(len(all.lines)))
		}
	}
	if n := len(c.branches.kept); n != 1 {
		t.Errorf("%d branches are kept, want 1", n)
	}
}

// comparePages makes a page by both ways.
func (c *Client) comparePages(t *testing.T, step string, s sessionstore.Session, r *rand.Rand, from int) {
	t.Helper()
	req := ReadRequest{Limit: 1 + r.IntN(30), IncludeTools: []string{ToolsNone, ToolsSummary}[r.IntN(2)]}
	at := spot{Session: s.ID, Message: fmt.Sprint("e", from), Itself: r.IntN(2) == 0}
	if r.IntN(8) == 0 {
		at.Message = ""
	}
	if r.IntN(3) == 0 {
		req.Roles = []string{agent.SpeakerUser}
	}
	type page struct {
		Links        []string
		Parts        []bool
		Older, Newer bool
		Err          string
	}
	var pages [2]page
	for i := range pages {
		tp, err := c.tape(t.Context(), s, "")
		if err != nil {
			t.Fatal(err)
		}
		p := pager{engine: c.Engine, req: req, walk: newWalk(tp), at: at, replies: map[string]bool{}, goesOn: map[string]bool{}, lines: map[string]int64{}}
		links, err := p.after()
		if i == 1 {
			p.replies, p.goesOn, p.older = map[string]bool{}, map[string]bool{}, false
			links, err = p.afterElsewhere()
		}
		pages[i] = page{Older: p.older, Newer: p.newer, Err: fmt.Sprint(err)}
		for _, l := range links {
			pages[i].Links, pages[i].Parts = append(pages[i].Links, l.uuid), append(pages[i].Parts, p.goesOn[l.uuid])
		}
	}
	if diff := cmp.Diff(pages[1], pages[0]); diff != "" {
		t.Fatalf("%s, from %q: the page by the kept branch (-anew +kept):\n%s", step, at.Message, diff)
	}
}

// Only some branches are kept, those that were read last.
func TestBranchesAreBounded(t *testing.T) {
	var bs branches
	tape := func(owner string, lines int64) *tape { return &tape{lines: lines, key: tapeKey{owner: owner}} }
	for i := range 2 * maxBranches {
		k := bs.take(tape(fmt.Sprint(i), branchLines).key)
		bs.bound(k, 10)
	}
	if len(bs.kept) != maxBranches || bs.kept[0].key.owner != fmt.Sprint(maxBranches) {
		t.Errorf("kept are %d, from %q on", len(bs.kept), bs.kept[0].key.owner)
	}
	huge := bs.take(tapeKey{owner: "huge"})
	bs.bound(huge, 2*maxLinks)
	if len(bs.kept) != 1 || bs.kept[0] != huge {
		t.Errorf("beside a huge one %d are kept", len(bs.kept)-1)
	}
	bs.forget(huge)
	if len(bs.kept) != 0 {
		t.Errorf("%d are left", len(bs.kept))
	}
}
