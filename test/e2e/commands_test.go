//go:build unix

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/daemon"
	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/fakeclaude"
	"github.com/claude-sessions/claude-sessions/internal/loopmodel"
)

// patience bounds everything that a story waits for.
const patience = 40 * time.Second

// story is what the commands of one script share.
type story struct {
	env     *testscript.Env
	model   *loopmodel.Server // nil with the fake
	clients map[string]*mcpClient
	calls   map[string]chan called // those in the background
	last    result
	frozen  *agent.Process // the engine, while it is stopped
}

type called struct {
	result result
	err    error
}

type storyKey struct{}

func of(ts *testscript.TestScript) *story { return ts.Value(storyKey{}).(*story) }

// commands are what a story can do.
//
//	client NAME [flag...]          connect as an MCP client, with a server process of its own;
//	                               NAME@next: with that of a newer build; NAME@person: with
//	                               elicitation, in the era of the handshake; NAME@modern: in the era since
//	leave NAME | crash NAME        close the server's stdin | kill the server
//	call NAME TOOL JSON            call a tool; `! call` if it is to fail. stdout has text, progress and data
//	async NAME LABEL TOOL JSON     the same in the background
//	await LABEL                    wait for it; `! await` if it is to fail
//	field PATH REGEXP              the data of the last call has this there; `! field` if not
//	get VARIABLE PATH              keep a field of the data of the last call
//	until NAME TOOL JSON PATH REGEXP   call until the field is so
//	resource NAME URI              read a resource; stdout has its text; `! resource` if it fails
//	subscribe NAME URI | updated NAME URI   ask to be told of a resource's changes | wait to be told of one
//	person NAME AFTER JSON | person NAME never   what the person at the client answers from now on, after a time
//	asked NAME COUNT               wait until they were asked so often; stdout has the last question and its schema
//	answered NAME COUNT | cancelled NAME COUNT   wait until they have answered, or were told that a question is settled, so often
//	within DURATION                the last call took less
//	engine pid VARIABLE | freeze | kill | stop | gone   tell, SIGSTOP, kill -9, SIGTERM the engine; await its end
//	claude kill                    kill -9 all processes of all runs
//	settle                         wait until no run is alive
//	snapshot ID NAME | same ID NAME   keep a session's transcript, once settled | it is so still
//	waitfile PATH...               until they are there
//	touch PATH                     make an empty file
//	gone PID                       wait for the end of a process
//	remember ID NAME               put a session without a transcript into the store (no engine yet)
//	turns                          stdout has the turns of the fake's log, in order
//	serial [all]                   by that log, no two turns of a session, or none at all, ran at a time
//	pid VARIABLE EVENT             keep the process of the log's newest event
//	orphan VARIABLE                leave a process behind as a run would; keep its pid
//	held NAME | release NAME       wait until the model is held | let it go (real only)
//	requests                       stdout has what the model server received (real only)
//	results                        stdout has what tools gave the model, each once (real only)
func commands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"client": cmdClient, "leave": cmdLeave, "crash": cmdCrash,
		"call": cmdCall, "async": cmdAsync, "await": cmdAwait,
		"field": cmdField, "get": cmdGet, "until": cmdUntil, "within": cmdWithin,
		"engine": cmdEngine, "waitfile": cmdWaitFile, "touch": cmdTouch, "gone": cmdGone,
		"remember": cmdRemember, "turns": cmdTurns, "serial": cmdSerial, "pid": cmdPid, "orphan": cmdOrphan,
		"claude": cmdClaude, "settle": cmdSettle, "snapshot": cmdSnapshot, "same": cmdSame,
		"resource": cmdResource, "subscribe": cmdSubscribe, "updated": cmdUpdated,
		"person": cmdPerson, "asked": cmdAsked, "answered": cmdAnswered, "cancelled": cmdCancelled,
		"held": cmdHeld, "release": cmdRelease, "requests": cmdRequests, "results": cmdResults,
	}
}

// need checks the number of arguments, and that the command is not negated
// unless it may be.
func need(ts *testscript.TestScript, usage string, ok bool) {
	if !ok {
		ts.Fatalf("usage: %s", usage)
	}
}

func cmdClient(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "client NAME [flag...]", !neg && len(args) > 0)
	name, kind, _ := strings.Cut(args[0], "@")
	binary, at := "mcp-server", (*person)(nil)
	switch kind {
	case "next":
		binary = "mcp-server-next"
	case "person", "modern":
		at = &person{left: make(chan struct{}), modern: kind == "modern"}
	}
	c, err := connectWith(at, name, ts.MkAbs("."), filepath.Join(binaries, binary), environ(ts), args[1:])
	ts.Check(err)
	of(ts).clients[name] = c
}

// environ is the story's environment, which has nothing of the real one.
func environ(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"HOME", "PATH", "TMPDIR", "XDG_RUNTIME_DIR", "CLAUDE_CONFIG_DIR", "CLAUDE_SESSIONS_DATA_DIR",
		"CLAUDE_SESSIONS_CLAUDE", "CLAUDE_SESSIONS_DEPTH", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "DISABLE_AUTOUPDATER",
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "WORK", "EXTRA", "GORACE",
		fakeclaude.LoggedOutVar, fakeclaude.StartDelayVar, fakeclaude.LoginEndsVar} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func named(ts *testscript.TestScript, name string) *mcpClient {
	c := of(ts).clients[name]
	if c == nil {
		ts.Fatalf("there is no client %q", name)
	}
	return c
}

func cmdLeave(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "leave NAME", !neg && len(args) == 1)
	ts.Check(named(ts, args[0]).leave())
	delete(of(ts).clients, args[0])
}

func cmdCrash(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "crash NAME", !neg && len(args) == 1)
	ts.Check(named(ts, args[0]).kill())
	delete(of(ts).clients, args[0])
}

func cmdCall(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "call NAME TOOL JSON", len(args) == 3)
	r, err := named(ts, args[0]).call(args[1], args[2])
	show(ts, neg, called{r, err})
}

func cmdAsync(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "async NAME LABEL TOOL JSON", !neg && len(args) == 4)
	c, done := named(ts, args[0]), make(chan called, 1)
	of(ts).calls[args[1]] = done
	go func() {
		r, err := c.call(args[2], args[3])
		done <- called{r, err}
	}()
}

func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "await LABEL", len(args) == 1)
	done := of(ts).calls[args[0]]
	if done == nil {
		ts.Fatalf("there is no call %q", args[0])
	}
	show(ts, neg, <-done)
}

// show makes the outcome of a call the story's stdout.
func show(ts *testscript.TestScript, neg bool, c called) {
	ts.Check(c.err)
	of(ts).last = c.result
	fmt.Fprint(ts.Stdout(), c.result)
	if c.result.IsError != neg {
		ts.Fatalf("the call's outcome is not what is expected:\n%s", c.result)
	}
}

func cmdField(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "field PATH REGEXP", len(args) == 2)
	value, err := of(ts).last.field(args[0])
	ts.Check(err)
	if match(ts, args[1], value) == neg {
		ts.Fatalf("%s is %q\n%s", args[0], value, of(ts).last)
	}
}

func match(ts *testscript.TestScript, pattern, value string) bool {
	re, err := regexp.Compile("^(?s:" + pattern + ")$")
	ts.Check(err)
	return re.MatchString(value)
}

func cmdGet(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "get VARIABLE PATH", !neg && len(args) == 2)
	value, err := of(ts).last.field(args[1])
	ts.Check(err)
	if value == "" {
		ts.Fatalf("there is no %s in\n%s", args[1], of(ts).last)
	}
	ts.Setenv(args[0], value)
}

func cmdUntil(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "until NAME TOOL JSON PATH REGEXP", !neg && len(args) == 5)
	c := named(ts, args[0])
	poll(ts, func() bool {
		r, err := c.call(args[1], args[2])
		ts.Check(err)
		of(ts).last = r
		value, err := r.field(args[3])
		ts.Check(err)
		return match(ts, args[4], value)
	}, func() string { return fmt.Sprintf("%s never was %s:\n%s", args[3], args[4], of(ts).last) })
	fmt.Fprint(ts.Stdout(), of(ts).last)
}

// poll asks again and again, until the story's patience is over.
func poll(ts *testscript.TestScript, done func() bool, why func() string) {
	deadline := time.Now().Add(patience)
	for !done() {
		if time.Now().After(deadline) {
			ts.Fatalf("%s", why())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func cmdWithin(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "within DURATION", !neg && len(args) == 1)
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	if took := of(ts).last.Took; took > limit {
		ts.Fatalf("the call took %s", took)
	}
}

func cmdEngine(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "engine pid VARIABLE | freeze | kill | stop | gone", !neg && len(args) > 0)
	if args[0] == "gone" {
		awaitNoEngine(ts)
		return
	}
	if args[0] == "version" {
		need(ts, "engine version NAME", len(args) == 2)
		awaitVersion(ts, args[1])
		return
	}
	p := engineProcess(ts)
	switch args[0] {
	case "pid":
		need(ts, "engine pid VARIABLE", len(args) == 2)
		ts.Setenv(args[1], strconv.Itoa(p.PID))
	case "freeze":
		ts.Check(syscall.Kill(p.PID, syscall.SIGSTOP))
		of(ts).frozen = &p
	case "kill":
		ts.Check(syscall.Kill(p.PID, syscall.SIGKILL))
		waitGone(ts, p)
	case "stop":
		ts.Check(syscall.Kill(p.PID, syscall.SIGTERM))
		waitGone(ts, p)
	}
}

func awaitNoEngine(ts *testscript.TestScript) {
	data := ts.Getenv("CLAUDE_SESSIONS_DATA_DIR")
	poll(ts, func() bool {
		_, running, err := daemon.Status(context.Background(), data)
		return err == nil && !running
	}, func() string { return "the engine stays" })
}

func engineProcess(ts *testscript.TestScript) agent.Process {
	if p := of(ts).frozen; p != nil {
		of(ts).frozen = nil
		return *p // it cannot be asked
	}
	info, running, err := daemon.Status(context.Background(), ts.Getenv("CLAUDE_SESSIONS_DATA_DIR"))
	ts.Check(err)
	if !running {
		ts.Fatalf("no engine is running")
	}
	p, err := agent.Identify(info.PID)
	ts.Check(err)
	return p
}

func awaitVersion(ts *testscript.TestScript, want string) {
	var info engine.Info
	poll(ts, func() bool {
		var err error
		info, _, err = daemon.Status(context.Background(), ts.Getenv("CLAUDE_SESSIONS_DATA_DIR"))
		return err == nil && info.Version == want
	}, func() string { return fmt.Sprintf("the engine is %q, not %s", info.Version, want) })
}

func waitGone(ts *testscript.TestScript, p agent.Process) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := agent.WaitGone(ctx, p); err != nil {
		ts.Fatalf("process %d does not end: %v", p.PID, err)
	}
}

func cmdGone(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "gone PID", !neg && len(args) == 1)
	pid, err := strconv.Atoi(strings.TrimSpace(args[0]))
	ts.Check(err)
	if p, err := agent.Identify(pid); err == nil {
		waitGone(ts, p)
	}
}

func cmdWaitFile(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "waitfile PATH...", !neg && len(args) > 0)
	for _, name := range args {
		poll(ts, func() bool { _, err := os.Stat(ts.MkAbs(name)); return err == nil },
			func() string { return name + " never came" })
	}
}

func cmdTouch(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "touch PATH", !neg && len(args) == 1)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), nil, 0o600))
}

func cmdClaude(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "claude kill", !neg && len(args) == 1 && args[0] == "kill")
	found := processesOf(ts.Getenv("CLAUDE_SESSIONS_DATA_DIR"))
	if len(found) == 0 {
		ts.Fatalf("no run is alive")
	}
	for _, process := range found {
		var pid int
		_, err := fmt.Sscan(process, &pid)
		ts.Check(err)
		ts.Check(syscall.Kill(pid, syscall.SIGKILL))
	}
}

func cmdSettle(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "settle", !neg && len(args) == 0)
	settle(ts)
}

// settle waits for the end of all runs: after a turn's result, Claude Code
// still writes some bookkeeping.
func settle(ts *testscript.TestScript) {
	poll(ts, func() bool {
		info, running, err := daemon.Status(context.Background(), ts.Getenv("CLAUDE_SESSIONS_DATA_DIR"))
		ts.Check(err)
		return !running || info.Running == 0
	}, func() string { return "a run does not end" })
}

func cmdSnapshot(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "snapshot ID NAME", !neg && len(args) == 2)
	settle(ts)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), transcript(ts, args[0]), 0o600))
}

func cmdSame(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "same ID NAME", len(args) == 2)
	settle(ts)
	if same := string(transcript(ts, args[0])) == ts.ReadFile(args[1]); same == neg {
		ts.Fatalf("the transcript of %s: same is %t", args[0], same)
	}
}

func transcript(ts *testscript.TestScript, id string) []byte {
	files, err := filepath.Glob(filepath.Join(ts.Getenv("CLAUDE_CONFIG_DIR"), "projects", "*", id+".jsonl"))
	ts.Check(err)
	if len(files) != 1 {
		ts.Fatalf("session %s has %d transcripts", id, len(files))
	}
	raw, err := os.ReadFile(files[0])
	ts.Check(err)
	return raw
}

func model(ts *testscript.TestScript) *loopmodel.Server {
	if of(ts).model == nil {
		ts.Fatalf("only stories with the real Claude Code have a model")
	}
	return of(ts).model
}

func cmdHeld(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "held NAME", !neg && len(args) == 1)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ts.Check(model(ts).Held(ctx, args[0]))
}

func cmdRelease(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "release NAME", !neg && len(args) == 1)
	model(ts).Release(args[0])
}

func cmdRequests(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "requests", !neg && len(args) == 0)
	for _, r := range model(ts).Requests() {
		if !r.Side {
			fmt.Fprintf(ts.Stdout(), "model=%s prompts=%d last=%q tools=%s key=%s system=…%q\n", r.Model, len(r.Prompts),
				r.Prompts[max(len(r.Prompts)-1, 0):], strings.Join(r.ToolNames, ","), r.APIKey, r.System[max(0, len(r.System)-100):])
		}
	}
}

func cmdResults(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "results", !neg && len(args) == 0)
	seen := map[string]bool{}
	for _, r := range model(ts).Requests() {
		for _, m := range r.Messages {
			if m.Result != "" && !seen[m.Result] {
				seen[m.Result] = true
				fmt.Fprintf(ts.Stdout(), "--- result\n%s\n", m.Result)
			}
		}
	}
}
