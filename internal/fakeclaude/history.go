package fakeclaude

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// A history is what a transcript on disk says.
type history struct {
	entries map[string]oldEntry // by uuid
	leaf    string              // uuid of the last entry of the conversation
	costs   costs               // as last saved
}

// oldEntry is a line of a transcript, as far as the fake goes by it.
type oldEntry struct {
	Type         string
	UUID         string
	ParentUUID   string
	IsSidechain  bool
	IsMeta       bool
	Message      struct{ Content json.RawMessage }
	Attachment   struct{ Type, Prompt string }
	TotalCostUSD float64
	ModelUsage   map[string]modelUsage

	raw json.RawMessage
}

// readHistory reads a transcript. Lines that are no JSON, like one that was
// torn off by a crash, are passed over.
func readHistory(path string) (*history, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	h := &history{entries: make(map[string]oldEntry)}
	for line := range bytes.Lines(b) {
		e := oldEntry{raw: bytes.TrimSpace(line)}
		if json.Unmarshal(line, &e) == nil {
			h.add(e)
		}
	}
	return h, nil
}

func (h *history) add(e oldEntry) {
	switch e.Type {
	case "cost-state":
		h.costs = costs{total: e.TotalCostUSD, models: e.ModelUsage}
	case "user", "assistant", "attachment", "system":
		if e.UUID != "" && !e.IsSidechain {
			h.entries[e.UUID] = e
			h.leaf = e.UUID
		}
	}
}

// chain returns the conversation that ends in the entry, the first one first.
func (h *history) chain(leaf string) []oldEntry {
	var chain []oldEntry
	seen := make(map[string]bool)
	for e, ok := h.entries[leaf]; ok && !seen[e.UUID]; e, ok = h.entries[e.ParentUUID] {
		seen[e.UUID] = true
		chain = append(chain, e)
	}
	slices.Reverse(chain)
	return chain
}

// prompt returns the user's prompt that an entry holds, "" if it holds none.
func (e oldEntry) prompt() string {
	switch {
	case e.Type == "attachment" && e.Attachment.Type == "queued_command":
		return e.Attachment.Prompt
	case e.Type != "user" || e.IsMeta:
		return ""
	}
	var c content
	if json.Unmarshal(e.Message.Content, &c) != nil || strings.HasPrefix(string(c), interruptNote) {
		return ""
	}
	return string(c)
}

// toolUse returns the id of the last use of a tool in an entry, or "".
func (e oldEntry) toolUse() string {
	var blocks []struct{ Type, ID string }
	if e.Type != "assistant" || json.Unmarshal(e.Message.Content, &blocks) != nil {
		return ""
	}
	for _, b := range slices.Backward(blocks) {
		if b.Type == "tool_use" {
			return b.ID
		}
	}
	return ""
}

// An opening opens the session that the flags ask for.
type opening struct {
	path    func(id string) string // of a transcript in this directory's project
	version string
	mirror  func(path string, entries []json.RawMessage)
}

func (o opening) open(f flags) (*transcript, *costs, error) {
	t := &transcript{id: f.sessionID, cwd: workingDir(), version: o.version, mirror: o.mirror}
	if f.resume == "" {
		if t.id == "" {
			t.id = newUUID()
		}
		t.path = o.path(t.id)
		if _, err := os.Stat(t.path); err == nil {
			return nil, nil, fmt.Errorf("Error: Session ID %s is already in use.", t.id)
		}
		return t, &costs{}, nil
	}
	if !isUUID(f.resume) {
		return nil, nil, fmt.Errorf("Error: --resume requires a valid session ID or session title when used with --print. "+
			"Usage: claude -p --resume <session-id|title>. "+
			"Provided value %q is not a UUID and does not match any session title.", f.resume)
	}
	return o.resume(t, f)
}

func (o opening) resume(t *transcript, f flags) (*transcript, *costs, error) {
	path := findTranscript(o.path(f.resume))
	h, err := readHistory(path)
	if err != nil || h.leaf == "" {
		return nil, nil, fmt.Errorf("No conversation found with session ID: %s", f.resume)
	}
	t.leaf = h.leaf
	if f.resumeAt != "" {
		if _, ok := h.entries[f.resumeAt]; !ok {
			return nil, nil, fmt.Errorf("No message found with message.uuid of: %s", f.resumeAt)
		}
		t.leaf = f.resumeAt
	}
	chain := h.chain(t.leaf)
	t.orphan = h.entries[t.leaf].Type == "user"
	t.cutUse = h.entries[t.leaf].toolUse()
	for _, e := range chain {
		if p := e.prompt(); p != "" {
			t.prompts, t.last = append(t.prompts, p), p
		}
	}
	if f.fork {
		o.fork(t, f.resume, chain)
	} else {
		t.id, t.path = f.resume, path
	}
	return t, &h.costs, nil
}

// fork makes t a copy of the chain under an id of its own. It is written with
// the first prompt, and the parent's file is not touched.
func (o opening) fork(t *transcript, parent string, chain []oldEntry) {
	if t.id == "" {
		t.id = newUUID()
	}
	t.path = o.path(t.id)
	for _, e := range chain {
		old, renamed := marshal(object{"sessionId": parent}), marshal(object{"sessionId": t.id})
		t.waiting = append(t.waiting, bytes.Replace(e.raw, old[1:len(old)-1], renamed[1:len(renamed)-1], 1))
	}
}
