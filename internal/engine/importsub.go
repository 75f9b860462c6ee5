package engine

import (
	"encoding/json"
	"errors"
	"io/fs"

	"github.com/claude-sessions/claude-sessions/agent"
)

// readSubs reads on in the transcripts of sub-agents.
func (r *reading) readSubs() error {
	files, err := agent.TranscriptFiles(r.found.Path)
	if err != nil {
		r.leave(err)
		return nil
	}
	r.session.SubAgents = len(agent.SubAgents(files)) + r.state.Summary.Inline
	r.state.Beside = agent.LookAtSubs(files[1:])
	for _, f := range files[1:] {
		err := r.readSub(f)
		if broken := (*fs.PathError)(nil); errors.As(err, &broken) {
			r.leave(err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// leave notes that a sub-agent's transcript cannot be read, which must not keep
// that of its session from being read: the next look at everything tries again,
// from where lines were stored last.
func (r *reading) leave(err error) {
	r.forget()
	r.left, r.state.Beside = errors.Join(r.left, err), agent.SubFiles{}
}

func (r *reading) readSub(f agent.TranscriptFile) error {
	if r.state.Subs == nil {
		r.state.Subs = make(map[string]agent.Following)
	}
	at := r.state.Subs[f.Sub]
	begin := at.Offset
	note := func() {
		at.Summary = agent.Summary{}
		r.state.Subs[f.Sub] = at.Clone()
	}
	err := at.ReadOn(f.Path, func(line json.RawMessage) error {
		if r.keeps(line, at.Restarts) && r.fills(line) {
			note() // keep will flush
		}
		return r.keep(f.Sub, line, at.Restarts)
	})
	if err != nil || at.Offset == begin {
		return err
	}
	note()
	return r.flush(f.Sub, false, at.Restarts)
}
