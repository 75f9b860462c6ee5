package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Index finds words in what was said. It follows the store by itself, and is
// safe to use at once.
type Index interface {
	// Search returns a page of hits, the best first. A query or a cursor that
	// cannot be used is an *Error.
	Search(ctx context.Context, q IndexQuery) (IndexPage, error)
	// Progress tells how many sessions of how many are indexed; 0 of 0 when all are.
	Progress() (done, total int)
	// Rebuild makes the index anew. It returns when that has begun, with how
	// many sessions there are to index.
	Rebuild(ctx context.Context) (sessions int, err error)
}

// IndexQuery is what an Index is asked.
type IndexQuery struct {
	Text   string
	Role   string                               // "" is any
	Fits   func(sessionID string) (bool, error) // which sessions are wanted
	Limit  int
	Cursor string
}

// IndexPage is what an Index answers. Titles of hits are not known to it.
type IndexPage struct {
	Hits []Hit
	Next string
}

// Search returns a page of hits.
func (c *Client) Search(ctx context.Context, _ Call, req SearchRequest) (SearchResult, error) {
	index, err := c.index()
	if err != nil {
		return SearchResult{}, err
	}
	fits, err := c.searched(ctx, req)
	if err != nil {
		return SearchResult{}, err
	}
	page, err := index.Search(ctx, IndexQuery{
		Text: req.Query, Role: req.Role, Fits: fits, Limit: req.Limit, Cursor: req.Cursor,
	})
	if err != nil {
		return SearchResult{}, c.searchError(err, Errorf(Unavailable, "Run mcp-server reindex, which makes it anew.", "the search index cannot be read."))
	}
	res := SearchResult{Hits: []Hit{}, NextCursor: page.Next, Indexing: c.indexing()}
	titles, err := c.titles(ctx, page.Hits)
	if err != nil {
		return SearchResult{}, c.fail("searching sessions", err)
	}
	for _, h := range page.Hits {
		h.Title = titles[h.SessionID]
		h.Time = h.Time.UTC().Truncate(time.Second)
		res.Hits = append(res.Hits, h)
	}
	if res.NextCursor != "" {
		res.Next = "Call search_sessions with this cursor for more."
	}
	return res, nil
}

// titles are what the sessions of hits are called.
func (e *Engine) titles(ctx context.Context, hits []Hit) (map[string]string, error) {
	titles := map[string]string{}
	for _, h := range hits {
		if _, known := titles[h.SessionID]; known {
			continue
		}
		s, err := e.store.Session(ctx, h.SessionID)
		if err := ignoreUnknown(err); err != nil {
			return nil, err
		}
		titles[h.SessionID] = oneline.Cut(s.Title(), rowTitle)
	}
	return titles, nil
}

func (e *Engine) index() (Index, error) {
	if e.cfg.Index == nil {
		return nil, Errorf(Unavailable, "Use query of list_sessions, which looks at names, titles and prompts.", "this engine has no search index.")
	}
	return e.cfg.Index, nil
}

// claudeSessionVar tells programs that a session has started which one it is.
const claudeSessionVar = "CLAUDE_CODE_SESSION_ID"

// searched returns a function that tells which sessions a search looks at: one
// that is gone is not, nor, unless it is asked for, one that is at work, here or
// in a terminal, or the one that asks.
func (c *Client) searched(ctx context.Context, req SearchRequest) (func(id string) (bool, error), error) {
	if err := oneOf("role", req.Role, "", "user", "assistant", "title"); err != nil {
		return nil, err
	}
	q, err := c.query(ctx, ListRequest{
		Status: req.Status, Tag: req.Tag, Cwd: req.Cwd, Parent: req.Parent, Root: req.Root, Origin: req.Origin,
		Archived: req.Archived, UpdatedAfter: req.UpdatedAfter, Limit: req.Limit,
	})
	if err != nil {
		return nil, err
	}
	var left map[string]bool // out
	if !req.IncludeRunning && len(req.Status) == 0 {
		left = c.busyElsewhere()
		left[getenv(c.caller.Env, claudeSessionVar)] = true
		q.Status = slices.DeleteFunc(slices.Clone(sessionstore.Statuses), func(s sessionstore.Status) bool {
			return s == sessionstore.Running || s == sessionstore.Waiting
		})
	}
	selected, err := c.store.Selector(q)
	if err != nil {
		return nil, c.fail("searching sessions", err)
	}
	return func(id string) (bool, error) {
		if left[id] {
			return false, nil
		}
		return selected(ctx, id)
	}, nil
}

// searchError is an error of the index as callers see it: otherwise, if it
// tells them nothing.
func (e *Engine) searchError(err error, otherwise *Error) error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	if known := storeError(err); known.Code != Internal {
		return known
	}
	e.log.Error(otherwise.Message, "err", err)
	return otherwise
}

// indexing says how far the index is; "" if all sessions can be found.
func (e *Engine) indexing() string {
	if e.cfg.Index == nil {
		return ""
	}
	done, total := e.cfg.Index.Progress()
	if total == 0 {
		return ""
	}
	return fmt.Sprintf("indexed %s of %s sessions", thousands(done), thousands(total))
}

// indexTick is how often Reindex looks how far it is.
const indexTick = 200 * time.Millisecond

// Reindex makes the search index anew from the store, and returns when it is
// complete. If ctx ends first, the indexing goes on.
func (c *Client) Reindex(ctx context.Context, call Call, _ ReindexRequest) (ReindexResult, error) {
	index, err := c.index()
	if err != nil {
		return ReindexResult{}, err
	}
	sessions, err := index.Rebuild(ctx)
	if err != nil {
		return ReindexResult{}, c.searchError(err, Errorf(Unavailable,
			"Look whether the disk is full, then run mcp-server reindex again; the engine's log has the cause.", "the search index cannot be made anew."))
	}
	tick := time.NewTicker(indexTick)
	defer tick.Stop()
	for told := ""; ; {
		now := c.indexing()
		if now == "" {
			return ReindexResult{Sessions: sessions}, nil
		}
		if now != told && call.OnProgress != nil {
			call.OnProgress(Progress{Text: now})
			told = now
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ReindexResult{}, storeError(ctx.Err())
		}
	}
}
