package engine

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// leave starts a process as a run leaves it behind.
func (p *place) leave(run string) agent.Process {
	p.t.Helper()
	// Its parent ends at once, so that it is nobody's child here.
	out, err := func() ([]byte, error) {
		cmd := exec.Command("sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!")
		cmd.Env = append(os.Environ(), agent.RunIDVar+"="+run, "CLAUDE_SESSIONS_DATA_DIR="+p.dir)
		return cmd.Output()
	}()
	if err != nil {
		p.t.Skipf("there is no sh here: %v", err)
	}
	pid := 0
	for _, b := range out {
		if b >= '0' && b <= '9' {
			pid = 10*pid + int(b-'0')
		}
	}
	process, err := agent.Identify(pid)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = agent.Kill(process) })
	return process
}

func kinds(c Checkup) (list []string) {
	for _, f := range c.Faults {
		list = append(list, f.Kind)
	}
	slices.Sort(list)
	return list
}

// What a turn that has not ended has running is no orphan; everything else that
// no engine looks after is found, and mended when that is asked for.
func TestExamine(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	ctx := context.Background()
	ended := sessionstore.Turn{ID: uuid.NewString(), Seq: seqStep, Status: sessionstore.TurnCompleted}
	asking := p.put(sessionstore.Session{}, ended)
	live := sessionstore.Turn{ID: uuid.NewString(), Seq: seqStep, Status: sessionstore.TurnRunning, Run: &sessionstore.Run{ID: uuid.NewString()}}
	running := p.put(sessionstore.Session{Status: sessionstore.Running}, live)
	for i, turn := range []sessionstore.Turn{{ID: ended.ID, SessionID: asking.ID}, {ID: live.ID, SessionID: running.ID}} {
		_, err := p.store.Commit(ctx, sessionstore.Mutation{Requests: []sessionstore.Request{{
			ID: string(rune('a' + i)), SessionID: turn.SessionID, TurnID: turn.ID, Tool: "Write", Status: sessionstore.RequestOpen}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.store.Acquire(ctx, asking.ID, "somebody", time.Hour); err != nil {
		t.Fatal(err)
	}
	orphan, wanted := p.leave(uuid.NewString()), p.leave(live.Run.ID)

	found, err := Examine(ctx, p.store, p.dir, CheckupRequest{})
	if err != nil || !slices.Equal(kinds(found), []string{"lease", "orphan", "request"}) || found.Going != 1 {
		t.Fatalf("found %+v, %v", found, err)
	}
	if !agent.Alive(orphan) {
		t.Error("looking has ended a process")
	}
	found, err = Examine(ctx, p.store, p.dir, CheckupRequest{Fix: true})
	if err != nil || len(found.Faults) != 3 {
		t.Fatalf("mending: %+v, %v", found, err)
	}
	for _, f := range found.Faults {
		if f.Mended == "" {
			t.Errorf("not mended: %+v", f)
		}
	}
	if agent.Alive(orphan) || !agent.Alive(wanted) {
		t.Errorf("the orphan is alive: %t; the process of a turn is: %t", agent.Alive(orphan), agent.Alive(wanted))
	}
	if found, err = Examine(ctx, p.store, p.dir, CheckupRequest{Fix: true}); err != nil || len(found.Faults) != 0 || found.Going != 1 {
		t.Errorf("afterwards: %+v, %v", found, err)
	}
	if open, err := p.store.Requests(ctx, running.ID, true); err != nil || len(open) != 1 {
		t.Errorf("the request that a turn waits for: %+v, %v", open, err)
	}
}

// An engine at work finds no fault with itself.
func TestCheckupOfAnEngineAtWork(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{DataDir: p.dir, RequestTimeout: time.Hour})
	one := start(t, c, "one\n!tool Write {\"file_path\":\"x\",\"content\":\"y\"}", 0)
	p.until("the request", func() bool {
		d, err := c.Get(context.Background(), Call{}, GetRequest{Session: one.Session.ID})
		return err == nil && len(d.Requests) == 1
	})
	found, err := c.Checkup(context.Background(), CheckupRequest{Fix: true})
	if err != nil || len(found.Faults) != 0 {
		t.Errorf("found %+v, %v", found, err)
	}
	orphan := p.leave(uuid.NewString())
	found, err = c.Checkup(context.Background(), CheckupRequest{Fix: true})
	if err != nil || !slices.Equal(kinds(found), []string{"orphan"}) || agent.Alive(orphan) {
		t.Errorf("with an orphan: %+v, %v", found, err)
	}
	if got := p.turn(one.Turn.ID); got.Status != sessionstore.TurnWaiting {
		t.Errorf("the turn is %s", got.Status)
	}
}

// What an earlier engine kept warm is ended before anything is served: it has
// its session open. What a turn still has running is not.
func TestOrphansOfEarlierEngine(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	live := sessionstore.Turn{ID: uuid.NewString(), Seq: seqStep, Status: sessionstore.TurnRunning, Run: &sessionstore.Run{ID: uuid.NewString()}}
	wanted := p.leave(live.Run.ID)
	live.Run.PID, live.Run.StartTime = wanted.PID, wanted.StartTime
	p.put(sessionstore.Session{Status: sessionstore.Running}, live)
	orphan := p.leave(uuid.NewString())
	p.engine(Config{DataDir: p.dir})
	if agent.Alive(orphan) || !agent.Alive(wanted) {
		t.Errorf("the orphan is alive: %t; the process of a turn is: %t", agent.Alive(orphan), agent.Alive(wanted))
	}
}

// A turn that has its answer does not last for as long as what it has left in the
// background, which its process waits for.
func TestAdoptedTurnEnds(t *testing.T) {
	for _, answered := range []bool{true, false} {
		p := newPlace(t, sessionstore.Options{})
		first := p.engine(Config{})
		p.close(first)
		turn := p.left(first, 1)
		process := p.leave(turn.Run.ID)
		turn.Run.PID, turn.Run.StartTime = process.PID, process.StartTime
		s := p.put(sessionstore.Session{Status: sessionstore.Running}, turn)
		lines := []string{said("user", turn.ID, "", "left behind")}
		if answered {
			lines = append(lines, said("assistant", uuid.NewString(), turn.ID, "here it is"))
		}
		p.say(s, lines...)
		long := time.Now().Add(-2 * lingerFor)
		if err := os.Chtimes(p.transcript(s.ID), long, long); err != nil {
			t.Fatal(err)
		}
		e := p.engine(Config{})
		if !answered {
			if e.lingers(context.Background(), newJob(turn, nil)) {
				t.Error("a turn without an answer lingers")
			}
			continue
		}
		if got := p.ended(turn.ID); got.Status != sessionstore.TurnCompleted || got.Result != "here it is" || agent.Alive(process) {
			t.Errorf("it ended %s %q; its process is alive: %t", got.Status, got.Result, agent.Alive(process))
		}
	}
}
