package engine

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// forksElsewhere makes a family: a session of 20 turns, and forks of it, each
// made ten turns later in the one before. It returns their ids.
func (p *place) forksElsewhere(n int) (ids []string) {
	var lines []string
	said := strings.Repeat("words ", 500)
	for turn, parent := 1, ""; turn <= 20+10*n; turn++ {
		lines = append(lines, turnLines(turn, turn, parent, fmt.Sprint(turn, said), said)...)
		parent = fmt.Sprintf("a%d", turn)
		if k := (turn - 20) / 10; turn >= 20 && turn%10 == 0 {
			id := fmt.Sprintf("%08d-1111-4222-8333-444455556666", k)
			p.terminal(p.path(id), append([]string{begun(1000 + k)}, lines...)...)
			at := time.Now().Add(time.Duration(k-n) * time.Minute)
			if err := os.Chtimes(p.path(id), at, at); err != nil {
				p.t.Fatal(err)
			}
			ids = append(ids, id)
		}
	}
	return ids
}

// The parent of each of a family is found, and to find it costs not much more
// for each when they are many.
func TestForksCostLittle(t *testing.T) {
	cost := func(n int) float64 {
		p := newPlace(t, sessionstore.Options{})
		ids := p.forksElsewhere(n)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		e := p.client(Config{}).Engine
		p.until("all sessions", func() bool { _, err := p.store.Session(t.Context(), ids[0]); return err == nil && !e.listing() })
		p.settled(e)
		runtime.ReadMemStats(&after)
		for i, id := range ids {
			s := p.session(id)
			if parent := slices.Concat([]string{""}, ids)[i]; s.ParentID != parent || s.RootID != ids[0] || i > 0 && s.Turns != 10 {
				t.Errorf("of %d, %d has parent %s, root %s and %d turns, want parent %s", n, i, s.ParentID, s.RootID, s.Turns, parent)
			}
		}
		p.close(e)
		return float64(after.TotalAlloc-before.TotalAlloc) / float64(len(ids))
	}
	few, many := cost(3), cost(23)
	t.Logf("allocated for each of 4: %.1f MB, of 24: %.1f MB", few/1e6, many/1e6)
	if many > 12*few { // the files are four times longer
		t.Errorf("each of 24 costs %.0f times as much as each of 4", many/few)
	}
}
