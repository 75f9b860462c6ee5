package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// errNoConversation is of a file in which nothing was said.
var errNoConversation = errors.New("there is no conversation in it")

// glance sums up a transcript for the list. One of which neither the beginning
// nor the end says anything is read whole: a picture or the result of a tool may
// fill both.
func (im *importer) glance(found agent.FoundTranscript) (agent.Summary, error) {
	sum, partial, err := agent.Glance(found.Path)
	if err == nil && partial && sum.Last == "" {
		var all agent.Following
		err = all.ReadOn(found.Path, func(json.RawMessage) error { return im.ctx.Err() })
		sum = all.Summary
	}
	if err == nil && sum.Last == "" {
		err = errNoConversation
	}
	return sum, err
}

// silent says, for people, which transcripts have nothing that was said; "" if
// there are none. mu is held.
func (im *importer) silent() string {
	n, such := 0, ""
	for f := range im.mute {
		if f.Size < 0 {
			continue // deleted
		}
		if n++; such == "" || f.Path < such {
			such = f.Path
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("transcripts in which nothing was said yet: %s, such as %s.", thousands(n), such)
}

// isStored tells whether a source is as the store has it; nil is.
func (im *importer) isStored(src *sessionstore.Source) bool {
	if src == nil {
		return true
	}
	was, err := im.e.store.Source(im.ctx, src.SessionID)
	return err == nil && was.Path == src.Path && was.Size == src.Size && was.ModTime.Equal(src.ModTime) && bytes.Equal(was.State, src.State)
}
