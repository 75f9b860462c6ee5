package main

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// maxStopGrace leaves an engine that stops time to close its store.
const maxStopGrace = 15 * time.Second

// config is what the flags say. Flag beats variable beats default.
type config struct {
	dataDir string
	claude  string

	embedded bool
	policy   engine.Policy

	maxRuns        int
	warm           time.Duration
	maxWarm        int
	requestTimeout time.Duration
	idleTimeout    time.Duration
	stopGrace      time.Duration
	archive        engine.Archive
	archiveMax     int64 // bytes; 0: no limit

	live bool // demo
	fix  bool // doctor

	transcripts bool   // doctor: it examines transcripts
	redact      string // doctor: the transcript that it redacts
	json        bool   // doctor: what it found of transcripts, as JSON

	args   []string // export: the session; doctor: the folder
	format string   // export; "" goes by the name of the file
	output string   // export; "" is standard output

	subagent string // export; "" is the session itself

	prune engine.PruneRequest
}

// parse reads the flags of a command. Commands take all flags that concern
// what they start, so that one line of flags serves the server and its engine.
func (p program) parse(name string, args []string) (config, error) {
	var c config
	var engineKind, archive string
	f := flag.NewFlagSet("mcp-server "+name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() { p.usage(); f.SetOutput(p.err); f.PrintDefaults() }
	f.StringVar(&c.dataDir, "data-dir", "", "`folder` of all that is remembered (CLAUDE_SESSIONS_DATA_DIR; default: claude-sessions in the user's data folder)")
	f.StringVar(&c.claude, "claude", p.getenv("CLAUDE_SESSIONS_CLAUDE"), "`path` of Claude Code (CLAUDE_SESSIONS_CLAUDE; default: claude on PATH)")
	f.StringVar(&engineKind, "engine", "shared", "`shared`: one engine for all servers of the user; embedded: in this process, and gone with it")
	f.BoolVar(&c.policy.AllowBypass, "allow-bypass-permissions", false, "allow permission_mode bypassPermissions")
	f.Func("root", "`folder` that sessions may work in, with those below it; repeatable (default: any)", p.addRoot(&c))
	f.IntVar(&c.policy.MaxDepth, "max-depth", engine.DefaultMaxDepth, "how deep sessions may start sessions")
	f.IntVar(&c.maxRuns, "max-runs", 0, "Claude Code processes at once (default: by memory, at least 2)")
	f.DurationVar(&c.warm, "warm", engine.DefaultWarm, "how long a Claude Code process stays after its turn, so that the next one begins at once; 0: it ends")
	f.IntVar(&c.maxWarm, "max-warm", 0, "Claude Code processes that stay at once (default: by memory, at most 4)")
	f.DurationVar(&c.requestTimeout, "request-timeout", engine.DefaultRequestTimeout, "how long a permission request waits for an answer before it is denied; 0: for ever")
	f.DurationVar(&c.idleTimeout, "idle-timeout", 10*time.Minute, "how long the engine stays with nothing to do")
	f.DurationVar(&c.stopGrace, "stop-grace", engine.DefaultStopGrace, "how long running turns may go on when the engine is stopped, at most 15s")
	f.StringVar(&archive, "archive", string(engine.ArchiveAll), "of which sessions a copy is kept, which outlives Claude Code's clean-up: `all`; managed: those that were made or resumed here; off")
	f.Func("archive-max-bytes", "what those copies may take on disk, such as 2GiB: the oldest of sessions that were found, never of those that were made here, are dropped then; 0 (default): no limit", sizeFlag(&c.archiveMax))
	c.ownFlags(name, f)
	if err := f.Parse(args); err != nil {
		return c, err
	}
	if name == "export" || name == "doctor" && c.transcripts {
		if err := c.takeArgs(f); err != nil {
			return c, err
		}
	}
	if f.NArg() > 0 {
		return c, fmt.Errorf("%q is not understood; see mcp-server -help", f.Arg(0))
	}
	c.embedded = engineKind == "embedded"
	var err error
	if c.archive, err = engine.ParseArchive(archive); err != nil {
		return c, fmt.Errorf("-archive: %w", err)
	}
	return c, c.check(engineKind)
}

// ownFlags are those that one command alone takes.
func (c *config) ownFlags(name string, f *flag.FlagSet) {
	switch name {
	case "demo":
		f.BoolVar(&c.live, "live", false, "use your own login; this costs a little")
	case "doctor":
		f.BoolVar(&c.fix, "fix", false, "mend what was left behind: orphans, stale leases, requests that nothing waits for")
		f.BoolVar(&c.transcripts, "transcripts", false, "read all transcripts, or those of the folder that follows, and report what could not be placed; no words of them")
		f.BoolVar(&c.json, "json", false, "with -transcripts: report as JSON")
		f.StringVar(&c.redact, "redact", "", "write the transcript of a `file` or session id without its words, to send with a report")
		f.StringVar(&c.output, "o", "", "with -redact: `file` to write (default: standard output)")
	case "prune":
		c.pruneFlags(f)
	case "export":
		f.StringVar(&c.format, "format", "", "`format`: "+strings.Join(formats, ", ")+" (default: by the name of the file, else markdown)")
		f.StringVar(&c.subagent, "subagent", "", "`name` of a sub-agent of the session, or a unique part of it: write it alone (default: the session; all formats but jsonl hold its sub-agents)")
		f.StringVar(&c.output, "o", "", "`file` to write (default: standard output)")
	}
}

// takeArgs takes what is no flag; flags may follow it.
func (c *config) takeArgs(f *flag.FlagSet) error {
	for f.NArg() > 0 {
		c.args = append(c.args, f.Arg(0))
		if err := f.Parse(f.Args()[1:]); err != nil {
			return err
		}
	}
	return nil
}

func (c *config) check(engineKind string) error {
	switch {
	case engineKind != "shared" && engineKind != "embedded":
		return fmt.Errorf("-engine is %q; it can be shared or embedded", engineKind)
	case c.stopGrace > maxStopGrace:
		return fmt.Errorf("-stop-grace may be at most %s: clients do not wait longer for the next engine", maxStopGrace)
	case c.maxRuns < 0, c.maxWarm < 0, c.warm < 0, c.policy.MaxDepth < 1, c.requestTimeout < 0, c.idleTimeout <= 0, c.stopGrace < 0:
		return fmt.Errorf("-max-runs, -max-warm, -warm, -max-depth, -request-timeout, -idle-timeout and -stop-grace must not be negative, nor -max-depth and -idle-timeout 0")
	}
	if c.requestTimeout == 0 {
		c.requestTimeout = -1 // the engine's word for never
	}
	if c.warm == 0 {
		c.warm = -1 // likewise
	}
	return nil
}

func (p program) addRoot(c *config) func(string) error {
	return func(dir string) error {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		if info, err := os.Stat(abs); err != nil || !info.IsDir() {
			return fmt.Errorf("%s is no folder", abs)
		}
		c.policy.Roots = append(c.policy.Roots, abs)
		return nil
	}
}

// engineArgs are the arguments that start an engine of this configuration.
func (c config) engineArgs(dataDir string) []string {
	return []string{
		"engine", "-data-dir=" + dataDir, fmt.Sprintf("-max-runs=%d", c.maxRuns),
		fmt.Sprintf("-request-timeout=%s", max(c.requestTimeout, 0)), "-idle-timeout=" + c.idleTimeout.String(),
		fmt.Sprintf("-warm=%s", max(c.warm, 0)), fmt.Sprintf("-max-warm=%d", c.maxWarm),
		"-stop-grace=" + c.stopGrace.String(), "-archive=" + string(c.archive),
		fmt.Sprintf("-archive-max-bytes=%d", c.archiveMax),
	}
}

// getenv is the program's own environment, which need not be the process's.
func (p program) getenv(name string) string {
	for _, v := range slices.Backward(p.env) {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

func (p program) usage() {
	fmt.Fprintln(p.err, "usage: mcp-server [command] [flags]")
	for _, name := range slices.Sorted(maps.Keys(commands)) {
		fmt.Fprintf(p.err, "  %-8s %s\n", name, commands[name].summary)
	}
}
