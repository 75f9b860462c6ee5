package engine

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// waiting makes an engine without runs whose sessions have turns that wait:
// session and the second at which each came.
func waiting(turns ...string) (*Engine, map[string]*job) {
	e := &Engine{cfg: Config{MaxRuns: 1}, running: 1, sessions: map[string]*live{}, jobs: map[string]*job{}}
	jobs := map[string]*job{}
	for i, turn := range turns {
		var session string
		var second int
		fmt.Sscanf(turn, "%s %d", &session, &second)
		l := e.sessions[session]
		if l == nil {
			l = &live{id: session}
			e.sessions[session] = l
		}
		j := newJob(sessionstore.Turn{ID: turn, SessionID: session, Seq: int64(i), QueuedAt: time.Unix(int64(second), 0)}, &environment{})
		e.insert(l, j)
		jobs[turn] = j
	}
	return e, jobs
}

func TestPosition(t *testing.T) {
	e, jobs := waiting("a 1", "b 2", "a 3", "c 4")
	for turn, want := range map[string]int{"a 1": 1, "b 2": 2, "a 3": 3, "c 4": 4} {
		j := jobs[turn]
		if got := e.position(e.sessions[j.turn.SessionID], j); got != want {
			t.Errorf("%s is at %d, want %d", turn, got, want)
		}
	}
}

func TestInsertKeepsOrder(t *testing.T) {
	e, _ := waiting("a 1", "a 2")
	l := e.sessions["a"]
	for _, first := range []bool{false, true} {
		seq := l.nextSeq(first)
		e.insert(l, newJob(sessionstore.Turn{ID: fmt.Sprint("new ", first), Seq: seq}, nil))
	}
	var got []string
	for _, j := range l.queue {
		got = append(got, j.id)
	}
	if want := []string{"new true", "a 1", "a 2", "new false"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReadySession(t *testing.T) {
	tests := []struct {
		name   string
		change func(a, b *live)
		want   string
	}{
		{"who waits longest", func(a, b *live) {}, "a"},
		{"not who is served", func(a, b *live) { a.serving = true }, "b"},
		{"not who is blocked", func(a, b *live) { a.blocked = "so" }, "b"},
		{"not who has no environment", func(a, b *live) { a.queue[0].env = nil }, "b"},
		{"nobody", func(a, b *live) { a.serving, b.queue = true, nil }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, _ := waiting("a 1", "b 2", "a 3")
			test.change(e.sessions["a"], e.sessions["b"])
			got := ""
			if l := e.readySession(); l != nil {
				got = l.id
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A session gives its slot away after a turn, if another has waited longer and
// there is no other slot.
func TestTakeIsFair(t *testing.T) {
	e, _ := waiting("a 1", "b 2", "a 3")
	a := e.sessions["a"]
	a.serving, a.runner = true, &runner{}
	if j := e.take(a); j == nil || j.id != "a 1" {
		t.Fatalf("the first to take is %v", j)
	}
	if j := e.take(a); j != nil {
		t.Errorf("%s is served while b has waited longer", j.id)
	}
	e.cfg.MaxRuns = 2
	if j := e.take(a); j == nil || j.id != "a 3" {
		t.Errorf("with a slot left, a's next is %v", j)
	}
}

// A turn that waits for the login of its client is given to one that has it, and
// to no other.
func TestEnvironmentOfWaiting(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	first := p.engine(Config{})
	turn := sessionstore.Turn{ID: "6b1f0e8e-8d8e-4a44-9a55-0b8f3a2f6a01", Seq: 1, Prompt: "x", Status: sessionstore.TurnQueued,
		QueuedAt: p.store.Now(), Environment: first.fingerprint(p.caller)}
	s := p.put(sessionstore.Session{Name: "s", Status: sessionstore.Queued}, turn)
	p.close(first)

	e := p.engine(Config{})
	other := p.caller
	other.Env = append(slices.Clone(other.Env), "ANTHROPIC_API_KEY=other")
	list, err := e.For(other).List(context.Background(), Call{}, ListRequest{})
	if err != nil || len(list.Sessions) != 1 {
		t.Fatal(list, err)
	}
	if got := list.Sessions[0]; got.Status != sessionstore.Queued || got.StatusReason == "" {
		t.Errorf("it does not say what it waits for: %+v", got)
	}
	if j := e.jobs[turn.ID]; j.env != nil {
		t.Error("the turn went to another login")
	}
	e.For(p.caller)
	if got := p.ended(turn.ID); got.Status != sessionstore.TurnCompleted {
		t.Errorf("the turn of %s ended %s: %+v", s.ID, got.Status, got.Error)
	}
}
