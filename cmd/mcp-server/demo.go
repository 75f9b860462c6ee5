package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/daemon"
	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/loopmodel"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// liveWarning is how long somebody has to stop a demo that costs.
const liveWarning = 5 * time.Second

// demo plays the story of a session and its two forks, over MCP and with the
// real Claude Code. Its model is a scripted stand-in on loopback, unless the
// person wants their own.
func (p program) demo(ctx context.Context, c config) (err error) {
	dir, err := os.MkdirTemp("", "claude-sessions-demo-")
	if err != nil {
		return fmt.Errorf("making a scratch folder: %w", err)
	}
	d := &demo{program: p, ctx: ctx, dir: dir, live: c.live}
	defer func() { err = errors.Join(err, d.cleanUp()) }()
	if err := d.prepare(c); err != nil {
		return err
	}
	return d.play()
}

type demo struct {
	program
	ctx     context.Context // of this one run
	dir     string
	live    bool
	env     []string
	model   *loopmodel.Server
	client  *client.Client
	started time.Time
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

// prepare makes the place of the demo and connects to a server in it.
func (d *demo) prepare(c config) error {
	for _, sub := range []string{"home", "work", "data"} {
		if err := os.MkdirAll(filepath.Join(d.dir, sub), 0o700); err != nil {
			return fmt.Errorf("making a scratch folder: %w", err)
		}
	}
	if err := d.chooseModel(); err != nil {
		return err
	}
	claude, err := agent.Find(c.claude, d.program.env)
	if err != nil {
		return fmt.Errorf("%w; `make demo` gets it", err)
	}
	version, err := agent.Version(d.ctx, claude, d.env)
	if err != nil {
		return err
	}
	d.say("Claude Code %s, served over MCP by mcp-server %s.\n", version, versionName())
	return d.connect(claude)
}

// chooseModel sets the environment in which Claude Code runs.
func (d *demo) chooseModel() error {
	if d.live {
		d.env = d.program.env
		d.say("This uses YOUR OWN Claude Code login and spends a few cents of it.\nPress Ctrl-C within %s to stop.", liveWarning)
		select {
		case <-time.After(liveWarning):
			return nil
		case <-d.ctx.Done():
			return errors.New("stopped before anything was spent")
		}
	}
	d.say("The model is a scripted stand-in on this machine: no account, no network, no cost.\n(The dollars below are what the real one would have charged.)")
	var err error
	if d.model, err = loopmodel.Start(loopmodel.Options{}); err != nil {
		return fmt.Errorf("starting the stand-in for the model: %w", err)
	}
	d.env = loopmodel.Env(d.model.URL(), filepath.Join(d.dir, "home"))
	return nil
}

// connect starts a server as any MCP client does.
func (d *demo) connect(claude string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	env := d.env
	for _, name := range []string{"XDG_RUNTIME_DIR", "TMPDIR"} { // the engine's socket is to be where we look for it
		if value := d.getenv(name); value != "" && !d.live {
			env = append(env, name+"="+value)
		}
	}
	d.client, err = client.NewStdioMCPClient(self, env,
		"-data-dir="+d.dataDir(), "-claude="+claude, "-idle-timeout=1s")
	if err != nil {
		return fmt.Errorf("starting a server: %w", err)
	}
	init := mcp.InitializeRequest{}
	init.Params.ProtocolVersion = mcp.LATEST_PROTOCOL_VERSION
	init.Params.ClientInfo = mcp.Implementation{Name: "demo", Version: versionName()}
	if _, err := d.client.Initialize(d.ctx, init); err != nil {
		return fmt.Errorf("greeting the server: %w", err)
	}
	return nil
}

func (d *demo) dataDir() string { return filepath.Join(d.dir, "data") }

// play is the story.
func (d *demo) play() error {
	d.started = time.Now()
	work := filepath.Join(d.dir, "work")
	main, err := d.turn("1. Start a session", "start_session", map[string]any{
		"name": "main", "cwd": work, "prompt": d.prompt("My lucky number is 42. Remember it.", "Noted: 42.")})
	if err != nil {
		return err
	}
	if _, err := d.turn("2. Resume it by its name; it remembers", "resume_session", map[string]any{
		"session": "main", "prompt": d.prompt("What have I told you so far?", "", "!recall")}); err != nil {
		return err
	}
	path, err := d.transcriptOf(main, work)
	if err != nil {
		return err
	}
	before, err := d.settled(path)
	if err != nil {
		return err
	}
	for i, name := range []string{"option-a", "option-b"} {
		title := fmt.Sprintf("%d. Fork it: %s", 3+i, name)
		if _, err := d.turn(title, "fork_session", map[string]any{"session": "main", "name": name,
			"prompt": d.prompt("This is "+name+". What do you know?", "I am "+name+", and I know:", "!recall")}); err != nil {
			return err
		}
	}
	if err := d.tree(); err != nil {
		return err
	}
	return d.unchanged(path, before)
}

// prompt adds to a prompt what the stand-in is to answer.
func (d *demo) prompt(text, answer string, directives ...string) string {
	if d.live {
		return text + " Answer in one short sentence."
	}
	if answer != "" {
		text += "\n!say " + answer
	}
	return strings.Join(append([]string{text}, directives...), "\n")
}

// turn calls a tool that runs a turn, and shows what came of it.
func (d *demo) turn(title, tool string, args map[string]any) (engine.Answer, error) {
	var a engine.Answer
	shown, _, _ := strings.Cut(args["prompt"].(string), "\n")
	d.say("%s\n   %s(%q)", title, tool, shown)
	began := time.Now()
	args["wait_seconds"] = engine.MaxWaitSeconds
	if _, err := d.call(tool, args, &a); err != nil {
		return a, err
	}
	if err := completed(a.Turn); err != nil {
		return a, fmt.Errorf("%s: %w", tool, err)
	}
	for line := range strings.Lines(a.Turn.Result) {
		d.say("   | %s", strings.TrimRight(line, "\n"))
	}
	d.say("   %s, %s, %s\n", a.Session.ID, time.Since(began).Round(time.Millisecond), a.Turn.Usage.Cost.Text(dollars))
	return a, nil
}

func completed(t *engine.Turn) error {
	switch {
	case t == nil:
		return errors.New("there is no turn in the answer")
	case t.Error != nil:
		return fmt.Errorf("the turn is %s: %s: %s", t.Status, t.Error.Code, t.Error.Message)
	case t.Status != sessionstore.TurnCompleted:
		return fmt.Errorf("the turn is %s: %s", t.Status, t.Reason)
	}
	return nil
}

// call calls a tool and reads its structured result.
func (d *demo) call(tool string, args map[string]any, into any) (text string, err error) {
	req := mcp.CallToolRequest{}
	req.Params.Name, req.Params.Arguments = tool, args
	res, err := d.client.CallTool(d.ctx, req)
	if err != nil {
		return "", fmt.Errorf("calling %s: %w", tool, err)
	}
	for _, c := range res.Content {
		if t, ok := c.(mcp.TextContent); ok {
			text += t.Text
		}
	}
	if res.IsError {
		return text, fmt.Errorf("%s: %s", tool, text)
	}
	raw, err := json.Marshal(res.StructuredContent)
	if err != nil {
		return text, err
	}
	return text, json.Unmarshal(raw, into)
}

// tree shows all sessions.
func (d *demo) tree() error {
	var list engine.List
	if _, err := d.call("list_sessions", map[string]any{"view": "tree", "sort": "created"}, &list); err != nil {
		return err
	}
	d.say("5. The tree\n")
	d.say("   %-22s %-11s %5s  %8s  %s", "session", "status", "turns", "cost", "updated")
	for i, row := range list.Sessions {
		branch := ""
		if row.Depth > 0 {
			branch = strings.Repeat("   ", row.Depth-1) + "├─ "
			if i+1 == len(list.Sessions) || list.Sessions[i+1].Depth < row.Depth {
				branch = strings.Repeat("   ", row.Depth-1) + "└─ "
			}
		}
		d.say("   %-22s %-11s %5d  %s   %s", branch+row.Title, row.Status, row.Turns, row.Cost.Text(dollars), row.UpdatedAt.Local().Format("15:04:05"))
	}
	d.say("   %-22s %-11s %5s  %s   %s in all\n", "", "", "", totalCost(list.Sessions), time.Since(d.started).Round(10*time.Millisecond))
	return nil
}

// totalCost is what sessions have cost together, and whether that is all of it.
func totalCost(rows []engine.Row) string {
	var known, unknown = engine.KnownCost(0), 0
	for _, row := range rows {
		if row.CostUSD == nil {
			unknown++
		}
		*known.CostUSD += row.Cost.USD()
		known.CostEstimated = known.CostEstimated || row.CostEstimated
	}
	if unknown > 0 {
		return fmt.Sprintf("%s, without %d of unknown cost", known.Text(dollars), unknown)
	}
	return known.Text(dollars)
}

func dollars(usd float64) string { return fmt.Sprintf("$%.4f", usd) }

// unchanged shows that the forks left their parent's transcript alone.
func (d *demo) unchanged(path, before string) error {
	after, err := checksum(path)
	if err != nil {
		return err
	}
	if after != before {
		return fmt.Errorf("the parent's transcript has changed: %s was %s and is %s", path, before, after)
	}
	d.say("6. The parent is unchanged, byte for byte\n   sha256 %s… before and after the forks", after[:16])
	return nil
}

func (d *demo) transcriptOf(a engine.Answer, work string) (string, error) {
	return agent.FindTranscript(agent.ConfigDir(d.env), work, a.Session.ID)
}

// settled is the checksum of a transcript once Claude Code has written its
// bookkeeping, which follows a turn's answer.
func (d *demo) settled(path string) (string, error) {
	const quiet = 300 * time.Millisecond
	last, err := checksum(path)
	for err == nil {
		time.Sleep(quiet)
		var now string
		if now, err = checksum(path); now == last {
			return now, err
		}
		last = now
	}
	return last, err
}

func checksum(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading a transcript: %w", err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(raw)), nil
}

// cleanUp leaves nothing behind: the engine goes by itself once its client has.
func (d *demo) cleanUp() error {
	if d.client != nil {
		_ = d.client.Close() // its server's exit status says nothing more
	}
	if d.model != nil {
		d.model.Close()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.ctx), 15*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if _, running, err := daemon.Status(ctx, d.dataDir()); !running && err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return os.RemoveAll(d.dir)
}
