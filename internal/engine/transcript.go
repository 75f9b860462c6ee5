package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"slices"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// importBatch bounds the memory that reading a transcript takes, in lines.
const importBatch = 200

// launch is how a process is started for a turn of a session: with the settings
// that it was asked with. What it is told to begin from depends on what there is.
// The token is that of the session's lease.
func (e *Engine) launch(ctx context.Context, s sessionstore.Session, t sessionstore.Turn, env *environment, token uint64) (agent.Options, error) {
	o, err := e.options(t.Settings, t.Cwd, env)
	if err != nil {
		return o, err
	}
	if o.MaxBudgetUSD, err = turnBudget(s, t); err != nil {
		return o, err
	}
	o.SessionID, o.RunID = s.ID, uuid.NewString()
	return e.beginFrom(ctx, s, o, token)
}

// options are those of any process that works in a folder with these settings.
func (e *Engine) options(settings sessionstore.Settings, cwd string, env *environment) (o agent.Options, err error) {
	o = options(settings)
	o.Dir, o.Env = cwd, env.child(settings.PassEnv, e.cfg.DataDir)
	if err := checkFolderExists(cwd); err != nil {
		return o, err
	}
	if o.Command, err = agent.Find(env.caller.Claude, env.caller.Env); err != nil {
		return o, claudeNotFound(err)
	}
	o.Env = append(o.Env, "CLAUDE_SESSIONS_CLAUDE="+o.Command) // for a server inside the session
	return o, nil
}

// beginFrom tells the process what its conversation goes on from: its own
// transcript, a copy of its parent's, or nothing. Where Claude Code itself cannot
// fork the parent at the fork point, the fork gets its transcript from us.
func (e *Engine) beginFrom(ctx context.Context, s sessionstore.Session, o agent.Options, token uint64) (agent.Options, error) {
	_, err := e.transcript(ctx, s)
	if err == nil {
		o.Resume = s.ID
		return o, nil
	}
	if !errors.Is(err, agent.ErrNoTranscript) || s.Turns > 0 && s.LastMessage != s.ForkedAt {
		return o, missing(err) // what it has said itself must not be lost without a word
	}
	if s.ParentID == "" {
		return o, nil
	}
	parent, err := e.source(ctx, s)
	if err != nil {
		return o, missing(err)
	}
	path, err := e.transcript(ctx, parent)
	if err != nil {
		return o, missing(err)
	}
	reaches, err := reaches(path, s.ForkedAt)
	if err != nil {
		return o, err
	}
	if !reaches {
		o.Resume = s.ID
		return o, e.copyBranch(ctx, s, parent, path, token)
	}
	o.Resume, o.Fork, o.ResumeAt = parent.ID, true, s.ForkedAt
	o.CostBefore, err = agent.SavedCost(path)
	return o, err
}

func missing(err error) error {
	if errors.Is(err, agent.ErrNoTranscript) {
		return sessionMissing()
	}
	return err
}

// transcript is the file that Claude Code keeps of a session. One that is gone
// is written back from the store. agent.ErrNoTranscript: there is none.
func (e *Engine) transcript(ctx context.Context, s sessionstore.Session) (string, error) {
	path, err := agent.FindTranscript(s.ConfigDir, s.Cwd, s.ID)
	if !errors.Is(err, agent.ErrNoTranscript) {
		return path, err
	}
	heads, herr := e.store.Transcripts(ctx, s.ID)
	if herr != nil || len(heads) == 0 {
		return "", errors.Join(err, herr)
	}
	for _, h := range slices.Backward(heads) { // its own last: it is what makes the session whole
		file := agent.TranscriptPath(s.ConfigDir, s.Cwd, s.ID, h.Sub)
		if err := agent.Restore(file, e.lines(ctx, s.ID, h.Sub)); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	e.log.Info("a transcript was gone and is written back", "session", s.ID)
	e.mu.Lock()
	e.restored[s.ID] = true
	e.mu.Unlock()
	return agent.TranscriptPath(s.ConfigDir, s.Cwd, s.ID, ""), nil
}

// takeRestored tells, once, that the transcript of a session was written back.
func (e *Engine) takeRestored(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	restored := e.restored[id]
	delete(e.restored, id)
	return restored
}

// lines are the stored lines of a transcript, each good until the next one is
// asked for.
func (e *Engine) lines(ctx context.Context, id, sub string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for entry, err := range e.store.Entries(ctx, id, sub, 0) {
			if !yield(entry.Raw, err) {
				return
			}
		}
	}
}

// source is the nearest ancestor of a fork that has a conversation of its own:
// forks that never had a prompt have none.
func (e *Engine) source(ctx context.Context, s sessionstore.Session) (sessionstore.Session, error) {
	for s.ParentID != "" {
		parent, err := e.store.Session(ctx, s.ParentID)
		if errors.Is(err, sessionstore.ErrNotFound) {
			return s, agent.ErrNoTranscript
		}
		if err != nil {
			return s, err
		}
		if _, err := e.transcript(ctx, parent); !errors.Is(err, agent.ErrNoTranscript) {
			return parent, err
		}
		s = parent
	}
	return s, agent.ErrNoTranscript
}

// conversation is what the store holds of a session's conversation. A fork
// that never had a prompt has that of its source.
func (e *Engine) conversation(ctx context.Context, s sessionstore.Session) (*agent.Conversation, error) {
	heads, err := e.store.Transcripts(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	if len(heads) == 0 && s.ParentID != "" {
		if s, err = e.source(ctx, s); err != nil {
			return nil, missing(err)
		}
		heads, err = e.store.Transcripts(ctx, s.ID)
	}
	if err != nil || len(heads) > 0 {
		return e.stored(ctx, s.ID)
	}
	return e.written(ctx, s)
}

// written is the conversation of a session of which the store keeps no copy, as
// its file has it.
func (e *Engine) written(ctx context.Context, s sessionstore.Session) (*agent.Conversation, error) {
	conv := agent.NewConversation()
	for line, err := range e.anyLines(ctx, s) {
		if errors.Is(err, sessionstore.ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		conv.Add(line)
	}
	return conv, nil
}

// stored is what the store holds of a session's own conversation, which may be
// nothing.
func (e *Engine) stored(ctx context.Context, id string) (*agent.Conversation, error) {
	conv := agent.NewConversation()
	for line, err := range e.lines(ctx, id, "") {
		if errors.Is(err, sessionstore.ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		conv.Add(line)
	}
	return conv, nil
}

// importTranscript adds to the store what it lacks of the files that Claude
// Code keeps of a session.
func (e *Engine) importTranscript(ctx context.Context, s sessionstore.Session, token uint64) error {
	path, err := agent.FindTranscript(s.ConfigDir, s.Cwd, s.ID)
	if errors.Is(err, agent.ErrNoTranscript) {
		return nil
	}
	if err != nil {
		return err
	}
	files, err := agent.TranscriptFiles(path)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := e.importFile(ctx, sessionstore.Append{SessionID: s.ID, Sub: f.Sub, Token: token}, f.Path); err != nil {
			return err
		}
	}
	return nil
}

// importFile appends the lines of a file that the store lacks. Lines without
// an id cannot be told from those that are there: they are left out.
func (e *Engine) importFile(ctx context.Context, a sessionstore.Append, path string) error {
	flush := func() error {
		_, err := e.store.Append(ctx, a)
		a.Lines = nil
		return err
	}
	for line, err := range agent.ReadLines(path, 0) {
		if err != nil {
			return err
		}
		if m, ok := agent.ParseMessage(line); !ok || m.UUID == "" {
			continue
		}
		if a.Lines = append(a.Lines, line); len(a.Lines) >= importBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
