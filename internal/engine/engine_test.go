package engine

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/internal/fakeclaude"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func TestMain(m *testing.M) {
	if fakeclaude.Active() {
		os.Exit(fakeclaude.Main())
	}
	os.Exit(m.Run())
}

// patience bounds everything that a test waits for. What takes a second takes half a
// minute with the race detector on a machine that has much else to do.
const patience = time.Minute

// place is where a test's engines work: a store, a fake Claude Code, and a
// folder for it all.
type place struct {
	t      testing.TB
	dir    string
	store  *sessionstore.DB
	caller Caller
}

// newPlace makes a place whose store is in memory.
func newPlace(t testing.TB, o sessionstore.Options) *place {
	t.Helper()
	o.InMemory = true
	return openPlace(t, "", o)
}

// openPlace makes a place whose store is in a folder.
func openPlace(t testing.TB, folder string, o sessionstore.Options) *place {
	t.Helper()
	dir := t.TempDir()
	store, err := sessionstore.Open(folder, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	claude := fakeclaude.Command(t, fakeclaude.GatesVar+"="+dir, fakeclaude.LogVar+"="+filepath.Join(dir, "log"))
	return &place{t: t, dir: dir, store: store, caller: Caller{
		Cwd: dir, Claude: claude,
		Env: []string{"HOME=" + dir, "CLAUDE_CONFIG_DIR=" + filepath.Join(dir, "config"), "PATH=" + os.Getenv("PATH")},
	}}
}

// engine starts an engine, which the test's end closes.
func (p *place) engine(c Config) *Engine {
	p.t.Helper()
	c.Store, c.Log = p.store, slog.New(slog.NewTextHandler(p.t.Output(), nil))
	e, err := New(c)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { p.close(e) })
	return e
}

func (p *place) close(e *Engine) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := e.Close(ctx); err != nil {
		p.t.Errorf("closing the engine: %v", err)
	}
}

func (p *place) client(c Config) *Client { return p.engine(c).For(p.caller) }

// release lets a turn go on that is held at a gate.
func (p *place) release(gate string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, gate), nil, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// held waits until a turn is held at a gate.
func (p *place) held(gate string) {
	p.t.Helper()
	p.until("a turn at gate "+gate, func() bool {
		_, err := os.Stat(filepath.Join(p.dir, gate+".held"))
		return err == nil
	})
}

func (p *place) until(what string, done func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("never came: %s", what)
		}
	}
}

// put stores a session, and the turns that it has.
func (p *place) put(s sessionstore.Session, turns ...sessionstore.Turn) sessionstore.Session {
	p.t.Helper()
	if s.ID == "" {
		s.ID = uuid.NewString()
	}
	if s.RootID == "" {
		s.RootID = s.ID
	}
	if s.Status == "" {
		s.Status = sessionstore.Idle
	}
	if s.Origin == "" {
		s.Origin = sessionstore.Managed
	}
	s.Cwd, s.ConfigDir, s.CreatedAt = p.dir, filepath.Join(p.dir, "config"), p.store.Now()
	for i := range turns {
		turns[i].SessionID, turns[i].Cwd = s.ID, s.Cwd
	}
	done, err := p.store.Commit(context.Background(), sessionstore.Mutation{Create: &s, Turns: turns})
	if err != nil {
		p.t.Fatal(err)
	}
	return done.Created
}

// turn is what is stored of a turn.
func (p *place) turn(id string) sessionstore.Turn {
	p.t.Helper()
	turn, err := p.store.Turn(context.Background(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	return turn
}

// ended waits for the end of a turn.
func (p *place) ended(id string) sessionstore.Turn {
	p.t.Helper()
	p.until("the end of turn "+id, func() bool {
		t := p.turn(id)
		// A reader may see the turn of a write a moment before its session.
		s, err := p.store.Session(context.Background(), t.SessionID)
		return t.Status.Ended() && (err != nil || !s.UpdatedAt.Before(t.EndedAt))
	})
	return p.turn(id)
}

// starts are the command lines with which the fake was started so far.
func (p *place) starts() [][]string {
	p.t.Helper()
	records, err := fakeclaude.ReadLog(filepath.Join(p.dir, "log"))
	if err != nil {
		p.t.Fatal(err)
	}
	var starts [][]string
	for _, r := range records {
		if r.Event == "start" {
			starts = append(starts, r.Args)
		}
	}
	return starts
}

// start starts a session and waits as long as is said.
func start(t testing.TB, c *Client, prompt string, wait int) Answer {
	t.Helper()
	a, err := c.Start(context.Background(), Call{}, StartRequest{Prompt: prompt, WaitSeconds: &wait})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// resume adds a turn to a session and waits as long as is said.
func resume(t testing.TB, c *Client, session, prompt string, wait int) Answer {
	t.Helper()
	a, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: session, Prompt: prompt, WaitSeconds: &wait})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// code is the code of an error, "" for none.
func code(err error) Code {
	if err == nil {
		return ""
	}
	return AsError(err).Code
}

func ptr[T any](v T) *T { return &v }
