package engine

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

// maxWriting bounds what is kept of a text that is not in the transcript yet, in
// bytes. Of a longer one the newest part is kept.
const maxWriting = 32 << 10

// written is what the model says in a turn and the transcript does not have yet:
// texts that are complete, and the one that it is at. The zero value is nothing.
// Engine.mu guards it.
type written struct {
	said  []agent.Said
	draft []byte
}

// add takes words as they come.
func (w *written) add(ev agent.Writing) {
	if ev.Anew {
		w.draft = nil
	}
	if w.draft = append(w.draft, ev.Text...); len(w.draft) > 2*maxWriting {
		w.draft = []byte(newest(string(w.draft), maxWriting))
	}
}

// say takes a text that is complete, which is what was written until then.
func (w *written) say(ev agent.Said) {
	w.draft = nil
	w.said = append(w.said, ev)
}

// stored forgets texts that the transcript has now.
func (w *written) stored(uuids []string) {
	w.said = slices.DeleteFunc(w.said, func(s agent.Said) bool { return slices.Contains(uuids, s.UUID) })
}

// text is all of it, at most maxWriting.
func (w *written) text() string {
	var texts []string
	for _, s := range w.said {
		texts = append(texts, s.Text)
	}
	if len(w.draft) > 0 {
		texts = append(texts, string(w.draft))
	}
	return newest(strings.Join(texts, "\n\n"), maxWriting)
}

// newest is as much of the end of text as fits into limit bytes.
func newest(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	text = text[len(text)-limit:]
	for len(text) > 0 && !utf8.RuneStart(text[0]) {
		text = text[1:]
	}
	return text
}

// wrote notes what the model is writing, for those who look in meanwhile.
func (e *Engine) wrote(j *job, ev agent.Writing) {
	e.mu.Lock()
	defer e.mu.Unlock()
	j.written.add(ev)
	e.acts.note(j.turn.SessionID)
}

// said keeps what the model has said, for those who look in meanwhile.
func (e *Engine) said(j *job, ev agent.Said) {
	e.mu.Lock()
	defer e.mu.Unlock()
	j.words = oneline.Shorten(ev.Text, maxWords)
	j.written.say(ev)
	e.acts.note(j.turn.SessionID)
}

// lastSaid is what the model has said last in a turn: what the transcript does
// not have yet, or else its last words.
func (e *Engine) lastSaid(j *job) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return or(j.written.text(), j.words)
}

// kept notes that a transcript has what the model said.
func (e *Engine) kept(j *job, uuids []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	j.written.stored(uuids)
}
