package tools

import (
	"context"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// waiters are the ids of the sessions that have open requests; nil if that is
// not known.
type waiters map[string]bool

// waitingNow asks the engine.
func waitersNow(ctx context.Context, s Sessions) (waiters, error) {
	open, err := s.Requests(ctx, engine.Call{}, engine.RequestsRequest{})
	if err != nil {
		return nil, err
	}
	w := waiters{}
	for _, r := range open.Requests {
		w[r.SessionID] = true
	}
	return w, nil
}

// note takes changes of sessions, and tells whether the set of open requests may
// be another one after them.
func (w waiters) note(c engine.Changes) bool {
	if w == nil {
		return len(c.Sessions)+len(c.Deleted) > 0
	}
	may := false
	for _, s := range c.Sessions {
		now := s.Status == sessionstore.Waiting
		may = may || now || w[s.ID]
		w[s.ID] = now
	}
	for _, id := range c.Deleted {
		may = may || w[id]
		delete(w, id)
	}
	return may
}
