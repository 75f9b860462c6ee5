package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// importState is how far a session's transcripts were read, as it is kept with
// the session.
type importState struct {
	agent.Following
	Subs   map[string]agent.Following `json:"subs,omitempty"`   // of sub-agents; their summaries are not kept
	Tagged string                     `json:"tagged,omitempty"` // the tag that was taken over
	Marked time.Time                  `json:"marked,omitzero"`  // as FoundTranscript.Marked, when it was taken over
	Beside agent.SubFiles             `json:"beside,omitzero"`  // as FoundTranscript.Subs, when all was read
	Shared share                      `json:"shared,omitzero"`

	Outside *agent.Summary `json:"outside,omitempty"`  // what others than our runs have said in a session of ours, as long as it is not booked
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
		Source: &sessionstore.Source{SessionID: s.ID, Path: found.Path, State: encodeState(importState{Tagged: sum.Tag, Marked: found.Marked})},
	})
	if errors.Is(err, sessionstore.ErrExists) { // one of ours, made a moment ago
		return nil
	}
	return err
}

// activity is when a session was last active: never before it was known to be.
func activity(s sessionstore.Session, told, otherwise time.Time) time.Time {
	if told.IsZero() {
		told = otherwise
	}
	if s.UpdatedAt.After(told) {
		return s.UpdatedAt
	}
	return told
}

// describe sets what a transcript tells of an imported session.
func (im *importer) describe(s *sessionstore.Session, state *importState, found agent.FoundTranscript) {
	sum := &state.Summary
	if s.Cwd == "" {
		s.Cwd = sum.Cwd
	}
	if sum.FirstPrompt != "" {
		s.FirstPrompt = sum.FirstPrompt
	}
	own := usage(sum.Usage)
	own.CostUSD = max(own.CostUSD, s.CostTotal) // a process that rests has not saved its newest yet
	s.CostTotal = own.CostUSD
	shared := usage(state.Shared.Usage)
	own.InputTokens -= shared.InputTokens
	own.OutputTokens -= shared.OutputTokens
	own.CacheReadTokens -= shared.CacheReadTokens
	own.CacheCreationTokens -= shared.CacheCreationTokens
	own.CostUSD = max(own.CostUSD-shared.CostUSD, 0)
	s.Usage, s.Inherited, s.Turns = own, shared, sum.Turns-state.Shared.Turns
	im.freshen(s, sum, found)
}

// freshen sets what the newest part of a transcript tells of any session.
func (im *importer) freshen(s *sessionstore.Session, sum *agent.Summary, found agent.FoundTranscript) {
	if sum.LastPrompt != "" {
		s.LastPrompt = sum.LastPrompt
	}
	if sum.LastAnswer != "" {
		s.LastResult = firstLines(sum.LastAnswer)
	}
	if sum.Last != "" {
		s.LastMessage = sum.Last
	}
	im.date(s, sum, found)
}

// date sets what is about the file of any session, also of one that only runs
// of ours have written.
func (im *importer) date(s *sessionstore.Session, sum *agent.Summary, found agent.FoundTranscript) {
	im.mu.Lock()
	expire := im.expire
	im.mu.Unlock()
	at := found.ModTime.Add(expire).UTC().Truncate(time.Second)
	s.ExpiresAt = &at
	if title := sum.Title(); title != "" {
		s.CLITitle = title
	}
	s.GitBranch, s.Model, s.ContextTokens = or(sum.GitBranch, s.GitBranch), or(sum.Model, s.Model), max(sum.Context, 0)
	if s.Status == sessionstore.Missing {
		s.Status, s.StatusReason = sessionstore.Idle, ""
	}
}

// retag takes over the tag that Claude Code gives a session, in the place of the
// one that it gave before. Those that were given here stay.
func retag(s *sessionstore.Session, before, now string) {
	if before == now {
		return
	}
	s.Tags = slices.DeleteFunc(slices.Clone(s.Tags), func(tag string) bool { return tag == before })
	if now != "" && !slices.Contains(s.Tags, now) {
		s.Tags = append(s.Tags, now)
	}
}

// remark takes over that a session was archived elsewhere, or no longer is,
// since it was known to be.
func remark(s *sessionstore.Session, before time.Time, found agent.FoundTranscript) {
	if found.Marked.IsZero() || found.Marked.Equal(before) {
		return
	}
	if archived, known := agent.Archived(found.Path); known {
		s.Archived = archived
	}
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

// lose books that the file of a session is gone.
func (im *importer) lose(id string) error {
	heads, err := im.e.store.Transcripts(im.ctx, id)
	if err != nil {
		return ignoreUnknown(err)
	}
	return im.change(id, nil, func(s *sessionstore.Session) time.Time {
		s.ExpiresAt = nil
		if len(heads) == 0 {
			s.Status, s.StatusReason = sessionstore.Missing, "its transcript was deleted, and there is no copy of it"
		}
		return s.UpdatedAt
	})
}

func ignoreUnknown(err error) error {
	if errors.Is(err, sessionstore.ErrNotFound) {
		return nil
	}
	return err
}

// change writes a change of a session that no run of ours is at, and of its
// source if that is not nil. The change tells when it happened.
func (im *importer) change(id string, src *sessionstore.Source, change func(*sessionstore.Session) time.Time) error {
	return im.changeUnder(0, id, src, change)
}

// changeUnder is change for the run that has the session's lease, by its token;
// for 0 no run may be at it.
func (im *importer) changeUnder(token uint64, id string, src *sessionstore.Source, change func(*sessionstore.Session) time.Time) error {
	l := im.e.hold(id)
	defer im.e.drop(l)
	l.commit.Lock()
	defer l.commit.Unlock()
	if token == 0 && im.e.atWork(id) {
		return errLater
	}
	s, err := im.e.store.Session(im.ctx, id)
	if err != nil {
		return ignoreUnknown(err)
	}
	before, m := s.Clone(), sessionstore.Mutation{Token: token, Update: &s, Source: src}
	m.At = change(&s)
	if m.At.Equal(before.UpdatedAt) && reflect.DeepEqual(s, before) && im.isStored(src) {
		return nil // there is nothing to tell anybody
	}
	_, err = im.e.store.Commit(im.ctx, m)
	return err
}

// atWork tells whether a turn of a session waits or runs, or its process has
// not ended yet. One that rests is not at work.
func (e *Engine) atWork(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.sessions[id]
	return l != nil && (l.busy() || l.serving && l.wake == nil)
}

// upToDate waits until what the transcript of a session says now is imported,
// and tells whether it is: ctx may end first. A session that a run of ours is at
// needs no import.
func (e *Engine) upToDate(ctx context.Context, s sessionstore.Session) bool {
	e.mu.Lock()
	im := e.importers[s.ConfigDir]
	e.mu.Unlock()
	if im == nil {
		return true
	}
	path, err := agent.FindTranscript(s.ConfigDir, s.Cwd, s.ID)
	if err != nil {
		return true
	}
	found, _ := agent.LookAt(path)
	if found == nil {
		return true
	}
	im.mu.Lock()
	im.note(*found, true)
	im.mu.Unlock()
	return im.idle(ctx, s.ID)
}

// idle waits until a transcript waits for no import, and tells whether it does.
func (im *importer) idle(ctx context.Context, id string) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		im.mu.Lock()
		f := im.files[id]
		busy := f != nil && (f.queued || f.working)
		im.mu.Unlock()
		if !busy {
			return true
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		case <-im.ctx.Done():
			return false
		}
	}
}
