package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"reflect"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// errNoLines is of a session whose summary cannot be made again: neither its
// file nor a copy of all its lines is there.
var errNoLines = errors.New("neither its file nor a copy of all its lines is there")

// A renewal makes again what a session's source and record hold of a summary that
// was made by other rules than the present ones (agent.SummaryVersion). How far
// the file was read stays as it is, and so do the stored lines.
type renewal struct {
	*reading
	outdated  agent.Summary // as it was stored
	told      agent.Summary // by which the record is made again
	silent    bool          // the record is not made again: not all was read that it is to tell
	made      bool          // the session was made here
	ownNewest bool          // and its newest message is of a turn of ours
	forkedAt  string        // the newest message that a fork has of its parent; "": not known
}

// versionOf is the version of the rules by which a source was made.
func versionOf(src sessionstore.Source) int {
	var state struct{ Version int }
	_ = json.Unmarshal(src.State, &state) // what cannot be read is outdated, too
	return max(state.Version, 1)
}

// correct renews a session whose source is outdated, and tells whether its record
// has changed. The source and the record are committed together. The caller has
// claimed the transcript; the token is as in changeUnder. The error is errNoLines
// or errLater, or the store's; the session is as it was then.
func (im *importer) correct(token uint64, found agent.FoundTranscript) (changed bool, err error) {
	defer func() { im.e.corrections.note(found.SessionID, changed, err) }()
	r, src, err := im.load(found)
	if err != nil || r.state.Version == agent.SummaryVersion {
		return false, ignoreUnknown(err)
	}
	n := &renewal{reading: r, outdated: r.state.Summary, made: r.session.Origin == sessionstore.Managed}
	if err := n.renew(src); err != nil {
		return false, err
	}
	if n.hasFamily() {
		im.kin.Lock() // whoever looks for parents writes sources, too
		defer im.kin.Unlock()
	}
	return n.commit(token, src)
}

// correctFirst corrects a session whose file is about to be read. Where its lines
// are not to be had, the file is another one, and is read from its beginning.
func (im *importer) correctFirst(token uint64, found agent.FoundTranscript) error {
	if !im.e.corrections.mayLack(found.SessionID) {
		return nil
	}
	if _, err := im.correct(token, found); !errors.Is(err, errNoLines) {
		return err
	}
	return nil
}

// hasFamily reports whether other sessions begin with the same message.
func (n *renewal) hasFamily() (has bool) {
	for _, sum := range []*agent.Summary{&n.outdated, &n.state.Summary} {
		for _, first := range []string{sum.First, sum.CopiedFirst} {
			has = len(n.im.family(first, n.session.ID)) > 0 || has
		}
	}
	return has
}

// renew makes the summaries again. The lines are those that the store has, and
// only where it has not all of them those of the file.
func (n *renewal) renew(src sessionstore.Source) (err error) {
	n.state.Version = agent.SummaryVersion
	if n.state.Offset > 0 {
		if n.state.Summary, err = n.again(); err != nil {
			return err
		}
	}
	n.told = n.readOn()
	switch {
	case src.ModTime.IsZero() && !n.ours:
		err = n.listed()
	case src.ModTime.IsZero() || n.state.Offset == 0:
		n.silent = true
	}
	if err != nil || n.silent {
		return err
	}
	n.reshare()
	return n.lookForOwn()
}

// listed has the record tell what a glance shows: the file was not read whole.
func (n *renewal) listed() error {
	sum, err := n.im.glance(n.found)
	switch {
	case err == nil:
		n.told = sum
	case !notThere(err):
		return err
	case n.state.Offset == 0:
		return errNoLines
	}
	return nil
}

// again is the summary of all that was read.
func (n *renewal) again() (agent.Summary, error) {
	from, otherwise := n.copied, n.written
	if n.state.Restarts > 0 { // the copy has lines of other files, too
		from, otherwise = otherwise, from
	}
	sum, err := from()
	if errors.Is(err, errNoLines) {
		sum, err = otherwise()
	}
	return sum, err
}

// notThere tells whether a file could not be read at all.
func notThere(err error) bool {
	broken := (*fs.PathError)(nil)
	return errors.As(err, &broken)
}

// commit stores what was made again, unless somebody else has written the source
// meanwhile.
func (n *renewal) commit(token uint64, src sessionstore.Source) (changed bool, err error) {
	im, id := n.im, n.session.ID
	l := im.e.hold(id)
	defer im.e.drop(l)
	l.commit.Lock()
	defer l.commit.Unlock()
	if token == 0 && im.e.atWork(id) || !im.isStored(&src) {
		return false, errLater
	}
	s, err := im.e.store.Session(im.ctx, id)
	if err != nil {
		return false, ignoreUnknown(err)
	}
	before := s.Clone()
	n.apply(&s)
	src.State = encodeState(n.state)
	m := sessionstore.Mutation{Token: token, Source: &src, At: before.UpdatedAt}
	if changed = !reflect.DeepEqual(s, before); changed {
		m.Update = &s
	}
	_, err = im.e.store.Commit(im.ctx, m)
	return changed, err
}

// apply makes the record again. What is about the file stays as it is.
func (n *renewal) apply(s *sessionstore.Session) {
	if n.silent {
		return
	}
	was := s.Clone()
	retag(s, n.state.Tagged, n.told.Tag)
	n.state.Tagged = n.told.Tag
	if n.replace(s); n.made {
		return
	}
	now := s.Clone()
	state := n.state
	state.Summary = n.told
	n.im.describe(s, &state, n.found)
	s.ForkedAt = or(n.forkedAt, s.ForkedAt)
	s.ExpiresAt, s.Status, s.StatusReason = was.ExpiresAt, was.Status, was.StatusReason
	if n.ours { // runs may have told what is newer
		s.CLITitle, s.FirstPrompt, s.LastPrompt, s.LastResult, s.LastMessage = now.CLITitle, now.FirstPrompt, now.LastPrompt, now.LastResult, now.LastMessage
	}
}

// copied sums up the lines that the store has of what was read.
func (n *renewal) copied() (agent.Summary, error) {
	unread, any := n.unread(), false
	again := agent.NewResummary(n.outdated)
	for line, err := range n.im.e.lines(n.im.ctx, n.session.ID, "") {
		if errors.Is(err, sessionstore.ErrNotFound) {
			break
		}
		if err != nil {
			return agent.Summary{}, err
		}
		if len(unread) == 0 || !unread[agent.EntryID(line)] {
			again.Add(line)
			any = true
		}
	}
	if !any || !again.Whole() {
		return agent.Summary{}, errNoLines
	}
	return again.Summary(), nil
}

// readOn is the summary with what the file of a session has gained since it was
// read: where runs of ours have written to it, the record tells of that already.
func (n *renewal) readOn() agent.Summary {
	if !n.gained() {
		return n.state.Summary
	}
	var sum agent.Summary
	raw, _ := json.Marshal(n.state.Summary) // a copy that shares nothing
	_ = json.Unmarshal(raw, &sum)
	for line := range good(agent.ReadLines(n.found.Path, n.state.Offset)) {
		sum.Add(line)
	}
	return sum
}

// gained reports whether runs of ours may have written what was not read yet.
func (n *renewal) gained() bool { return n.ours && n.found.Size > n.state.Offset }

// unread are the uuids of what a file has gained since it was read: the runs of
// a session tell the store their lines before the file is read.
func (n *renewal) unread() map[string]bool {
	if !n.gained() {
		return nil
	}
	ids := map[string]bool{}
	for line := range good(agent.ReadLines(n.found.Path, n.state.Offset)) {
		if id := agent.EntryID(line); id != "" {
			ids[id] = true
		}
	}
	return ids
}

// written sums up the lines of the file, as far as it was read.
func (n *renewal) written() (agent.Summary, error) {
	sum, err := n.state.Resummarize(n.found.Path)
	if notThere(err) || errors.Is(err, agent.ErrOtherFile) {
		return sum, errNoLines
	}
	return sum, err
}

// lookForOwn finds out whether the newest message of a session that was made
// here is of a turn of ours.
func (n *renewal) lookForOwn() error {
	if !n.made {
		return nil
	}
	for t, err := range n.im.e.store.Turns(n.im.ctx, n.session.ID) {
		if err != nil {
			return err
		}
		if t.LastMessage != "" {
			n.ownNewest = t.LastMessage == n.session.LastMessage
			return nil
		}
	}
	return nil
}

// replace puts what is told now where a record has what the outdated summary
// told.
//
//	field                         found elsewhere  and resumed here  made here
//	title of Claude Code          always           as told           as told
//	first prompt                  always           as told           never: it is the first turn's
//	last prompt, last result      always           as told           as told, unless the newest message is of a turn of ours
//	newest message (fork point)   always           as told           as told, if the summary has one
//	branch, model, context        always           always            as told
//	turns, usage, cost, what is   always           always            never: they were booked when turns ended
//	inherited, fork's beginning
//	Claude Code's tag             always           always            always
//	name, title, note, tags and   never            never             never
//	settings that were given here,
//	status, times, folder, parent
//
// "As told" means: if the record has just what the outdated summary told. Anything
// else comes from a run or a person.
func (n *renewal) replace(s *sessionstore.Session) {
	old, now, found := &n.outdated, &n.told, !n.ours
	swap := func(field *string, old, now string) {
		if found || *field == old {
			*field = now
		}
	}
	swap(&s.CLITitle, old.Title(), now.Title())
	swap(&s.GitBranch, old.GitBranch, now.GitBranch)
	swap(&s.Model, old.Model, now.Model)
	if !n.made {
		swap(&s.FirstPrompt, old.FirstPrompt, now.FirstPrompt)
	}
	if !n.made || now.Last != "" {
		swap(&s.LastMessage, old.Last, now.Last)
	}
	if !n.ownNewest {
		swap(&s.LastPrompt, old.LastPrompt, now.LastPrompt)
		swap(&s.LastResult, firstLines(old.LastAnswer), firstLines(now.LastAnswer))
	}
	if found || s.ContextTokens == old.Context {
		s.ContextTokens = max(now.Context, 0)
	}
}

// reshare sums up again what a fork that was made elsewhere holds of its parent.
// Where its parent is gone, that is all up to the message after which the fork
// was made.
func (n *renewal) reshare() {
	if n.made || n.session.ParentID == "" {
		return
	}
	shared := n.im.sharedOf(n.session, n.state.Summary.CopyOf)
	if shared.Last == "" {
		return
	}
	n.forkedAt = shared.Last
	if shared.Usage.CostUSD == 0 && n.state.Summary.CopyOf != n.session.ParentID { // the copy has no line that tells
		shared.Usage.CostUSD = n.state.Shared.Usage.CostUSD
	}
	n.state.Shared = share{Turns: shared.Turns, Usage: shared.Usage}
}

// sharedOf sums up what a fork holds of its parent, from the store's copies where
// there are any.
func (im *importer) sharedOf(fork sessionstore.Session, copyOf string) agent.Summary {
	parent, err := im.e.store.Session(im.ctx, fork.ParentID)
	if err != nil {
		return im.until(fork, fork.ForkedAt)
	}
	shared := im.shared(fork, parent, agent.EntryID, im.copiedLines)
	if shared.Last == "" && copyOf == parent.ID {
		shared = im.shared(fork, parent, agent.CopiedFrom, im.copiedLines)
		shared.Usage.CostUSD = 0 // it counts anew
	}
	return shared
}

// until sums up a session up to a message; nothing, if it has no such message.
func (im *importer) until(s sessionstore.Session, last string) (sum agent.Summary) {
	for line := range im.copiedLines(s) {
		sum.Add(line)
		if agent.EntryID(line) == last {
			sum.Last = last
			return sum
		}
	}
	return agent.Summary{}
}

// copiedLines are the lines of a session's own transcript that the store has; if
// it has none, or none but those of runs, those of its file.
func (im *importer) copiedLines(s sessionstore.Session) iter.Seq[json.RawMessage] {
	if im.e.cfg.Archive != ArchiveOff && im.e.hasCopy(im.ctx, s.ID) {
		return good(im.e.lines(im.ctx, s.ID, ""))
	}
	return im.linesOf(s)
}

func (e *Engine) hasCopy(ctx context.Context, id string) bool {
	heads, err := e.store.Transcripts(ctx, id)
	return err == nil && len(heads) > 0 && heads[0].Sub == ""
}

// good are lines up to where they cannot be read.
func good(lines iter.Seq2[json.RawMessage, error]) iter.Seq[json.RawMessage] {
	return func(yield func(json.RawMessage) bool) {
		for line, err := range lines {
			if err != nil || !yield(line) {
				return
			}
		}
	}
}
