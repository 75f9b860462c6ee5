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

	// The newest message of the model that has a text, and all of that, whether
	// or not the transcript has it.
	message, words string
	drafted        string // message of the draft; "" if not told
}

// add takes words as they come.
func (w *written) add(ev agent.Writing) {
	if ev.Anew {
		w.draft, w.drafted = nil, ev.Message
	}
	if w.draft = append(w.draft, ev.Text...); len(w.draft) > 2*maxWriting {
		w.draft = []byte(newest(string(w.draft), maxWriting))
	}
}

// say takes a text that is complete, which is what was written until then.
func (w *written) say(ev agent.Said) {
	w.draft = nil
	w.said = append(w.said, ev)
	w.words = w.after(ev.Message) + ev.Text
	w.message = ev.Message
}

// after is what comes before a new text of a message: its other texts.
func (w *written) after(message string) string {
	if message == "" || message != w.message {
		return ""
	}
	return w.words + "\n"
}

// last is the newest message as far as it was said, at most maxWriting.
func (w *written) last() string {
	if len(w.draft) == 0 {
		return newest(w.words, maxWriting)
	}
	return newest(w.after(w.drafted)+string(w.draft), maxWriting)
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
	j.written.say(ev)
	j.words = oneline.Shorten(j.written.words, maxWords)
	e.acts.note(j.turn.SessionID)
}

// lastSaid is the newest message of the model in a turn.
func (e *Engine) lastSaid(j *job) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return j.written.last()
}

// wholeAnswer is the answer of a turn, given the last part of it, which is what
// Claude Code tells: a message may have several texts, and none if it only thinks.
func (e *Engine) wholeAnswer(j *job, told string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if words := j.written.words; told == "" || strings.HasSuffix(words, "\n"+told) {
		return words
	}
	return told
}

// kept notes that a transcript has what the model said.
func (e *Engine) kept(j *job, uuids []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	j.written.stored(uuids)
}
