package fakeclaude

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// A Record is one line of the file that [LogVar] names. All fakes of a test may
// write to one file: a line is appended at once, so the order of the records is
// the order of what happened.
type Record struct {
	Event string    `json:"event"` // start, turn_start, turn_end, grandchild
	Time  time.Time `json:"time"`
	PID   int       `json:"pid"` // of the fake; for grandchild, of that process

	// Of a start.
	Args     []string          `json:"args,omitempty"`      // without the program's name
	Dir      string            `json:"dir,omitempty"`       // working directory
	EnvNames []string          `json:"env_names,omitempty"` // of all variables
	Env      map[string]string `json:"env,omitempty"`       // CLAUDE_* and FAKECLAUDE_*, secrets left out

	// Of a turn.
	Session string   `json:"session,omitempty"`
	Prompts []string `json:"prompts,omitempty"` // their uuids
	Text    string   `json:"text,omitempty"`    // first line of the prompt
	Mode    string   `json:"mode,omitempty"`    // permission mode; of turn_start
	Outcome string   `json:"outcome,omitempty"` // of turn_end: subtype of the result
}

// ReadLog reads the records of a file, oldest first. A file that does not exist
// has none.
func ReadLog(path string) ([]Record, error) {
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the fake's log: %w", err)
	}
	var records []Record
	for line := range bytes.Lines(b) {
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("reading the fake's log %s: %w", path, err)
		}
		records = append(records, r)
	}
	return records, nil
}

// Overlaps returns the sessions in which a turn began while another ran. A turn
// whose process died has no end in the log: it is taken to have ended when it
// was last heard of, at its start.
func Overlaps(records []Record) []string {
	type key struct {
		pid     int
		session string
	}
	ends := make(map[key][]int)
	for i, r := range records {
		if r.Event == "turn_end" {
			k := key{r.PID, r.Session}
			ends[k] = append(ends[k], i)
		}
	}
	until := make(map[string]int) // session: index of the latest end so far
	var sessions []string
	for i, r := range records {
		if r.Event != "turn_start" {
			continue
		}
		if i < until[r.Session] {
			sessions = append(sessions, r.Session)
		}
		for _, end := range ends[key{r.PID, r.Session}] {
			if end > i {
				until[r.Session] = max(until[r.Session], end)
				break
			}
		}
	}
	return sessions
}

// A journal writes records. Without a path it writes none.
type journal struct{ path string }

func (j journal) add(r Record) {
	if j.path == "" {
		return
	}
	r.Time = time.Now().UTC()
	if r.PID == 0 {
		r.PID = os.Getpid()
	}
	if err := appendLine(j.path, r); err != nil {
		fmt.Fprintf(os.Stderr, "fakeclaude: %v\n", err)
	}
}

func appendLine(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	defer f.Close()
	_, err = f.Write(append(b, '\n'))
	return err
}

func (j journal) started(args []string) {
	r := Record{Event: "start", Args: args, Env: make(map[string]string)}
	r.Dir, _ = os.Getwd()
	for _, v := range os.Environ() {
		name, value, _ := strings.Cut(v, "=")
		r.EnvNames = append(r.EnvNames, name)
		if strings.HasPrefix(name, "CLAUDE_") || strings.HasPrefix(name, "FAKECLAUDE_") {
			if !isSecret(name) {
				r.Env[name] = value
			}
		}
	}
	j.add(r)
}

func isSecret(name string) bool {
	for _, word := range []string{"KEY", "TOKEN", "SECRET", "PASSWORD", "AUTH"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
