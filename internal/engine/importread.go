package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// importBytes bounds, with importBatch, what is read before it is stored. Most
// transcripts have less, of what is stored.
const importBytes = 256 << 10

// importRooms are kept for the next reading: new ones would be most of the
// memory that an import asks for.
var importRooms = sync.Pool{New: func() any { return new([importBytes]byte) }}

// reading is the import of what one transcript has gained.
type reading struct {
	im        *importer
	found     agent.FoundTranscript
	token     uint64 // of the session's lease; 0: no run of ours may be at it
	session   sessionstore.Session
	state     importState
	fromStart bool // nothing, or not all, was read before

	passed map[string]int // lines that were passed over before, by reason

	archive  bool              // lines are to be stored
	verbatim bool              // all lines, also those that have no uuid or a known one: nobody else stores this transcript
	lines    []json.RawMessage // in room, but for the last, if it did not fit there
	room     []byte

	left error // why transcripts of sub-agents could not be read

	known   func(ctx context.Context, uuid string) (bool, error) // tells what the store has of the session's own transcript
	outside *agent.Summary                                       // as in state; nil: the session is not ours, and all that matters is the whole

	ours     bool // the session was made or resumed here
	begins   bool // the summary has no line that was read before
	restarts int  // of state, before the reading
}

// reading looks at how far a transcript was read.
func (im *importer) reading(found agent.FoundTranscript) (*reading, error) {
	r, src, err := im.load(found)
	if err != nil {
		return nil, err
	}
	if r.session.Origin == sessionstore.Managed {
		r.outside = cmp.Or(r.state.Outside, &agent.Summary{})
		r.state.Outside = r.outside
	}
	r.archive = im.e.cfg.Archive.takes(r.session) || r.ours && im.e.cfg.Archive == ArchiveManaged
	r.verbatim = !r.ours && r.state.Restarts == 0
	r.fromStart = src.ModTime.IsZero()
	r.passed = maps.Clone(r.state.PassedOver)
	if r.outside == nil && r.archive {
		err = r.anew(!r.ours)
	}
	r.begins, r.restarts = r.state.Offset == 0, r.state.Restarts
	return r, err
}

// load returns what the store has of a session, and how far its transcript was
// read.
func (im *importer) load(found agent.FoundTranscript) (*reading, sessionstore.Source, error) {
	r := &reading{im: im, found: found, state: importState{Version: agent.SummaryVersion}}
	store := im.e.store
	var err error
	if r.session, err = store.Session(im.ctx, found.SessionID); err != nil {
		return nil, sessionstore.Source{}, err
	}
	src, err := store.Source(im.ctx, found.SessionID)
	if err == nil {
		r.state.Version = 0
		err = json.Unmarshal(src.State, &r.state)
	}
	if err != nil && !errors.Is(err, sessionstore.ErrNotFound) {
		return nil, src, err
	}
	r.known = store.Known(found.SessionID, "")
	r.ours = r.session.Origin == sessionstore.Managed
	for _, err := range store.Turns(im.ctx, found.SessionID) {
		if err != nil {
			return nil, src, err
		}
		r.ours = true
		break
	}
	return r, src, nil
}

// anew lets all of a transcript be read again of which the store has nothing
// any more, or never had: a copy of its end alone would be none.
func (r *reading) anew(verbatim bool) error {
	heads, err := r.im.e.store.Transcripts(r.im.ctx, r.session.ID)
	if err != nil || len(heads) > 0 || r.state.Offset == 0 {
		return err
	}
	r.state.Following, r.state.Subs = agent.Following{}, nil
	r.fromStart, r.verbatim = true, verbatim
	return nil
}

// readOn reads what the files of the session have gained.
func (r *reading) readOn() error {
	room := importRooms.Get().(*[importBytes]byte)
	r.room = room[:0]
	defer func() {
		r.lines, r.room = nil, nil
		importRooms.Put(room)
	}()
	restarts := r.state.Restarts
	err := r.state.ReadOn(r.found.Path, r.take)
	if err != nil {
		return err
	}
	r.fromStart = r.fromStart || r.state.Restarts != restarts
	r.im.mu.Lock()
	r.im.lines[passedRestart] += max(r.state.Restarts-restarts, 0)
	for why, n := range r.state.PassedOver {
		r.im.lines[why] += max(n-r.passed[why], 0)
	}
	r.im.mu.Unlock()
	if err := r.flush("", false, r.state.Restarts); err != nil {
		return err
	}
	if r.state.Summary.First == "" {
		return errNoConversation
	}
	return r.readSubs()
}

// passedRestart tells of files that are read again from their beginning.
const passedRestart = "transcripts that became shorter, or were replaced, and were read anew"

// take is given each new line of the session's own transcript.
func (r *reading) take(line json.RawMessage) error {
	if err := r.im.ctx.Err(); err != nil {
		return err
	}
	if r.outside != nil {
		if err := r.takeNew(line); err != nil {
			return err
		}
	}
	return r.keep("", line, r.state.Restarts)
}

// keep lets a line be stored. Those by which Claude Code remembers its requests
// to the API are most of a transcript, are of no use for anything else, and are
// no part of what it mirrors. Restarts is how often the file was read anew.
func (r *reading) keep(sub string, line json.RawMessage, restarts int) error {
	if !r.keeps(line, restarts) {
		return nil
	}
	fills := r.fills(line)
	if begin := len(r.room); begin+len(line) <= cap(r.room) {
		r.room = append(r.room, line...)
		line = slices.Clip(r.room[begin:])
	}
	if r.lines = append(r.lines, line); !fills {
		return nil
	}
	return r.flush(sub, true, restarts)
}

func (r *reading) keeps(line json.RawMessage, restarts int) bool {
	return r.archive && !agent.Bulky(line) && (r.copies(restarts) || agent.EntryID(line) != "")
}

// copies reports whether the store's copy of a file is to have all of its lines:
// it has those that stand before, and no others.
func (r *reading) copies(restarts int) bool {
	return r.verbatim && restarts == 0 && r.state.Restarts == 0
}

// fills tells whether all that was gathered is to be stored with a line.
func (r *reading) fills(line json.RawMessage) bool {
	return len(r.lines)+1 >= importBatch || len(r.room)+len(line) > cap(r.room)
}

// flush stores the lines that were gathered, together with how far the file was
// read: Size and ModTime stay unset until all of it was.
func (r *reading) flush(sub string, more bool, restarts int) error {
	if len(r.lines) == 0 && !more {
		return nil
	}
	src := r.source()
	src.Size, src.ModTime = 0, time.Time{}
	_, err := r.im.e.store.Append(r.im.ctx, sessionstore.Append{
		SessionID: r.session.ID, Sub: sub, Token: r.token, Lines: r.lines, Source: src, Verbatim: r.copies(restarts),
	})
	r.forget()
	return err
}

// forget drops the lines that were gathered.
func (r *reading) forget() {
	clear(r.lines)
	r.lines, r.room = r.lines[:0], r.room[:0]
}

// source is how far the file was read: whole.
func (r *reading) source() *sessionstore.Source {
	if r.begins || r.state.Restarts != r.restarts {
		r.state.Version = agent.SummaryVersion
	}
	src := &sessionstore.Source{
		SessionID: r.session.ID, Path: r.found.Path, Size: r.found.Size, ModTime: r.found.ModTime, State: encodeState(r.state),
	}
	if r.token != 0 && r.fromStart { // a worker is to look for its parent yet
		src.Size, src.ModTime = 0, time.Time{}
	}
	return src
}

// store brings the session's record up to what was read.
func (r *reading) store() error {
	// Its parent may have been found meanwhile.
	if s, err := r.im.e.store.Session(r.im.ctx, r.session.ID); err == nil && s.ParentID != "" {
		if m, err := r.im.member(s.ID); err == nil {
			r.state.Shared = m.state.Shared
		}
	}
	sum := &r.state.Summary
	tagged, marked := r.state.Tagged, r.state.Marked
	r.state.Tagged, r.state.Marked, r.state.Outside = sum.Tag, r.found.Marked, r.unbooked()
	return r.im.changeUnder(r.token, r.session.ID, r.source(), func(s *sessionstore.Session) time.Time {
		if r.token != 0 { // the turn's prompt is newer
			defer func(prompt string) { s.LastPrompt = prompt }(s.LastPrompt)
		}
		s.SubAgents = r.session.SubAgents
		retag(s, tagged, sum.Tag)
		remark(s, marked, r.found)
		if r.outside == nil {
			r.im.describe(s, &r.state, r.found)
			return activity(*s, sum.Updated, r.found.ModTime)
		}
		if r.outside.Last == "" {
			r.im.date(s, sum, r.found)
			return s.UpdatedAt
		}
		r.addOutside(s)
		r.im.e.disturbed(s.ID)
		return activity(*s, r.outside.Updated, r.found.ModTime)
	})
}
