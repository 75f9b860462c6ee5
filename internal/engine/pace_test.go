package engine

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/fakeclaude"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// waits are how long each of n callers that come now has to wait.
func waits(p *pace, n int) (list []time.Duration) {
	for range n {
		list = append(list, p.reserve(time.Now()).Sub(time.Now()))
	}
	return list
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		check := func(what string, got []time.Duration, want ...time.Duration) {
			t.Helper()
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("%s: waits are %v, want %v", what, got, want)
					return
				}
			}
		}
		check("all is well", waits(&p, 3), 0, startGap, 2*startGap)
		time.Sleep(time.Minute)
		check("a minute later", waits(&p, 1), 0)

		p.overloaded(time.Now())
		p.overloaded(time.Now()) // another run tells the same
		check("overloaded", waits(&p, 3), slowGap, 2*slowGap, 3*slowGap)
		time.Sleep(4 * slowGap)
		p.overloaded(time.Now())
		check("again", waits(&p, 2), 2*slowGap, 4*slowGap)
		for range 10 {
			time.Sleep(slowest)
			p.overloaded(time.Now())
		}
		time.Sleep(10 * time.Minute)
		p.gap, p.at, p.next = slowest, time.Now(), time.Now()
		check("at its slowest", waits(&p, 2), 0, slowest)
		time.Sleep(calmAfter)
		p.next = time.Now()
		check("after some calm", waits(&p, 2), 0, slowest/2)
		time.Sleep(calmAfter)
		if !p.slow(time.Now()) {
			t.Error("it forgets too soon")
		}
		time.Sleep(4 * calmAfter)
		check("after long calm", waits(&p, 2), 0, startGap)
		if p.slow(time.Now()) {
			t.Error("it never forgets")
		}
	})
}

// News of overload that goes on does not grow the gap without end.
func TestPaceIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		for range 100 {
			p.overloaded(time.Now())
			time.Sleep(slowest)
		}
		p.overloaded(time.Now())
		if got := waits(&p, 1)[0]; got != slowest {
			t.Errorf("the wait is %v, want %v", got, slowest)
		}
	})
}

// What one run is told by the API slows down the start of another; an interrupt
// does not wait for that.
func TestOverloadSlowsOthers(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	one := start(t, c, "one\n!status 429 x1\n!hold one", 0)
	p.held("one")
	began := time.Now()
	two := start(t, c, "two", 30)
	if took := time.Since(began); took < slowGap/2 || two.Turn.Status != sessionstore.TurnCompleted {
		t.Errorf("the second session's turn ended %s after %s", two.Turn.Status, took)
	}
	c.pace.mu.Lock()
	c.pace.next, c.pace.at = time.Now().Add(time.Hour), time.Now()
	c.pace.mu.Unlock()
	three := start(t, c, "three", 0)
	p.until("a turn that waits to start", func() bool {
		d, err := c.Get(context.Background(), Call{}, GetRequest{Session: three.Session.ID})
		return err == nil && d.Session.StatusReason == "waiting to start: the API has too many requests, so processes start one after the other"
	})
	c.mu.Lock()
	l := c.sessions[three.Session.ID]
	c.mu.Unlock()
	c.interrupt(l, "of the test")
	if got := p.ended(three.Turn.ID); got.Status != sessionstore.TurnInterrupted {
		t.Errorf("the turn that was interrupted ended %s", got.Status)
	}
	p.release("one")
	p.ended(one.Turn.ID)
}

// 200 turns over 50 sessions and four processes at a time: all end, in order in
// each session, and none is lost.
func TestLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts 200 processes; run without -short")
	}
	const sessions, each, runs = 50, 4, 4
	p := openPlace(t, t.TempDir(), sessionstore.Options{})
	c := p.client(Config{MaxRuns: runs})
	ids := make([]string, sessions)
	var turns []string
	for n := range each {
		for i := range ids {
			var a Answer
			if prompt := strconv.Itoa(n); n == 0 {
				a = start(t, c, prompt, 0)
				ids[i] = a.Session.ID
			} else {
				a = resume(t, c, ids[i], prompt, 0)
			}
			turns = append(turns, a.Turn.ID)
		}
	}
	for deadline := time.Now().Add(5 * time.Minute); c.Busy(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the turns do not end")
		}
	}
	for _, id := range turns {
		if got := p.turn(id); got.Status != sessionstore.TurnCompleted {
			t.Errorf("turn %s of session %s is %s: %+v", got.Prompt, got.SessionID, got.Status, got.Error)
		}
	}
	records, err := fakeclaude.ReadLog(filepath.Join(p.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	next, busy, most := map[string]int{}, 0, 0
	for _, r := range records {
		switch r.Event {
		case "turn_start":
			if r.Text != strconv.Itoa(next[r.Session]) {
				t.Errorf("session %s begins turn %s when it is at turn %d", r.Session, r.Text, next[r.Session])
			}
			next[r.Session]++
			busy++
			most = max(most, busy)
		case "turn_end":
			busy--
		}
	}
	if busy != 0 || most > runs || len(next) != sessions {
		t.Errorf("%d turns did not end, %d ran at a time, %d sessions", busy, most, len(next))
	}
	for id, n := range next {
		if n != each {
			t.Errorf("session %s had %d turns", id, n)
		}
	}
}
