package fakeclaude

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// transcript is the session's file. Entries of the conversation are chained:
// each names the one before it as its parent. There is no lock on the file, so
// two processes that go on from one entry make two branches. All methods are
// safe to call at once.
type transcript struct {
	id, path string
	cwd      string
	version  string
	mirror   func(path string, entries []json.RawMessage)

	mu      sync.Mutex
	leaf    string            // uuid of the newest entry of the conversation
	orphan  bool              // that entry is a user's, of an earlier process
	cutUse  string            // id of the use of a tool that it ends in, of an earlier process
	prompts []string          // of the conversation
	last    string            // the newest prompt
	waiting []json.RawMessage // queue operations and inherited entries, written with the next entry
	written bool              // the file is open for appending, or was
	file    *os.File
}

// entry makes an entry of the conversation and moves the leaf to it; t.mu is held.
func (t *transcript) entry(kind, uuid string, fields object) json.RawMessage {
	e := object{
		"type": kind, "uuid": uuid, "parentUuid": nil, "isSidechain": false,
		"timestamp": now(), "sessionId": t.id, "cwd": t.cwd, "version": t.version,
		"gitBranch": "HEAD", "userType": "external", "entrypoint": "sdk-cli",
	}
	if t.leaf != "" {
		e["parentUuid"] = t.leaf
	}
	for k, v := range fields {
		e[k] = v
	}
	t.leaf = uuid
	return marshal(e)
}

// note makes an entry that is no part of the conversation.
func (t *transcript) note(kind string, fields object) json.RawMessage {
	e := object{"type": kind, "sessionId": t.id}
	for k, v := range fields {
		e[k] = v
	}
	return marshal(e)
}

// enqueued keeps in mind that a prompt came.
func (t *transcript) enqueued(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queueOperation("enqueue", object{"content": text})
}

func (t *transcript) queueOperation(operation string, fields object) {
	fields["operation"], fields["timestamp"] = operation, now()
	t.waiting = append(t.waiting, t.note("queue-operation", fields))
}

// beginFork writes what a fork's file begins with.
func (t *transcript) beginFork() {
	t.mu.Lock()
	defer t.mu.Unlock()
	waiting := t.waiting
	t.waiting = nil
	t.append(t.note("mode", object{"mode": "normal"}))
	t.waiting = waiting
}

// prompt begins a turn: the prompts, of which there may be several, are one entry.
func (t *transcript) prompt(q prompt, count int, mode string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for range count {
		t.queueOperation("dequeue", object{})
	}
	var entries []json.RawMessage
	if t.cutUse != "" {
		entries = append(entries, t.entry("user", newUUID(), object{"message": object{"role": "user", "content": []object{{
			"type": "tool_result", "tool_use_id": t.cutUse, "is_error": true, "content": cutUseNote,
		}}}}))
		t.orphan, t.cutUse = true, ""
	}
	if t.orphan {
		e := t.entry("assistant", newUUID(), object{"message": synthetic("No response requested.")})
		entries, t.orphan = append(entries, e), false
	}
	entries = append(entries, t.entry("user", q.uuid, object{
		"message": object{"role": "user", "content": q.text}, "promptId": newUUID(),
		"permissionMode": mode, "promptSource": "sdk",
	}))
	t.prompts, t.last = append(t.prompts, q.text), q.text
	t.append(entries...)
}

// cutUseNote is the CLI's result of a tool that was at work when its process
// was killed.
const cutUseNote = "[Tool call interrupted: the session ended before this call's result was recorded, so its outcome is unknown. " +
	"Check whether it took effect before relying on it or running it again.]"

// fold adds a prompt to the running turn.
func (t *transcript) fold(q prompt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queueOperation("remove", object{"content": q.text, "reason": "absorbed_mid_turn", "commandUuid": q.uuid})
	t.prompts, t.last = append(t.prompts, q.text), q.text
	t.append(t.entry("attachment", newUUID(), object{"attachment": object{
		"type": "queued_command", "prompt": q.text, "source_uuid": q.uuid, "commandMode": "prompt", "timestamp": now(),
	}}))
}

// add appends an entry to the conversation.
func (t *transcript) add(kind, uuid string, fields object) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.append(t.entry(kind, uuid, fields))
}

// endTurn writes the note that follows a turn.
func (t *transcript) endTurn() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.append(t.note("last-prompt", object{"lastPrompt": t.last, "leafUuid": t.leaf}))
}

// saveCosts writes the running total, unless the process has written nothing.
func (t *transcript) saveCosts(c *costs) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.written {
		t.append(t.note("cost-state", c.state()))
	}
}

// rename writes a title that somebody gave, unless nothing is written yet.
func (t *transcript) rename(title string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.written {
		t.append(t.note("custom-title", object{"customTitle": title}), t.note("agent-name", object{"agentName": title}))
	}
}

// leave goes on as a new and empty session, in a file of its own.
func (t *transcript) leave(id string) {
	t.close()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.id, t.path = id, filepath.Join(filepath.Dir(t.path), id+".jsonl")
	t.leaf, t.orphan, t.cutUse, t.prompts, t.last, t.waiting, t.written = "", false, "", nil, "", nil, false
}

// close makes all later writes go nowhere.
func (t *transcript) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.written = true
	if t.file != nil {
		t.file.Close()
		t.file = nil
	}
}

// append writes the entries, after those that wait, to the file and then to the
// driver; t.mu is held.
func (t *transcript) append(entries ...json.RawMessage) {
	entries = append(t.waiting, entries...)
	t.waiting = nil
	if !t.written {
		t.written = true
		if err := t.openFile(); err != nil {
			fmt.Fprintf(os.Stderr, "fakeclaude: %v\n", err)
		}
	}
	if t.file == nil {
		return
	}
	var lines []byte
	for _, e := range entries {
		lines = append(append(lines, e...), '\n')
	}
	if _, err := t.file.Write(lines); err != nil {
		fmt.Fprintf(os.Stderr, "fakeclaude: writing the transcript: %v\n", err)
	}
	t.mirror(t.path, entries)
}

// openFile opens the file for appending. A last line that was torn off by a
// crash is closed first.
func (t *transcript) openFile() error {
	if err := os.MkdirAll(filepath.Dir(t.path), 0o700); err != nil {
		return fmt.Errorf("making the project folder: %w", err)
	}
	f, err := os.OpenFile(t.path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("opening the transcript: %w", err)
	}
	t.file = f
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
		_, err = f.WriteString("\n")
		return err
	}
	return nil
}

// synthetic is an assistant's message that no model wrote.
func synthetic(text string) object {
	return object{
		"id": newUUID(), "type": "message", "role": "assistant", "model": "<synthetic>",
		"content":     []object{{"type": "text", "text": text}},
		"stop_reason": "stop_sequence", "stop_sequence": "", "usage": tokens{}.wire(),
	}
}

func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }
