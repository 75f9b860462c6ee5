package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/daemon"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// doctorPatience bounds each thing that doctor asks another process.
const doctorPatience = 15 * time.Second

// loginSoon is from when on a login's end is worth a word.
const loginSoon = 3 * 24 * time.Hour

// doctor says what is found and what is wrong, and with --fix mends what was left
// behind. It starts no engine and spends nothing.
func (p program) doctor(ctx context.Context, c config) error {
	switch {
	case c.redact != "":
		return p.redact(c)
	case c.transcripts:
		return p.examine(ctx, c)
	}
	r := &report{out: p.out}
	r.note("server", "mcp-server "+versionName())
	p.checkClaude(ctx, r, c)
	if dataDir := p.checkDataDir(r, c); dataDir != "" {
		checkEngine(ctx, r, dataDir)
		checkLeftBehind(ctx, r, dataDir, c.fix)
	}
	if r.faults == 0 {
		return nil
	}
	fmt.Fprintf(p.out, "\n%d to mend.\n", r.faults)
	return errFaults
}

// report prints a line for each thing that was looked at.
type report struct {
	out    io.Writer
	faults int
}

func (r *report) note(what, found string) { fmt.Fprintf(r.out, "ok     %-12s %s\n", what, found) }

func (r *report) fault(what, wrong, mend string) {
	r.faults++
	fmt.Fprintf(r.out, "FAULT  %-12s %s\n%20s%s\n", what, wrong, "-> ", mend)
}

func (p program) checkClaude(ctx context.Context, r *report, c config) {
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	path, err := agent.Find(c.claude, p.env)
	if err != nil {
		r.fault("Claude Code", err.Error(), "install it (npm install -g @anthropic-ai/claude-code), or name its binary with --claude or CLAUDE_SESSIONS_CLAUDE")
		return
	}
	v, err := agent.Version(ctx, path, p.env)
	if err != nil {
		r.fault("Claude Code", fmt.Sprintf("%s does not run: %v", path, err), "install it anew, or name another binary with --claude or CLAUDE_SESSIONS_CLAUDE")
		return
	}
	if agent.IsTooOld(v) {
		r.fault("Claude Code", fmt.Sprintf("%s at %s is older than %s, the oldest version that is supported", v, path, agent.OldestVersion), "update it (claude update)")
	} else {
		r.note("Claude Code", v+" at "+path)
	}
	r.note("its folder", agent.ConfigDir(p.env))
	p.checkLogin(ctx, r, path)
}

func (p program) checkLogin(ctx context.Context, r *report, path string) {
	const mend = "run `claude` in a terminal and log in, or set ANTHROPIC_API_KEY where this server is started"
	login, err := agent.Login(ctx, path, p.env)
	switch {
	case err != nil:
		r.fault("login", fmt.Sprintf("it cannot be told whether Claude Code is logged in: %v", err), mend)
	case !login.LoggedIn:
		r.fault("login", "Claude Code is not logged in", mend)
	case !login.Expires.IsZero() && time.Until(login.Expires) < loginSoon:
		r.fault("login", login.Method+", which ends about "+login.Expires.Format(time.RFC3339), "run `claude` in a terminal and log in anew")
	case !login.Expires.IsZero():
		r.note("login", login.Method+", until about "+login.Expires.Format(time.DateOnly))
	default:
		r.note("login", login.Method)
	}
}

func (p program) checkDataDir(r *report, c config) string {
	dir, err := daemon.DataDir(c.dataDir, p.getenv)
	if err != nil {
		r.fault("data folder", err.Error(), "mend it, or name another folder with --data-dir or CLAUDE_SESSIONS_DATA_DIR")
		return ""
	}
	if err := sessionstore.CheckSpace(dir); errors.Is(err, sessionstore.ErrFull) {
		r.fault("data folder", fmt.Sprintf("the disk of %s is nearly full: nothing new is accepted", dir), "free some space on it")
	} else {
		r.note("data folder", dir)
	}
	return dir
}

func checkEngine(ctx context.Context, r *report, dataDir string) {
	info, running, err := daemon.Status(ctx, dataDir)
	switch {
	case err != nil:
		r.fault("engine", fmt.Sprintf("it does not answer: %v", err), "look at "+filepath.Join(dataDir, daemon.LogName)+"; ending the process lets the next call start it anew")
	case !running:
		r.note("engine", "not running; the first call starts it")
	default:
		r.note("engine", fmt.Sprintf("version %s, process %d, %d sessions, %d of %d runs, %d turns waiting",
			info.Version, info.PID, info.Sessions, info.Running, info.MaxRuns, info.Queued))
	}
	if info.Importing != "" {
		r.note("import", info.Importing)
	}
	if info.Corrections != "" {
		r.note("records", info.Corrections)
	}
	switch {
	case info.ArchiveOver:
		r.fault("archive", info.Archive, "raise --archive-max-bytes: what is left is of sessions that were made here or are in use, or the last copy there is; mcp-server prune --last-copies drops those, too")
	case info.Archive != "":
		r.note("archive", info.Archive)
	}
	if info.Indexing != "" {
		r.note("search", info.Indexing)
	}
	for _, l := range info.Limits {
		r.note("limit", l.Message)
	}
	for _, p := range info.Passed {
		r.note("passed over", p)
	}
	r.note("engine's log", filepath.Join(dataDir, daemon.LogName))
}
