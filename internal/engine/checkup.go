package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// A Checkup is what was found left behind in a data folder.
type Checkup struct {
	Faults []Fault `json:"faults,omitempty"`
	// Going are turns that an engine which is gone has begun: their processes go
	// on, and the next engine takes their results over. They are no fault.
	Going int `json:"going,omitempty"`
}

// A Fault is something that nobody looks after any more.
type Fault struct {
	Kind   string `json:"kind"`   // orphan, lease or request
	Found  string `json:"found"`  // in a sentence
	Mended string `json:"mended"` // what was done about it; "" nothing
	Failed string `json:"failed,omitempty"`
}

// CheckupRequest asks for a Checkup.
type CheckupRequest struct {
	Fix bool `json:"fix,omitempty"` // mend what is found
}

// Checkup looks for what was left behind while this engine runs.
func (e *Engine) Checkup(ctx context.Context, req CheckupRequest) (Checkup, error) {
	found, err := examination{store: e.store, dataDir: e.cfg.DataDir, fix: req.Fix, served: e.hasWork}.all(ctx)
	if err != nil {
		return found, e.fail("looking for what was left behind", err)
	}
	found.Going = 0 // this engine sees to them
	return found, nil
}

// hasWork tells whether a session has work in this engine.
func (e *Engine) hasWork(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sessions[id] != nil
}

// Examine looks for what was left behind in a data folder that no engine serves.
func Examine(ctx context.Context, store sessionstore.Store, dataDir string, req CheckupRequest) (Checkup, error) {
	return examination{store: store, dataDir: dataDir, fix: req.Fix, served: nil}.all(ctx)
}

type examination struct {
	store   sessionstore.Store
	dataDir string
	fix     bool
	served  func(sessionID string) bool // nil: there is no engine
}

func (x examination) all(ctx context.Context) (c Checkup, err error) {
	live, err := x.store.LiveTurns(ctx)
	if err != nil {
		return c, err
	}
	return c, errors.Join(x.orphans(ctx, live, &c), x.leases(ctx, live, &c), x.requests(ctx, &c))
}

// orphans finds processes of runs that no engine has.
func (x examination) orphans(ctx context.Context, live []sessionstore.Turn, c *Checkup) error {
	runs, going, err := orphanRuns(x.dataDir, live)
	if err != nil {
		return err
	}
	c.Going = going
	for run, pids := range runs {
		f := Fault{Kind: "orphan", Found: fmt.Sprintf("what a run has left behind still runs, and no engine looks after it: process %d%s.", pids[0], andMore(len(pids)-1))}
		if x.fix {
			n, err := agent.EndLeftovers(ctx, run, leftoverGrace)
			f.settle(fmt.Sprintf("%d ended", n), err)
		}
		c.Faults = append(c.Faults, f)
	}
	return nil
}

// orphanRuns are the runs, by id, whose processes nobody has: they are neither of
// a turn which has not ended, nor was their first started by this process. Going
// counts the turns among those.
func orphanRuns(dataDir string, live []sessionstore.Turn) (runs map[string][]int, going int, err error) {
	marked, err := agent.MarkedWith("CLAUDE_SESSIONS_DATA_DIR=" + dataDir)
	if err != nil {
		return nil, 0, err
	}
	wanted, atWork := map[string]bool{}, map[string]bool{}
	for _, t := range live {
		if t.Run != nil {
			wanted[t.Run.ID] = true
		}
	}
	for _, m := range marked {
		switch {
		case wanted[m.RunID]:
			atWork[m.RunID] = true
		case m.Parent == os.Getpid():
			wanted[m.RunID] = true
		}
	}
	runs = map[string][]int{}
	for _, m := range marked {
		if !wanted[m.RunID] {
			runs[m.RunID] = append(runs[m.RunID], m.PID)
		}
	}
	for _, pids := range runs {
		slices.Sort(pids)
	}
	return runs, len(atWork), nil
}

func andMore(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

// leases finds those that nobody renews: any, where there is no engine. That of a
// session with a turn is taken by the next engine; one of a session that has work
// in this engine is its runner's to renew.
func (x examination) leases(ctx context.Context, live []sessionstore.Turn, c *Checkup) error {
	all, err := x.store.Leases(ctx)
	if err != nil {
		return err
	}
	for _, l := range all {
		if slices.ContainsFunc(live, func(t sessionstore.Turn) bool { return t.SessionID == l.SessionID }) ||
			x.served != nil && (x.served(l.SessionID) || l.ExpiresAt.After(x.store.Now())) {
			continue
		}
		f := Fault{Kind: "lease", Found: fmt.Sprintf("the right to write session %s was never given back (until %s).", l.SessionID, l.ExpiresAt.Format("15:04:05"))}
		if x.fix {
			f.settle("released", x.store.Release(ctx, l))
		}
		c.Faults = append(c.Faults, f)
	}
	return nil
}

// requests finds those that are open although their turn has ended.
func (x examination) requests(ctx context.Context, c *Checkup) error {
	q := sessionstore.Query{Archived: sessionstore.AnyArchived, Order: sessionstore.ByCreated, Limit: 1000}
	for {
		page, err := x.store.List(ctx, q)
		if err != nil {
			return err
		}
		for _, s := range page.Sessions {
			if err := x.requestsOf(ctx, s.ID, c); err != nil {
				return err
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

func (x examination) requestsOf(ctx context.Context, id string, c *Checkup) error {
	open, err := x.store.Requests(ctx, id, true)
	if errors.Is(err, sessionstore.ErrNotFound) {
		return nil // deleted meanwhile
	}
	for _, r := range open {
		t, err := x.store.Turn(ctx, r.TurnID)
		if err != nil && !errors.Is(err, sessionstore.ErrNotFound) {
			return err
		}
		if err == nil && !t.Status.Ended() {
			continue
		}
		f := Fault{Kind: "request", Found: fmt.Sprintf("session %s still asks (%s), and its turn has ended: nothing waits for an answer.", id, or(r.Summary, r.Tool))}
		if x.fix {
			r.Status, r.Message, r.AnsweredAt = sessionstore.RequestDropped, "The turn ended first.", x.store.Now()
			_, err := x.store.Commit(ctx, sessionstore.Mutation{Requests: []sessionstore.Request{r}})
			f.settle("closed", err)
		}
		c.Faults = append(c.Faults, f)
	}
	return err
}

// settle notes how mending went.
func (f *Fault) settle(mended string, err error) {
	if err != nil {
		f.Failed = err.Error()
		return
	}
	f.Mended = mended
}
