package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"

	"github.com/dustin/go-humanize"

	"github.com/claude-sessions/claude-sessions/internal/daemon"
	"github.com/claude-sessions/claude-sessions/internal/engine"
)

func (c *config) pruneFlags(f *flag.FlagSet) {
	f.StringVar(&c.prune.OlderThan, "older-than", "", "copies of sessions that were not active for this `age`, such as 90d")
	f.Func("max-bytes", "the oldest copies, until all copies take no more than this `size` on disk, such as 2GiB", func(s string) error {
		var most int64
		if err := sizeFlag(&most)(s); err != nil {
			return err
		}
		c.prune.MaxBytes = &most
		return nil
	})
	f.Func("origin", "of sessions that were found in Claude Code's own transcripts: `imported` (default, and the only choice: copies of those made here are never dropped)", func(s string) error {
		if s != "imported" {
			return fmt.Errorf("it can be imported only: copies of sessions that were made here are never dropped")
		}
		return nil
	})
	f.BoolVar(&c.prune.LastCopies, "last-copies", false, "also where Claude Code has deleted its own transcript: what was said in these is lost")
	f.BoolVar(&c.prune.Apply, "yes", false, "do it")
}

// sizeFlag reads a size such as 2GiB, 500MB or 1000.
func sizeFlag(to *int64) func(string) error {
	return func(s string) error {
		n, err := humanize.ParseBytes(s)
		if err != nil || n > math.MaxInt64 {
			return fmt.Errorf("it is no size such as 2GiB, 500MB or 1000000")
		}
		*to = int64(n)
		return nil
	}
}

// prune drops copies of transcripts, or says which it would drop. Sessions stay
// in the list, and Claude Code's own files are not touched.
func (p program) prune(ctx context.Context, c config) error {
	return p.withEngine(c, func(client *daemon.Client) error {
		done, err := client.Prune(ctx, p.told("prune"), c.prune)
		if err != nil {
			return err
		}
		printPruned(p.out, c.prune.Apply, done)
		return nil
	})
}

func printPruned(w io.Writer, done bool, r engine.PruneResult) {
	verb := "would drop"
	if done {
		verb = "dropped"
	}
	fmt.Fprintf(w, "%s the copies of %d sessions, %s on disk; copies of %s stay\n", verb, r.Dropped, size(r.Bytes), size(r.Kept))
	for _, s := range r.Sessions {
		fmt.Fprintf(w, "  %s  %-9s  %s  %s\n", s.UpdatedAt, size(s.Bytes), s.ID, s.Title)
	}
	if more := r.Dropped - len(r.Sessions); more > 0 {
		fmt.Fprintf(w, "  and %d more\n", more)
	}
	if r.Last > 0 {
		fmt.Fprintf(w, "%d sessions (%s) are left alone: the copy is the last there is; --last-copies drops them, too\n", r.Last, size(r.LastBytes))
	}
	switch {
	case r.Dropped == 0:
	case !done:
		fmt.Fprintln(w, "Nothing was changed; with --yes it is done. The sessions stay in the list, and Claude Code's own transcripts are not touched.")
	case r.Freeing:
		fmt.Fprintln(w, "the files of the store are being made smaller")
	default:
		fmt.Fprintf(w, "the files of the store took %s and take %s now\n", size(r.DiskBefore), size(r.DiskAfter))
	}
}

func size(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }
