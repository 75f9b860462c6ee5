package engine

import (
	"encoding/json"
	"fmt"
	"iter"
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

// A page is the same whether the outline was kept or all is read again, also
// after the transcript has grown, branched, or was replaced.
func TestReadByKeptOutline(t *testing.T) {
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
		all.bushy(r, first, 2*keptLines)
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
		{"short", grow(100)}, {"long", grow(keptLines)}, {"unchanged", func() {}}, {"a little longer", grow(3)}, {"longer", grow(500)},
		{"without a word more", func() { p.keep(s.ID, "", []json.RawMessage{json.RawMessage(`{"type":"mode"}`)}) }},
		{"another", replace},
	} {
		step.change()
		for range 10 {
			c.comparePages(t, step.name, s, r, first+r.IntN(len(all.lines)))
		}
	}
	if n := len(c.outlines.kept); n != 1 {
		t.Errorf("%d outlines are kept, want 1", n)
	}
}

// comparePages makes a page with the outline that is kept, and with a new one.
func (c *Client) comparePages(t *testing.T, step string, s sessionstore.Session, r *rand.Rand, from int) {
	t.Helper()
	req := ReadRequest{Session: s.ID, Limit: 1 + r.IntN(30), IncludeTools: []string{ToolsNone, ToolsSummary}[r.IntN(2)], From: fmt.Sprint("e", from)}
	switch r.IntN(8) {
	case 0:
		req.From = "start"
	case 1:
		req.From = "end"
	}
	if r.IntN(3) == 0 {
		req.Roles = []string{agent.SpeakerUser}
	}
	kept := read(t, c, req)
	c.forgetOutlines()
	if diff := cmp.Diff(read(t, c, req), kept); diff != "" {
		t.Fatalf("%s, from %q: the page by the kept outline (-new +kept):\n%s", step, req.From, diff)
	}
	read(t, c, ReadRequest{Session: s.ID}) // so that one is kept
}

func (e *Engine) forgetOutlines() {
	for _, k := range append([]*keptOutline(nil), e.outlines.kept...) {
		e.outlines.forget(k)
	}
}

// A page of a long transcript that was read before reads what it shows, and what
// was added since: no line of the rest.
func TestKeptOutlineReadsOnlyWhatIsNew(t *testing.T) {
	var lines chain
	lines.bushy(rand.New(rand.NewPCG(3, 4)), 0, 2*keptLines)
	read := 0
	tape := func(n int) *tape {
		return &tape{lines: int64(n), key: tapeKey{owner: "s"}, from: func(line int64) iter.Seq2[sessionstore.Entry, error] {
			return func(yield func(sessionstore.Entry, error) bool) {
				for ; line < int64(n); line++ {
					read++
					if !yield(sessionstore.Entry{Seq: line, Raw: lines.lines[line]}, nil) {
						return
					}
				}
			}
		}}
	}
	var os outlines
	for _, step := range []struct{ lines, read int }{{keptLines, keptLines}, {keptLines, 1}, {keptLines + 5, 6}, {2 * keptLines, keptLines - 4}} {
		read = 0
		if err := os.with(tape(step.lines), func(o *outline) error { o.main(); return nil }); err != nil {
			t.Fatal(err)
		}
		if read != step.read {
			t.Errorf("of %d lines it reads %d, want %d", step.lines, read, step.read)
		}
	}
}

// Only some outlines are kept, those that were read last.
func TestOutlinesAreBounded(t *testing.T) {
	var os outlines
	for i := range 2 * maxOutlines {
		os.bound(os.take(tapeKey{owner: fmt.Sprint(i)}), 10)
	}
	if len(os.kept) != maxOutlines || os.kept[0].key.owner != fmt.Sprint(maxOutlines) {
		t.Errorf("kept are %d, from %q on", len(os.kept), os.kept[0].key.owner)
	}
	huge := os.take(tapeKey{owner: "huge"})
	os.bound(huge, 2*maxLinks)
	if len(os.kept) != 1 || os.kept[0] != huge {
		t.Errorf("beside a huge one %d are kept", len(os.kept)-1)
	}
	os.forget(huge)
	if len(os.kept) != 0 {
		t.Errorf("%d are left", len(os.kept))
	}
}
