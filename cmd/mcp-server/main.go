// Command mcp-server serves Claude Code sessions as MCP tools on standard
// input and output, and is the engine that carries them out.
//
// This package wires: it reads flags, opens what they name, and hands it to
// the packages that know what to do with it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// Set by the linker.
var (
	version = ""
	build   = ""
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := program{env: os.Environ(), in: os.Stdin, out: os.Stdout, err: os.Stderr}
	os.Exit(p.run(ctx, os.Args[1:]))
}

// program is this command with all that it touches of its process.
type program struct {
	env []string
	in  io.Reader
	out io.Writer
	err io.Writer
}

// The exit statuses.
const (
	exitOK    = 0
	exitFault = 1
	exitUsage = 2
)

// command is a subcommand.
type command struct {
	summary string
	run     func(p program, ctx context.Context, c config) error
}

var commands = map[string]command{
	"":        {"serve MCP on standard input and output", program.stdio},
	"engine":  {"be the engine of the data folder (started by itself when needed)", program.engine},
	"demo":    {"play the whole story with Claude Code", program.demo},
	"doctor":  {"say what is found and what is wrong, and what to do about it", program.doctor},
	"export":  {"write a session as Markdown, JSON, HTML, or the lines of its transcript: export SESSION", program.export},
	"prune":   {"drop copies of old transcripts; says what it would drop, until --yes", program.prune},
	"reindex": {"make the search index anew from what is remembered", program.reindex},
	"version": {"print the version", program.version},
}

// run carries out a command line and returns the exit status.
func (p program) run(ctx context.Context, args []string) int {
	name := ""
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		name, args = args[0], args[1:]
	}
	cmd, ok := commands[name]
	if !ok {
		fmt.Fprintf(p.err, "mcp-server: there is no command %q\n", name)
		p.usage()
		return exitUsage
	}
	c, err := p.parse(name, args)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(p.err, "mcp-server: %v\n", err)
		return exitUsage
	}
	if err := cmd.run(p, ctx, c); err != nil {
		if !errors.Is(err, errFaults) {
			fmt.Fprintf(p.err, "mcp-server: %v\n", err)
		}
		return exitFault
	}
	return exitOK
}

// errFaults is a failure that has been told already.
var errFaults = errors.New("faults were found")

func (p program) version(context.Context, config) error {
	_, err := fmt.Fprintln(p.out, versionName())
	return err
}

// versionName is the linker's version, else what the module was installed as.
func versionName() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
