// Transcripts makes a config folder of Claude Code with as many transcripts as
// are wanted, to measure with:
//
//	go run ./test/bench/transcripts -out DIR -n 2000
//
// They are copies of a few that Claude Code has written itself, with fresh ids
// and other words; see package corpus. 20,000 are 3.8 GB.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/claude-sessions/claude-sessions/test/bench/corpus"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "transcripts:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var o corpus.Options
	flags := flag.NewFlagSet("transcripts", flag.ContinueOnError)
	out := flags.String("out", "", "the config `folder` to fill: what CLAUDE_CONFIG_DIR is to name")
	seeds := flags.String("seeds", "", "a `folder` with transcripts to copy; without it, Claude Code writes some")
	claude := flags.String("claude", os.Getenv("CLAUDE_SESSIONS_TEST_CLAUDE"), "the Claude Code `binary` that writes the seeds; without it, the one that test/get-claude.sh gets")
	flags.IntVar(&o.Copies, "n", 2000, "how many transcripts to make")
	flags.IntVar(&o.Folders, "folders", 0, "how many project folders to spread them over (default 40)")
	flags.Uint64Var(&o.Seed, "seed", 1, "another `number` makes other words and ids")
	flags.DurationVar(&o.Span, "span", 0, "how far back the oldest lies (default 25 days)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *out == "" {
		return fmt.Errorf("-out is missing: the folder to fill")
	}
	found, err := readSeeds(*seeds, *claude)
	if err != nil {
		return err
	}
	made, err := corpus.Multiply(*out, found, o)
	if err == nil {
		fmt.Printf("%d transcripts, %d MB, in %s\n", len(made.Sessions), made.Bytes/1e6, *out)
	}
	return err
}

// readSeeds reads the seeds of a folder, or lets Claude Code write them first.
func readSeeds(dir, claude string) ([]*corpus.Seed, error) {
	if dir != "" {
		return corpus.ReadSeeds(dir)
	}
	if claude == "" {
		path, err := exec.Command("test/get-claude.sh").Output()
		if err != nil {
			return nil, fmt.Errorf("asking test/get-claude.sh for Claude Code: %w; name one with -claude, or seeds with -seeds", err)
		}
		claude = strings.TrimSpace(string(path))
	}
	dir, err := os.MkdirTemp("", "transcripts-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := corpus.WriteSeeds(context.Background(), claude, dir); err != nil {
		return nil, err
	}
	return corpus.ReadSeeds(dir)
}
