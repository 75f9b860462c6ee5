//go:build unix

package e2e

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/daemon"
	"github.com/claude-sessions/claude-sessions/internal/fakeclaude"
)

var (
	chaosFor  = flag.Duration("chaos", 2*time.Minute, "how long the chaos test goes on")
	chaosSeed = flag.Uint64("seed", 0, "of the chaos test; 0 draws one")
)

const (
	chaosClients = 4 // server processes
	chaosCallers = 2 // that share each
	chaosShared  = 5 // sessions that all callers use
	answerTime   = 50 * time.Second
	calmTime     = 90 * time.Second // in which all must have ended when it is over
)

// Clients call whatever there is to call while engines, clients and Claude Code
// are killed. What was acknowledged then holds: see the laws in chaoslaws_test.go.
// All acts follow from the seed; when they happen does not.
func TestChaos(t *testing.T) {
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("chaos: go test -race ./test/e2e -run TestChaos -chaos %s -seed %d", *chaosFor, seed)
	c := newChaos(t, seed)
	ctx, stop := context.WithTimeout(context.Background(), *chaosFor)
	defer stop()
	c.rage(ctx)
	c.calm()
	c.judge()
}

// chaos is the place of it, and what is known of what was called.
type chaos struct {
	t      *testing.T
	seed   uint64
	dir    string
	data   string
	seats  []*seat
	shared []string
	*ledger
}

func newChaos(t *testing.T, seed uint64) *chaos {
	dir := keptDir(t)
	c := &chaos{t: t, seed: seed, dir: dir, data: filepath.Join(dir, "data"), ledger: newLedger(t)}
	for _, sub := range []string{"home", "data", "gates", "w", "bin"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	claude, err := fakeclaude.Install(filepath.Join(dir, "bin"), fakeclaude.LogVar+"="+filepath.Join(dir, fakeLogName), fakeclaude.GatesVar+"="+filepath.Join(dir, "gates"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", "") // the engine's socket is looked for where the servers put it
	env := []string{"HOME=" + filepath.Join(dir, "home"), "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir(), "GORACE=atexit_sleep_ms=0",
		"CLAUDE_SESSIONS_DATA_DIR=" + c.data, "CLAUDE_SESSIONS_CLAUDE=" + claude, "ANTHROPIC_API_KEY=fake-key"}
	for i := range chaosClients {
		c.seats = append(c.seats, &seat{ledger: c.ledger, name: fmt.Sprint("client-", i), dir: dir, env: env,
			args: []string{"-max-runs=3", "-warm=3s", "-max-warm=2", "-request-timeout=6s", "-stop-grace=1s"}})
	}
	for i := range chaosShared {
		c.shared = append(c.shared, fmt.Sprint("shared-", i))
	}
	return c
}

// keptDir is a folder that stays when the test fails: what happened is not to be
// had again.
func keptDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "chaos-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("chaos: all that it left is in %s", dir)
		} else if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// rage lets all callers call, and the killer kill, until ctx ends.
func (c *chaos) rage(ctx context.Context) {
	for _, name := range c.shared {
		c.carryOut(c.seats[0], act{tool: "start_session", key: name, args: map[string]any{
			"name": name, "prompt": marked(name) + "\n!say " + answered(name), "idempotency_key": name, "wait_seconds": 0}})
	}
	var wg sync.WaitGroup
	for i := range chaosClients * chaosCallers {
		wg.Go(func() {
			for p := newPlanner(c.seed, i, c.shared); ctx.Err() == nil; {
				a := p.next()
				pauseFor(ctx, a.pause)
				c.carryOut(c.seats[i%chaosClients], a)
			}
		})
	}
	wg.Go(func() { c.kill(ctx) })
	wg.Wait()
}

func pauseFor(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// carryOut makes a call and books it.
func (c *chaos) carryOut(s *seat, a act) {
	if a.tool == "answer_request" {
		name, ok := c.waiting(s, a.which)
		if !ok {
			return
		}
		a.args["session"] = name
	}
	p := c.called(a)
	r, ok := s.call(a.tool, a.args)
	c.book(p, a, r, ok)
	if a.tool == "delete_sessions" {
		c.bookDeletion(a, r, ok)
	}
}

// waiting is one of the sessions that wait for a person.
func (c *chaos) waiting(s *seat, which int) (string, bool) {
	r, ok := s.call("list_sessions", map[string]any{"status": []string{"waiting"}})
	if rows := r.data.Sessions; ok && len(rows) > 0 {
		return rows[which%len(rows)].ID, true
	}
	return "", false
}

// kill strikes until ctx ends.
func (c *chaos) kill(ctx context.Context) {
	rng := rand.New(rand.NewPCG(c.seed, 1<<32))
	for ctx.Err() == nil {
		b := nextBlow(rng)
		pauseFor(ctx, b.after)
		switch b.what {
		case "engine":
			c.signalEngine(syscall.SIGKILL)
		case "stop":
			c.signalEngine(syscall.SIGTERM)
		case "client":
			c.seats[b.which%len(c.seats)].kill()
		case "claude":
			if found, err := agent.MarkedWith("CLAUDE_SESSIONS_DATA_DIR=" + c.data); err == nil && len(found) > 0 {
				c.signal(found[b.which%len(found)].Process, syscall.SIGKILL)
			}
		case "gate":
			c.openGates()
		}
		c.struck(b.what)
	}
}

func (c *chaos) signalEngine(sig syscall.Signal) {
	info, running, err := daemon.Status(context.Background(), c.data)
	if err != nil || !running {
		return
	}
	if p, err := agent.Identify(info.PID); err == nil {
		c.signal(p, sig)
	}
}

func (c *chaos) signal(p agent.Process, sig syscall.Signal) {
	if agent.Alive(p) {
		_ = syscall.Kill(p.PID, sig)
	}
}

// openGates lets all turns go on that are held.
func (c *chaos) openGates() {
	held, _ := filepath.Glob(filepath.Join(c.dir, "gates", "*.held")) // the pattern is good
	for _, name := range held {
		if err := os.WriteFile(strings.TrimSuffix(name, ".held"), nil, 0o600); err != nil {
			c.t.Error(err)
		}
	}
}

// calm calls every prompt again by its key, which must be answered as before,
// and waits until all have ended.
func (c *chaos) calm() {
	s := c.seats[0]
	for _, p := range c.prompts() {
		args := map[string]any{}
		for k, v := range p.act.args {
			args[k] = v
		}
		args["wait_seconds"] = 0
		r, ok := s.call(p.act.tool, args)
		c.bookAgain(p, r, ok)
	}
	deadline := time.Now().Add(calmTime)
	for round := 1; ; round++ {
		c.openGates()
		r, ok := s.call("list_sessions", map[string]any{"status": []string{"queued", "running", "waiting"}, "limit": 200, "archived": "any"})
		if ok && len(r.data.Sessions) == 0 {
			return
		}
		if time.Now().After(deadline) {
			c.fault("these do not end: %s\n%s", r.text, c.engineLog())
			return
		}
		var busy []string
		for _, row := range r.data.Sessions[:min(len(r.data.Sessions), 20)] {
			busy = append(busy, row.ID)
			if round%5 == 0 { // it may wait for a prompt to fold
				s.call("interrupt_session", map[string]any{"session": row.ID})
			}
		}
		if ok {
			s.call("wait_for_session", map[string]any{"sessions": busy, "wait_seconds": 1})
		}
	}
}

func (c *chaos) engineLog() []byte {
	log, _ := os.ReadFile(filepath.Join(c.data, daemon.LogName)) // of little use, if it is not there
	return log[max(0, len(log)-20_000):]
}
