package engine

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// CompleteRequest asks how what somebody is typing may go on.
type CompleteRequest struct {
	Tag   bool   `json:"tag,omitempty"` // it is a tag; else what a session is called by
	Begun string `json:"begun"`
}

// Completion are the ways in which it may go on: of sessions, names before ids.
type Completion struct {
	Values []string `json:"values"` // at most MaxCompletions
	More   bool     `json:"more,omitempty"`
}

// MaxCompletions is how many values a Completion has at most.
const MaxCompletions = 100

// completeAmong is how many sessions are looked at, the newest first.
const completeAmong = 1000

// Complete tells how the beginning of a name, an id or a tag may go on. It
// knows those of the sessions that were used last.
func (c *Client) Complete(ctx context.Context, _ Call, req CompleteRequest) (Completion, error) {
	page, err := c.store.List(ctx, sessionstore.Query{Limit: completeAmong, Archived: sessionstore.AnyArchived})
	if err != nil {
		return Completion{}, c.fail("completing", err)
	}
	var names, ids []string
	for _, s := range page.Sessions {
		if req.Tag {
			names = append(names, s.Tags...)
			continue
		}
		names, ids = append(names, s.Name), append(ids, s.ID)
	}
	values := append(begins(names, req.Begun), begins(ids, req.Begun)...)
	if !req.Tag {
		values = append(values, c.olderIDs(ctx, req.Begun)...)
	}
	values = unique(values)
	more := len(values) > MaxCompletions
	return Completion{Values: values[:min(len(values), MaxCompletions)], More: more}, nil
}

// begins returns those of words that begin with something, whatever the case.
func begins(words []string, begun string) []string {
	begun = strings.ToLower(begun)
	return slices.DeleteFunc(words, func(w string) bool { return w == "" || !strings.HasPrefix(strings.ToLower(w), begun) })
}

// olderIDs are those that the store finds by their beginning.
func (c *Client) olderIDs(ctx context.Context, begun string) []string {
	s, err := c.store.Resolve(ctx, begun)
	var ambiguous *sessionstore.AmbiguousError
	var ids []string
	switch {
	case errors.As(err, &ambiguous):
		for _, s := range ambiguous.Candidates {
			ids = append(ids, s.ID)
		}
	case err == nil && s.Name != begun:
		ids = append(ids, s.ID)
	}
	return ids
}

// unique leaves out what was there before.
func unique(words []string) []string {
	seen := make(map[string]bool, len(words))
	return slices.DeleteFunc(words, func(w string) bool {
		twice := seen[w]
		seen[w] = true
		return twice
	})
}
