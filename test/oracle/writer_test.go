package oracle

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/google/uuid"
)

// A writer writes the lines of one invented transcript. All that is said in it
// has words of its own, by which it is known again in a request.
type writer struct {
	rand    *rand.Rand
	session string
	cwd     string
	lines   []line
	tip     string   // uuid that the next line of the conversation is linked to
	said    []string // uuids of messages of the session itself, that a person could go back to
	words   int
	clock   int
	did     map[string]bool // the kinds of things that were written, for the report
	reply   string          // id of the message of the model that is being written
}

// A line is an object of the transcript.
type line map[string]any

func newWriter(seed uint64, session, cwd string) *writer {
	return &writer{rand: rand.New(rand.NewPCG(seed, 0)), session: session, cwd: cwd, did: map[string]bool{}}
}

// id returns a UUID that follows from the seed.
func (w *writer) id() string {
	var raw [16]byte
	for i := range raw {
		raw[i] = byte(w.rand.Uint32())
	}
	u, _ := uuid.FromBytes(raw[:]) // 16 bytes
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u.String()
}

// word returns a word that is said nowhere else.
func (w *writer) word() string {
	w.words++
	return fmt.Sprintf("zq%dq", w.words)
}

// chance is true in one of n cases.
func (w *writer) chance(n int) bool { return w.rand.IntN(n) == 0 }

func pick[T any](w *writer, list []T) T { return list[w.rand.IntN(len(list))] }

// put appends a line that is linked to parent, "" for none, and returns its uuid.
func (w *writer) put(parent string, l line) string {
	w.clock++
	id := w.id()
	whole := line{
		"parentUuid": nil, "isSidechain": false, "userType": "external", "cwd": w.cwd, "sessionId": w.session,
		"version": "2.1.300", "gitBranch": "main", "uuid": id, "timestamp": fmt.Sprintf("2026-11-28T%02d:%02d:%02d.000Z", 10+w.clock/3600, w.clock/60%60, w.clock%60),
	}
	if parent != "" {
		whole["parentUuid"] = parent
	}
	for k, v := range l {
		whole[k] = v
	}
	w.lines = append(w.lines, whole)
	return id
}

// next is put for the conversation, which continues from the line.
func (w *writer) next(l line) string {
	w.tip = w.put(w.tip, l)
	return w.tip
}

func user(content any) line {
	return line{"type": "user", "message": map[string]any{"role": "user", "content": content}}
}

func texts(text string) []any { return []any{map[string]any{"type": "text", "text": text}} }

// prompt puts what a person asks.
func (w *writer) prompt() string {
	content := any("please " + w.word())
	if w.chance(4) {
		content = texts(content.(string))
	}
	id := w.next(user(content))
	w.said = append(w.said, id)
	return id
}

func text(words string) map[string]any { return map[string]any{"type": "text", "text": words} }

func thinking() map[string]any {
	return map[string]any{"type": "thinking", "thinking": "hm", "signature": "c2ln"}
}

func use(id string) map[string]any {
	return map[string]any{"type": "tool_use", "id": id, "name": "Bash", "input": map[string]any{"command": "true"}}
}

// part returns a line with one part of the model's message.
func (w *writer) part(block map[string]any, stop any) line {
	return line{"type": "assistant", "requestId": "req_" + w.reply, "message": map[string]any{
		"id": w.reply, "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929", "content": []any{block}, "stop_reason": stop,
		"stop_sequence": nil, "usage": map[string]any{"input_tokens": 10, "output_tokens": 20},
	}}
}

func (w *writer) begin() { w.reply = "msg_" + strings.ReplaceAll(w.id(), "-", "")[:20] }

// answer puts a whole answer of the model.
func (w *writer) answer() string {
	w.begin()
	if w.chance(3) {
		w.next(w.part(thinking(), "end_turn"))
	}
	for range 1 + w.rand.IntN(2) {
		w.next(w.part(text(w.word()), "end_turn"))
	}
	w.said = append(w.said, w.tip)
	return w.tip
}

func (w *writer) result(use string) line {
	return user([]any{map[string]any{"type": "tool_result", "tool_use_id": use, "content": "out " + w.word()}})
}

func hook(use string) line {
	return line{"type": "attachment", "attachment": map[string]any{"type": "hook_success", "hookName": "PreToolUse:Bash", "toolUseID": use,
		"hookEvent": "PreToolUse", "content": "", "stdout": "", "stderr": "", "exitCode": 0}}
}

func system(subtype, content string) line {
	return line{"type": "system", "subtype": subtype, "content": content, "level": "info", "isMeta": false}
}

// bytes returns the transcript as a file.
func (w *writer) bytes() []byte {
	var out []byte
	for _, l := range w.lines {
		raw, _ := json.Marshal(l) // plain data
		out = append(append(out, raw...), '\n')
	}
	return out
}
