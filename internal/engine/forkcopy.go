package engine

import (
	"context"
	"encoding/json"
	"errors"
	"iter"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// reaches reports whether Claude Code itself can fork the session of a
// transcript after a message.
func reaches(path, message string) (bool, error) {
	conv := agent.NewOutline(false)
	for line, err := range agent.ReadLines(path, 0) {
		if err != nil {
			return false, err
		}
		conv.Add(line)
	}
	return conv.Reaches(message), nil
}

// copyBranch gives a fork a transcript of its own: a copy of its parent's
// conversation up to the fork point. Claude Code makes none where the fork point
// is on a branch that was left, or precedes a compaction. The copy is stored
// first and written from the store, so that it survives a crash in between.
func (e *Engine) copyBranch(ctx context.Context, fork, parent sessionstore.Session, path string, token uint64) error {
	for _, lines := range []iter.Seq2[json.RawMessage, error]{agent.ReadLines(path, 0), e.lines(ctx, parent.ID, "")} {
		branch, err := agent.CopyBranch(lines, fork.ForkedAt, fork.ID)
		if errors.Is(err, sessionstore.ErrNotFound) || err == nil && branch == nil {
			continue
		}
		if err != nil {
			return err
		}
		if _, err = e.store.Append(ctx, sessionstore.Append{SessionID: fork.ID, Token: token, Lines: branch}); err != nil {
			return err
		}
		return agent.Restore(agent.TranscriptPath(fork.ConfigDir, fork.Cwd, fork.ID, ""), e.lines(ctx, fork.ID, ""))
	}
	return Errorf(SessionMissing, "Fork at another message.", "message %s, which the fork begins after, is in no transcript of its parent any more.", fork.ForkedAt)
}
