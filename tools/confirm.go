package tools

import (
	"context"
	"errors"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// confirmLimit is how long a person has for a yes while a call waits for it:
// well under the time that a tool may take.
const confirmLimit = 30 * time.Second

var errNoAnswer = errors.New("nobody answered in time")

// verdict is what came of asking for a yes.
type verdict int

const (
	nobody verdict = iota // said anything that counts
	yes
	no
)

type personKey struct{}

// anyone can be asked: a *person, or, where a call comes back with its question,
// an *answered.
type anyone interface {
	ask(ctx context.Context, params mcp.ElicitationParams) (said, error)
}

// withPerson gives a call who sits at its client.
func withPerson(ctx context.Context, p anyone) context.Context {
	return context.WithValue(ctx, personKey{}, p)
}

// confirmed asks the person at the client of a call, if there is one that can be
// asked, whether something is to be done.
func confirmed(ctx context.Context, message, title string) verdict {
	p, ok := ctx.Value(personKey{}).(anyone)
	if !ok {
		return nobody
	}
	ctx, cancel := context.WithTimeoutCause(ctx, confirmLimit, errNoAnswer)
	defer cancel()
	s, err := p.ask(ctx, mcp.ElicitationParams{Message: message, RequestedSchema: map[string]any{
		"type": "object", "required": []string{"confirm"},
		"properties": map[string]any{"confirm": map[string]any{"type": "boolean", "title": title}},
	}})
	switch said, isSaid := s.Content["confirm"].(bool); {
	case err != nil:
		return nobody
	case s.Action == mcp.ElicitationResponseActionDecline, s.Action == mcp.ElicitationResponseActionAccept && isSaid && !said:
		return no
	case s.Action == mcp.ElicitationResponseActionAccept && said:
		return yes
	}
	return nobody
}

// deleteAsking deletes sessions if the call or the person at its client confirms
// it, and else says what would be deleted.
func deleteAsking(s Sessions, ctx context.Context, call engine.Call, req engine.DeleteRequest) (engine.Deletion, error) {
	d, err := s.Delete(ctx, call, req)
	if err != nil || req.Confirm || d.Total == 0 {
		return d, err
	}
	asked := d
	asked.Next = ""
	switch confirmed(ctx, showDeletion(asked), "Delete for good") {
	case yes:
		req.Confirm = true
		return s.Delete(ctx, call, req)
	case no:
		d.Next = "The user was asked just now and does not want this. Do not delete these sessions."
	}
	return d, nil
}
