package engine

import (
	"cmp"
	"encoding/json"
	"errors"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// importState is how far a session's transcripts were read, as it is kept with
// the session.
type importState struct {
	agent.Following
	Version int                        `json:"version,omitempty"` // the agent.SummaryVersion of its Summary; absent: 1
	Subs    map[string]agent.Following `json:"subs,omitempty"`    // of sub-agents; their summaries are not kept
	Tagged  string                     `json:"tagged,omitempty"`  // the tag that was taken over
	Marked  time.Time                  `json:"marked,omitzero"`   // as FoundTranscript.Marked, when it was taken over
	Beside  agent.SubFiles             `json:"beside,omitzero"`   // as FoundTranscript.Subs, when all was read
	Shared  share                      `json:"shared,omitzero"`

	Outside *agent.Summary `json:"outside,omitempty"`  // what others than our runs have said in a session of ours, as far as it is not booked, or later lines depend on it
	OwnTurn bool           `json:"own_turn,omitempty"` // the newest line is of a turn of ours, of which the mirror was cut off
}

// share is what of a summary is the parent's, not the fork's own.
type share struct {
	Turns int         `json:"turns"`
	Usage agent.Usage `json:"usage"`
}

// errBuried is of the file of a session that was deleted here.
var errBuried = errors.New("its session was deleted")

// importGlance lists a session that is not known yet.
func (im *importer) importGlance(found agent.FoundTranscript) (read agent.FoundTranscript, whole bool, err error) {
	return found, false, im.list(found)
}

// importLive brings a session up to what its transcript says, or, where that is
// much, only lists it.
func (im *importer) importLive(found agent.FoundTranscript) (read agent.FoundTranscript, whole bool, err error) {
	im.mu.Lock()
	was := im.files[found.SessionID].read.Size
	im.mu.Unlock()
	if was > found.Size {
		was = 0 // it is another file
	}
	if found.Size-was > longRead {
		return im.importGlance(found)
	}
	return im.importWhole(found)
}

// list stores a session by what a glance at its transcript shows, unless there
// is one already.
func (im *importer) list(found agent.FoundTranscript) error {
	if _, err := im.e.store.Session(im.ctx, found.SessionID); !errors.Is(err, sessionstore.ErrNotFound) {
		return err
	}
	if gone, err := im.e.buried(im.ctx, found); gone || err != nil {
		return cmp.Or(err, errBuried)
	}
	sum, err := im.glance(found)
	if err != nil {
		return err
	}
	s := sessionstore.Session{
		ID: found.SessionID, RootID: found.SessionID, Origin: sessionstore.Imported, Status: sessionstore.Idle,
		ConfigDir: im.dir, CreatedAt: sum.Created,
	}
	im.describe(&s, &importState{Following: agent.Following{Summary: sum}}, found)
	retag(&s, "", sum.Tag)
	remark(&s, time.Time{}, found)
	_, err = im.e.store.Commit(im.ctx, sessionstore.Mutation{
		Create: &s, At: activity(s, sum.Updated, found.ModTime),
		Source: &sessionstore.Source{SessionID: s.ID, Path: found.Path, State: encodeState(importState{Version: agent.SummaryVersion, Tagged: sum.Tag, Marked: found.Marked})},
	})
	if errors.Is(err, sessionstore.ErrExists) { // one of ours, made a moment ago
		return nil
	}
	return err
}

func encodeState(state importState) json.RawMessage {
	raw, _ := json.Marshal(state) // plain data
	return raw
}

// importWhole brings a session up to what its transcript says.
func (im *importer) importWhole(found agent.FoundTranscript) (read agent.FoundTranscript, whole bool, err error) {
	if found.Size < 0 {
		return found, true, im.lose(found.SessionID)
	}
	if im.e.atWork(found.SessionID) {
		return found, false, errLater
	}
	if err := im.list(found); err != nil {
		return found, false, err
	}
	if err := im.correctFirst(0, found); err != nil {
		return found, false, err
	}
	r, err := im.reading(found)
	if err != nil {
		return found, false, err
	}
	if err := r.readOn(); err != nil {
		return found, false, err
	}
	if err := r.store(); err != nil {
		return found, false, err
	}
	if r.fromStart {
		sum := &r.state.Summary
		err = errors.Join(im.relate(r.session.ID, sum.First), im.relate(r.session.ID, sum.CopiedFirst))
	}
	beside := r.state.Beside // a copy: it stays, and the reading goes
	found.Subs = &beside
	return found, true, errors.Join(r.left, err)
}
