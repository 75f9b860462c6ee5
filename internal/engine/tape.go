package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// tape is a transcript that can be read from any of its lines on: what the
// store holds of it, or, where that is nothing, the file itself.
type tape struct {
	sub    string
	inline string // name of the sub-agent, within this transcript, that is meant; "": none
	lines  int64  // how many there are; -1: not known
	leaf   string // uuid of the message that the branch ends in; "": the newest
	owner  string // id of the session that it is of
	key    tapeKey
	from   func(line int64) iter.Seq2[sessionstore.Entry, error] // each good until the next is asked for
	subs   []string                                              // all sub-agents of the session that have a transcript, but for Claude Code's own
	begun  func() map[string]string                              // sub-agents by the use of a tool that began them, as far as files tell
}

// tape finds what there is to read of a session, or of one of its sub-agents.
// Of a fork that never ran it is its source's, up to the fork point. A session
// that has not said anything yet has a tape without lines.
func (e *Engine) tape(ctx context.Context, s sessionstore.Session, subagent string) (*tape, error) {
	leaf, first := "", s
	for {
		heads, err := e.heads(ctx, s)
		if err != nil {
			return nil, err
		}
		if len(heads) > 0 {
			return e.open(ctx, s, heads, leaf, subagent)
		}
		if s.ParentID == "" || s.Turns > 0 && s.LastMessage != s.ForkedAt {
			return nothing(first, subagent)
		}
		leaf = cmp.Or(leaf, s.ForkedAt) // that of the first: it is the earliest
		s, err = e.store.Session(ctx, s.ParentID)
		if errors.Is(err, sessionstore.ErrNotFound) {
			return nil, sessionMissing()
		}
		if err != nil {
			return nil, err
		}
	}
}

// nothing is the tape of a session without a transcript.
func nothing(s sessionstore.Session, subagent string) (*tape, error) {
	switch {
	case s.Turns > 0 || s.ParentID != "" || s.Origin == sessionstore.Imported:
		return nil, sessionMissing()
	case subagent != "":
		return nil, noSubagent(subagent, nil)
	}
	return &tape{owner: s.ID, from: func(int64) iter.Seq2[sessionstore.Entry, error] {
		return func(func(sessionstore.Entry, error) bool) {}
	}}, nil
}

// head is a transcript of a session: in the store, or a file.
type head struct {
	sub, path string
	lines     int64
}

// heads lists the transcripts of a session, its own first. Files count where
// the store has nothing, or keeps no copy of what others add to them: else it
// has all that they have, and what was deleted besides.
func (e *Engine) heads(ctx context.Context, s sessionstore.Session) ([]head, error) {
	stored, err := e.store.Transcripts(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	var heads []head
	for _, h := range stored {
		heads = append(heads, head{sub: h.Sub, lines: h.Entries})
	}
	if len(heads) > 0 && heads[0].sub == "" && e.cfg.Archive.takes(s) {
		return heads, nil
	}
	files, err := fileHeads(s)
	if len(files) > 0 || err != nil {
		return files, err
	}
	return heads, nil
}

// fileHeads lists the files of a session; none if its own is not there.
func fileHeads(s sessionstore.Session) ([]head, error) {
	path, err := agent.FindTranscript(s.ConfigDir, s.Cwd, s.ID)
	if errors.Is(err, agent.ErrNoTranscript) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	files, err := agent.TranscriptFiles(path)
	var heads []head
	for _, f := range files {
		heads = append(heads, head{sub: f.Sub, path: f.Path, lines: -1})
	}
	slices.SortFunc(heads, func(a, b head) int { return strings.Compare(a.sub, b.sub) })
	return heads, err
}

// open makes the tape of one of a session's transcripts.
func (e *Engine) open(ctx context.Context, s sessionstore.Session, heads []head, leaf, subagent string) (*tape, error) {
	t := &tape{owner: s.ID, leaf: leaf, begun: func() map[string]string { return begunBy(s) }}
	for _, h := range heads {
		if h.sub != "" && !agent.IsOwnAgent(h.sub) {
			t.subs = append(t.subs, h.sub)
		}
	}
	h := heads[0]
	if subagent == "" && h.sub != "" {
		return nil, sessionMissing() // only sub-agents' are left
	}
	if subagent != "" {
		if i := findSubagent(heads, subagent); i >= 0 {
			h, t.leaf = heads[i], ""
		} else {
			t.inline = subagent
		}
	}
	t.sub, t.lines = h.sub, h.lines
	t.key = tapeKey{owner: s.ID, sub: h.sub, leaf: t.leaf}
	if h.path != "" {
		t.key.file = fileKey(h.path)
	}
	t.from = func(line int64) iter.Seq2[sessionstore.Entry, error] {
		if h.path != "" {
			return fileEntries(h.path, line)
		}
		return e.store.Entries(ctx, s.ID, h.sub, line)
	}
	return t, nil
}

// fileKey tells a file as it is now from what it may become.
func fileKey(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return path
	}
	return fmt.Sprint(path, info.Size(), info.ModTime().UnixNano())
}

// findSubagent finds the sub-agent that a caller means: by its whole name, or a
// part that only it has. An agent of Claude Code's own is meant if no other fits.
// It is -1 if none is.
func findSubagent(heads []head, ref string) int {
	var others, own []int
	for i, h := range heads {
		switch {
		case h.sub == "" || !strings.Contains(h.sub, ref):
		case h.sub == ref:
			return i
		case agent.IsOwnAgent(h.sub):
			own = append(own, i)
		default:
			others = append(others, i)
		}
	}
	if len(others) == 0 {
		others = own
	}
	if len(others) != 1 {
		return -1
	}
	return others[0]
}

func noSubagent(ref string, subs []string) error {
	if len(subs) == 0 {
		return Errorf(NotFound, "Leave subagent out to read the session itself.", "the session has no sub-agents.")
	}
	return Errorf(NotFound, "Choose one of them.", "%q is none, or more than one, of the session's sub-agents: %s.",
		ref, strings.Join(subs[:min(len(subs), maxSubagents)], ", "))
}

// fileEntries numbers the lines of a file, from 0, and yields them from number
// first on.
func fileEntries(path string, first int64) iter.Seq2[sessionstore.Entry, error] {
	return func(yield func(sessionstore.Entry, error) bool) {
		n := int64(0)
		for line, err := range agent.ReadLines(path, 0) {
			if (err != nil || n >= first) && !yield(sessionstore.Entry{Seq: n, Raw: line}, err) {
				return
			}
			n++
		}
	}
}
