package engine

import (
	"encoding/json"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// takeNew looks at a line of a session of ours: most are known from its runs.
func (r *reading) takeNew(line json.RawMessage) error {
	uuid := agent.EntryID(line)
	if uuid == "" {
		return nil
	}
	known, err := r.known(r.im.ctx, uuid)
	if err != nil || known {
		return err
	}
	return r.takeOutside(line, uuid)
}

// takeOutside adds a line that no run of ours has reported, unless it is of a
// turn of ours all the same: what a process says last, before it is killed, may
// be in the file only.
func (r *reading) takeOutside(line json.RawMessage, uuid string) error {
	_, err := r.im.e.store.Turn(r.im.ctx, uuid)
	if err == nil {
		r.state.OwnTurn = true
		return nil
	}
	var alone agent.Summary
	if alone.Add(line); alone.Turns > 0 {
		r.state.OwnTurn = false
	}
	if !r.state.OwnTurn {
		r.outside.Add(line)
	}
	return ignoreUnknown(err)
}

// unbooked is what of outside is to be kept when the session's record is stored;
// nil if that is nothing.
func (r *reading) unbooked() *agent.Summary {
	switch {
	case r.outside == nil || r.outside.Last == "" && len(r.outside.Seen) == 0:
		return nil
	case r.outside.Last == "":
		return r.outside
	}
	return r.outside.Rest()
}

// addOutside books what somebody else than our runs has said in a session of
// ours: in a terminal, most likely.
func (r *reading) addOutside(s *sessionstore.Session) {
	sum := *r.outside
	s.Turns += sum.Turns
	own := usage(sum.Usage)
	if total := r.state.Summary.Usage.CostUSD; total > s.CostTotal {
		own.CostUSD, own.CostBasis, s.CostTotal = total-s.CostTotal, sessionstore.CostReported, total
	}
	s.Usage = s.Usage.Add(own)
	whole := r.state.Summary
	sum.CustomTitle, sum.AITitle, sum.Synopsis = whole.CustomTitle, whole.AITitle, whole.Synopsis
	if sum.Turns < 0 { // a command was none, which is the last prompt now
		sum.LastPrompt = whole.LastPrompt
	}
	r.im.freshen(s, &sum, r.found)
	if s.Status == sessionstore.Failed || s.Status == sessionstore.Interrupted {
		s.Status, s.StatusReason = sessionstore.Idle, ""
	}
}
