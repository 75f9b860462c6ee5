package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/claude-sessions/claude-sessions/internal/daemon"
	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/search"
)

// index is a search index in the form that the engine asks for.
type index struct{ *search.Index }

// openIndex opens the index of a store. Without one all but search works, so
// that a fault of the index is no reason for the engine not to start.
func openIndex(o search.Options) (engine.Index, func() error) {
	x, err := search.Open(o)
	if err != nil {
		o.Log.Error("there is no search", "err", err)
		return nil, func() error { return nil }
	}
	return index{x}, x.Close
}

func (x index) Search(ctx context.Context, q engine.IndexQuery) (engine.IndexPage, error) {
	page, err := x.Index.Search(ctx, search.Query(q))
	if err != nil {
		return engine.IndexPage{}, indexError(err)
	}
	out := engine.IndexPage{Next: page.Next}
	for _, h := range page.Hits {
		out.Hits = append(out.Hits, engine.Hit{
			SessionID: h.SessionID, Subagent: h.Sub, UUID: h.UUID, Role: h.Role, Time: h.Time, Snippet: h.Snippet,
		})
	}
	return out, nil
}

// indexError says what is wrong with a query.
func indexError(err error) error {
	const mend = `Give words, "phrases", or prefixes such as migrat*.`
	for _, fault := range []error{search.ErrNoWords, search.ErrTooLong, search.ErrShortPrefix} {
		if errors.Is(err, fault) {
			return engine.Errorf(engine.InvalidArgument, mend, "query: %w.", fault)
		}
	}
	switch {
	case errors.Is(err, search.ErrBadCursor):
		return engine.Errorf(engine.InvalidArgument, "Leave cursor out to begin at the first page.", "the cursor does not belong to this query.")
	case errors.Is(err, search.ErrClosed):
		return engine.Errorf(engine.Unavailable, "Try again: the next call starts it anew.", "the engine is stopping.")
	}
	return err
}

// reindex makes the search index anew, through the engine: it is the one that
// has the store open. Searches go on meanwhile, and find what is indexed again.
func (p program) reindex(ctx context.Context, c config) error {
	return p.withEngine(c, func(client *daemon.Client) error {
		done, err := client.Reindex(ctx, p.told("reindex"), engine.ReindexRequest{})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.out, "%d sessions are indexed\n", done.Sessions)
		return err
	})
}

// withEngine lets use have the shared engine.
func (p program) withEngine(c config, use func(*daemon.Client) error) error {
	log := slog.New(slog.NewTextHandler(p.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	dataDir, err := daemon.DataDir(c.dataDir, p.getenv)
	if err != nil {
		return err
	}
	caller, err := p.caller(c)
	if err != nil {
		return err
	}
	client := p.client(c, dataDir, caller, log)
	defer client.Close()
	return use(client)
}

// told is a call whose progress people see.
func (p program) told(name string) engine.Call {
	return engine.Call{Client: name, OnProgress: func(pr engine.Progress) { fmt.Fprintln(p.err, pr.Text) }}
}
