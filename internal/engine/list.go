package engine

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// The size of a page of sessions.
const (
	DefaultLimit = 20
	MaxLimit     = 200

	rowTitle   = 60 // runes
	rowReason  = 80
	rowsInFull = 3 // a page of at most so many rows has their last results too
)

// List returns a page of sessions.
func (c *Client) List(ctx context.Context, _ Call, req ListRequest) (List, error) {
	q, err := c.query(ctx, req)
	if err != nil {
		return List{}, err
	}
	page, err := c.store.List(ctx, q)
	if err != nil {
		return List{}, c.fail("listing sessions", err)
	}
	list := List{Total: page.Total, NextCursor: page.Next, Sessions: []Row{}, Importing: c.importing()}
	if req.View == "tree" {
		if list.Sessions, err = c.tree(ctx, page.Sessions); err != nil {
			return List{}, c.fail("listing sessions", err)
		}
	} else {
		for _, s := range page.Sessions {
			list.Sessions = append(list.Sessions, c.row(s))
		}
	}
	if len(page.Sessions) > rowsInFull {
		for i := range list.Sessions {
			list.Sessions[i].brief(c.store.Now())
		}
	}
	if list.NextCursor != "" {
		list.Next = "Call list_sessions with this cursor for more."
	}
	return list, nil
}

func (c *Client) query(ctx context.Context, req ListRequest) (q sessionstore.Query, err error) {
	q = sessionstore.Query{
		Text: req.Query, Origin: sessionstore.Origin(req.Origin), Archived: sessionstore.Archived(req.Archived),
		Order: sessionstore.Order(req.Sort), Limit: req.Limit, Cursor: req.Cursor,
	}
	if err := checkList(req); err != nil {
		return q, err
	}
	for _, s := range req.Status {
		q.Status = append(q.Status, sessionstore.Status(s))
	}
	if req.Tag != "" {
		q.Tags = []string{req.Tag}
	}
	if req.Cwd != "" {
		q.Cwd = c.absolute(req.Cwd)
	}
	if q.UpdatedAfter, err = since("updated_after", req.UpdatedAfter, c.store.Now()); err != nil {
		return q, err
	}
	return q, c.family(ctx, req, &q)
}

// family resolves the sessions whose forks are asked for.
func (c *Client) family(ctx context.Context, req ListRequest, q *sessionstore.Query) error {
	if req.Parent != "" {
		s, err := c.find(ctx, "parent", req.Parent)
		if err != nil {
			return err
		}
		q.ParentID = s.ID
	}
	if req.Root != "" {
		s, err := c.find(ctx, "root", req.Root)
		if err != nil {
			return err
		}
		q.RootID = s.RootID
	}
	return nil
}

func checkList(req ListRequest) error {
	if req.Limit < 0 || req.Limit > MaxLimit {
		return Errorf(InvalidArgument, "Leave it out for "+strconv.Itoa(DefaultLimit)+".", "limit must be from 1 to %d.", MaxLimit)
	}
	for _, s := range req.Status {
		if err := oneOf("status", sessionstore.Status(s), sessionstore.Statuses...); err != nil {
			return err
		}
	}
	return errors.Join(
		oneOf("origin", req.Origin, "", string(sessionstore.Managed), string(sessionstore.Imported)),
		oneOf("archived", req.Archived, "", "no", "yes", "any"),
		oneOf("sort", req.Sort, "", "updated", "created", "name"),
		oneOf("view", req.View, "", "list", "tree"),
	)
}

// oneOf refuses a value that is none of the choices.
func oneOf[T ~string](argument string, value T, choices ...T) error {
	if slices.Contains(choices, value) {
		return nil
	}
	var names []string
	for _, c := range choices {
		if c != "" {
			names = append(names, string(c))
		}
	}
	return Errorf(InvalidArgument, "Choose one of them.", "%s is %q; it can be %s.", argument, value, strings.Join(names, ", "))
}

// since reads a time: RFC 3339, or an age such as 36h or 7d.
func since(argument, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseFloat(days, 64); err == nil && n >= 0 && n < 1e5 {
			return now.Add(-time.Duration(n * 24 * float64(time.Hour))), nil
		}
	}
	if age, err := time.ParseDuration(text); err == nil && age >= 0 {
		return now.Add(-age), nil
	}
	return time.Time{}, Errorf(InvalidArgument, "Give a time such as 2026-01-31T12:00:00Z, or an age such as 36h or 7d.", "%s: %q is no time.", argument, text)
}

func (c *Client) row(s sessionstore.Session) Row {
	status, reason := c.now(s)
	return Row{
		ID: s.ID, Title: oneline.Cut(s.Title(), rowTitle), Status: status, StatusReason: oneline.Cut(reason, rowReason),
		Cwd: s.Cwd, Tags: s.Tags, Archived: s.Archived, ParentID: s.ParentID, Turns: s.Turns, LastResult: s.LastResult,
		Cost: viewCost(s.Usage).Rounded(1e6), UpdatedAt: s.UpdatedAt.UTC().Truncate(time.Second),
		ContextTokens: s.ContextTokens, ContextWindow: c.window(s), ExpiresAt: s.ExpiresAt,
	}
}

// soonExpires is when it is worth a word on every page that Claude Code will
// delete a transcript.
const soonExpires = 7 * 24 * time.Hour

// brief leaves out what a row has only on a page of few sessions.
func (r *Row) brief(now time.Time) {
	r.LastResult, r.ContextTokens, r.ContextWindow = "", 0, 0
	if r.ExpiresAt != nil && r.ExpiresAt.After(now.Add(soonExpires)) {
		r.ExpiresAt = nil
	}
}

// tree puts the sessions of a page below their parents. Ancestors that are not
// on the page are added, so that every fork hangs where it belongs.
func (c *Client) tree(ctx context.Context, page []sessionstore.Session) ([]Row, error) {
	t := tree{client: c, known: map[string]sessionstore.Session{}, context: map[string]bool{}, hung: map[string]bool{}, children: map[string][]string{}}
	for _, s := range page {
		t.known[s.ID] = s
	}
	for _, s := range page {
		if err := t.hang(ctx, s); err != nil {
			return nil, err
		}
	}
	return t.rows(t.roots, 0, []Row{}), nil
}

type tree struct {
	client   *Client
	known    map[string]sessionstore.Session
	context  map[string]bool
	hung     map[string]bool
	roots    []string
	children map[string][]string
}

// hang puts s below its parent, and that below its own.
func (t *tree) hang(ctx context.Context, s sessionstore.Session) error {
	if t.hung[s.ID] {
		return nil
	}
	t.hung[s.ID] = true
	parent, ok := t.known[s.ParentID]
	if !ok && s.ParentID != "" {
		var err error
		parent, err = t.client.store.Session(ctx, s.ParentID)
		if err != nil && !errors.Is(err, sessionstore.ErrNotFound) {
			return err
		}
		if ok = err == nil; ok {
			t.known[parent.ID], t.context[parent.ID] = parent, true
		}
	}
	if !ok {
		t.roots = append(t.roots, s.ID)
		return nil
	}
	t.children[parent.ID] = append(t.children[parent.ID], s.ID)
	return t.hang(ctx, parent)
}

func (t *tree) rows(ids []string, depth int, rows []Row) []Row {
	for _, id := range ids {
		row := t.client.row(t.known[id])
		row.Depth, row.Context = depth, t.context[id]
		rows = append(rows, row)
		rows = t.rows(t.children[id], depth+1, rows)
	}
	return rows
}
