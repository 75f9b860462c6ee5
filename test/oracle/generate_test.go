package oracle

import (
	"encoding/json"
	"maps"
	"slices"
)

// acts are what may happen in a session, each with a name under which it is
// counted. They are chosen evenly.
var acts = []struct {
	name string
	do   func(*writer)
}{
	{"turn", (*writer).turn},
	{"turn with a tool", (*writer).oneTool},
	{"parallel tools", (*writer).parallelTools},
	{"parallel tools", (*writer).parallelTools},
	{"failed retries", (*writer).failedRetries},
	{"interrupt", (*writer).interrupted},
	{"rewind", (*writer).rewind},
	{"compaction", (*writer).compaction},
	{"sub-agent in the file", (*writer).subagent},
	{"parent not in the file", (*writer).missingParent},
	{"below a progress line", (*writer).belowProgress},
	{"copied branch", (*writer).copiedBranch},
	{"cancelled command", (*writer).cancelledCommand},
	{"repeated line", (*writer).repeatedLine},
	{"lines out of order", (*writer).outOfOrder},
	{"bookkeeping", (*writer).bookkeeping},
	{"message of Claude Code's own", (*writer).ownMessage},
	{"late result", (*writer).lateResult},
	{"message id that returns", (*writer).returningID},
	{"loop", (*writer).loop},
}

// generate writes the transcript of a seed.
func generate(seed uint64, session, cwd string) *writer {
	w := newWriter(seed, session, cwd)
	if w.chance(8) {
		w.warmup()
	}
	w.turn()
	for range 1 + w.rand.IntN(6) {
		act := pick(w, acts)
		if w.excluded(act.name) {
			continue
		}
		w.did[act.name] = true
		act.do(w)
	}
	if w.chance(2) {
		w.turn()
	}
	return w
}

// excluded reports whether an act does not go with what was written. In a branch
// that was copied with its timestamps and has an id that returns, Claude Code puts
// the off-chain parts elsewhere than the model does. No version is known to write
// that.
func (w *writer) excluded(act string) bool {
	const copied, returns = "copied branch", "message id that returns"
	return act == copied && w.did[returns] || act == returns && w.did[copied]
}

func (w *writer) turn() { w.prompt(); w.answer() }

func (w *writer) oneTool() {
	w.prompt()
	w.begin()
	if w.chance(2) {
		w.next(w.part(text(w.word()), "tool_use"))
	}
	id := w.id()
	w.next(w.part(use(id), "tool_use"))
	if w.chance(3) {
		w.next(hook(id))
	}
	w.next(w.result(id))
	w.answer()
}

// parallelTools writes several uses at once, as versions of Claude Code have
// linked them, and what hooks and slow tools make of it.
func (w *writer) parallelTools() {
	w.prompt()
	w.begin()
	if w.chance(3) {
		w.next(w.part(thinking(), "tool_use"))
	}
	if w.chance(2) {
		w.next(w.part(text(w.word()), "tool_use"))
	}
	hooks, early := w.chance(3), w.chance(3) // early: results may come before the next use
	var ids, open, results []string
	parents := map[string]string{}
	for range 2 + w.rand.IntN(3) {
		id := w.id()
		w.next(w.part(use(id), "tool_use"))
		ids, open, parents[id] = append(ids, id), append(open, id), w.tip
		if hooks {
			parents[id] = w.put(w.tip, hook(id))
			if w.chance(2) {
				w.tip = parents[id]
			}
		}
		if early && w.chance(2) {
			results = append(results, w.put(parents[id], w.result(id)))
			open = open[:len(open)-1]
		}
	}
	w.rand.Shuffle(len(open), func(i, j int) { open[i], open[j] = open[j], open[i] })
	linear := w.chance(3) // the results follow one another
	for _, id := range open {
		parent := parents[id]
		if linear {
			parent = w.tip
		}
		results = append(results, w.put(parent, w.result(id)))
		if linear {
			w.tip = results[len(results)-1]
		}
	}
	if !linear {
		w.tip = pick(w, []string{results[len(results)-1], results[0], pick(w, results)})
	}
	w.answer()
}

func (w *writer) apiError() {
	w.begin()
	l := w.part(text("API Error: Connection error."), "stop_sequence")
	l["isApiErrorMessage"] = true
	l["message"].(map[string]any)["model"] = "<synthetic>"
	w.next(l)
}

// failedRetries leaves dead tips.
func (w *writer) failedRetries() {
	from := w.tip
	for range 1 + w.rand.IntN(3) {
		w.tip = from
		w.prompt()
		w.apiError()
	}
	if w.chance(3) {
		return
	}
	w.tip = from
	w.turn()
}

func (w *writer) interrupted() {
	w.prompt()
	w.begin()
	switch w.rand.IntN(4) {
	case 0:
		w.next(w.part(thinking(), nil))
	case 1:
		w.next(w.part(text(w.word()), nil))
	case 2:
		w.next(w.part(text(w.word()), nil))
		w.next(w.part(use(w.id()), "tool_use"))
	}
	w.next(user(texts("[Request interrupted by user]")))
	if w.chance(2) {
		w.turn()
	}
}

// rewind goes back to something that was said before.
func (w *writer) rewind() {
	w.tip = pick(w, w.said)
	w.turn()
}

// compaction writes what is said before it in a summary. Of some versions what
// the boundary names is not in the file, or there is no boundary.
func (w *writer) compaction() {
	before := w.tip
	logical := pick(w, []string{before, before, w.id()})
	if w.chance(6) {
		w.tip = ""
	} else {
		b := system("compact_boundary", "Conversation compacted")
		b["logicalParentUuid"] = logical
		b["compactMetadata"] = map[string]any{"trigger": "auto", "preTokens": 1000}
		w.tip = w.put("", b)
	}
	l := user("Summary: " + w.word())
	l["isCompactSummary"], l["isVisibleInTranscriptOnly"] = true, true
	boundary := len(w.lines) - 1
	summary := w.next(l)
	if w.tip != summary {
		panic("the summary is not the tip")
	}
	if w.chance(4) && w.lines[boundary]["subtype"] == "compact_boundary" {
		w.keep(boundary, before, summary)
	}
	w.said = nil
	w.turn()
}

// keep lets a compaction keep the messages before it.
func (w *writer) keep(boundary int, tail, anchor string) {
	kept := []string{tail}
	for len(kept) < 3 {
		parent, _ := w.find(kept[0])["parentUuid"].(string)
		if l := w.find(parent); l == nil || l["type"] != "user" && l["type"] != "assistant" || l["isSidechain"] == true {
			break
		}
		kept = append([]string{parent}, kept...)
	}
	metadata := w.lines[boundary]["compactMetadata"].(map[string]any)
	if w.chance(2) {
		metadata["preservedSegment"] = map[string]any{"anchorUuid": anchor, "headUuid": kept[0], "tailUuid": tail}
	} else {
		metadata["preservedMessages"] = map[string]any{"anchorUuid": anchor, "uuids": kept}
	}
}

func (w *writer) find(id string) line {
	for _, l := range w.lines {
		if l["uuid"] == id {
			return l
		}
	}
	return nil
}

// subagent writes a sub-agent into the file, as versions before 2.0.28 did.
func (w *writer) subagent() {
	w.prompt()
	w.begin()
	id := w.id()
	w.next(w.part(use(id), "tool_use"))
	keep, reply := w.tip, w.reply
	root := user("look it up " + w.word())
	root["isSidechain"] = true
	parent := w.put("", root)
	w.begin()
	l := w.part(text(w.word()), "end_turn")
	l["isSidechain"] = true
	w.put(parent, l)
	w.tip, w.reply = keep, reply
	w.next(w.result(id))
	w.answer()
}

// warmup begins the conversation with a sub-agent's, as 2.0.25 did.
func (w *writer) warmup() {
	w.did["warm-up of 2.0.25"] = true
	l := user("Warmup " + w.word())
	l["isSidechain"] = true
	w.tip = w.put("", l)
	w.begin()
	l = w.part(text(w.word()), "end_turn")
	l["isSidechain"] = true
	w.tip = w.put(w.tip, l)
}

func (w *writer) missingParent() {
	w.tip = w.id()
	w.turn()
}

// belowProgress links a prompt to a line that is no part of the conversation.
func (w *writer) belowProgress() {
	l := line{"type": "progress", "data": map[string]any{"type": "hook_progress"}}
	parent := pick(w, []string{w.tip, w.tip, w.id()})
	if w.chance(3) {
		l["isSidechain"], l["agentId"] = true, "a1"
	}
	if w.chance(5) {
		l = line{"type": "hologram"}
	}
	keep := w.tip
	w.tip = w.put(parent, l)
	if w.chance(4) {
		w.tip = keep // it is a side branch
	}
	w.turn()
}

// copiedBranch writes the last lines again, under fresh uuids and with the same
// ids of the model's messages.
func (w *writer) copiedBranch() {
	var last []line
	for id := w.tip; len(last) < 2+w.rand.IntN(4); {
		l := w.find(id)
		if l == nil || l["isSidechain"] == true || l["type"] == "system" {
			break
		}
		last = append(last, l)
		id, _ = l["parentUuid"].(string)
	}
	if len(last) == 0 {
		return
	}
	w.tip, _ = last[len(last)-1]["parentUuid"].(string)
	for _, l := range slices.Backward(last) {
		again := maps.Clone(l)
		delete(again, "uuid")
		delete(again, "parentUuid")
		w.next(again)
	}
	w.turn()
}

func (w *writer) cancelledCommand() {
	from := pick(w, append(slices.Clone(w.said), w.tip))
	w.tip = w.put(from, system("local_command", "<command-name>/resume</command-name> "+w.word()))
	w.next(system("local_command", "<local-command-stdout>Resume cancelled "+w.word()+"</local-command-stdout>"))
	if w.chance(2) {
		w.turn()
	}
}

// repeatedLine writes a line again, as it is or in other words.
func (w *writer) repeatedLine() {
	l := maps.Clone(pick(w, w.lines))
	if w.chance(2) && l["type"] == "user" {
		if m, ok := l["message"].(map[string]any); ok {
			if _, ok := m["content"].(string); ok {
				l["message"] = map[string]any{"role": "user", "content": "again " + w.word()}
			}
		}
	}
	w.lines = append(w.lines, l)
	if w.chance(2) {
		w.turn()
	}
}

// outOfOrder swaps lines that are near each other.
func (w *writer) outOfOrder() {
	w.turn()
	i := len(w.lines) - 1 - w.rand.IntN(3)
	j := max(0, i-1-w.rand.IntN(2))
	w.lines[i], w.lines[j] = w.lines[j], w.lines[i]
}

// bookkeeping writes lines that are no part of the conversation.
func (w *writer) bookkeeping() {
	for range 1 + w.rand.IntN(3) {
		l := pick(w, []line{
			{"type": "summary", "summary": "another " + w.word(), "leafUuid": w.id()},
			{"type": "last-prompt", "lastPrompt": w.word(), "sessionId": w.session},
			{"type": "queue-operation", "operation": "enqueue", "sessionId": w.session},
			{"type": "custom-title", "customTitle": w.word(), "sessionId": w.session},
			{"type": "file-history-snapshot", "messageId": w.tip, "snapshot": map[string]any{}},
			{"type": "hologram", "sessionId": w.session},
			{"type": "tag", "tag": w.word(), "sessionId": w.session},
		})
		w.lines = append(w.lines, l)
	}
	if w.chance(2) {
		w.put(w.tip, line{"type": "attachment", "attachment": map[string]any{"type": "hologram"}})
	}
	w.turn()
}

// ownMessage writes what Claude Code says to the model in the user's name, or in
// the model's.
func (w *writer) ownMessage() {
	switch w.rand.IntN(4) {
	case 0:
		l := user("Caveat: " + w.word())
		l["isMeta"] = true
		w.next(l)
	case 1:
		w.next(user("<local-command-stdout>" + w.word() + "</local-command-stdout>"))
	case 2:
		w.prompt()
		w.begin()
		l := w.part(text("No response requested."), "stop_sequence")
		l["message"].(map[string]any)["model"] = "<synthetic>"
		w.next(l)
	case 3:
		w.prompt()
		w.begin()
		w.next(w.part(text(pick(w, []string{"", " ", "\n\n"})), "end_turn"))
	}
	w.turn()
}

// lateResult writes the result of one of two tools after the next answer.
func (w *writer) lateResult() {
	w.prompt()
	w.begin()
	a, b := w.id(), w.id()
	first := w.next(w.part(use(a), "tool_use"))
	w.next(w.part(use(b), "tool_use"))
	w.next(w.result(b))
	w.answer()
	w.put(pick(w, []string{first, w.id(), w.tip}), w.result(a))
	if w.chance(2) {
		w.turn()
	}
}

// returningID lets a message of the model go on after others.
func (w *writer) returningID() {
	w.turn()
	reply := w.reply
	if w.chance(2) { // a part that is off the chain
		w.put(w.tip, w.part(text(w.word()), "end_turn"))
	}
	w.turn()
	w.prompt()
	w.reply = reply
	w.next(w.part(text(w.word()), "end_turn"))
}

// loop links a line to one that follows it.
func (w *writer) loop() {
	w.turn()
	if w.chance(2) {
		last := w.lines[len(w.lines)-1]
		w.lines[len(w.lines)-1-w.rand.IntN(2)]["parentUuid"] = last["uuid"]
	}
	w.turn()
}

// unmarshal reads what a request has as content.
func unmarshal(raw json.RawMessage) (blocks []struct {
	Type  string          `json:"type"`
	Text  string          `json:"text"`
	ID    string          `json:"id"`
	UseID string          `json:"tool_use_id"`
	Inner json.RawMessage `json:"content"`
}) {
	var words string
	if json.Unmarshal(raw, &words) == nil {
		raw, _ = json.Marshal([]any{text(words)}) // plain data
	}
	_ = json.Unmarshal(raw, &blocks) // of another shape: it says nothing
	return blocks
}
