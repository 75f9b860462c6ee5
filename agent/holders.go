package agent

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// A Holder is a Claude Code process that has a session open.
type Holder struct {
	Process
	SessionID string
	Kind      string // Claude Code's word: "interactive", …
	Status    string // likewise: "busy", "idle"; "" if it is not told
	Cwd       string
}

// Holders are the processes that have a session of a config folder open (""
// any), as far as it can be known: each Claude Code writes down what it is at in the
// folder "sessions", and takes that away when it ends.
func Holders(configDir, sessionID string) []Holder {
	files, _ := filepath.Glob(filepath.Join(configDir, "sessions", "*.json")) // the pattern is sound
	var holders []Holder
	for _, file := range files {
		if h, ok := readHolder(file, sessionID); ok {
			holders = append(holders, h)
		}
	}
	return holders
}

// readHolder is false for the file of another session ("" any), and for one that was
// left behind by a process that is gone.
func readHolder(file, sessionID string) (Holder, bool) {
	var note struct {
		PID       int    `json:"pid"`
		SessionID string `json:"sessionId"`
		Cwd       string `json:"cwd"`
		ProcStart string `json:"procStart"` // on Linux as in /proc: ticks since the boot
		Kind      string `json:"kind"`
		Status    string `json:"status"`
	}
	raw, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(raw, &note) != nil || note.PID <= 0 {
		return Holder{}, false
	}
	if sessionID != "" && note.SessionID != sessionID {
		return Holder{}, false
	}
	p, err := Identify(note.PID)
	if err != nil || !Alive(p) {
		return Holder{}, false
	}
	_, ticks, onLinux := strings.Cut(p.StartTime, ".")
	if onLinux && note.ProcStart != "" && ticks != note.ProcStart {
		return Holder{}, false // a later process with the same pid
	}
	return Holder{Process: p, SessionID: note.SessionID, Kind: note.Kind, Status: note.Status, Cwd: note.Cwd}, true
}
