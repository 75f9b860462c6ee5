package agent

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// markPath is where the archive mark of a session is kept: in the folder beside
// its transcript.
func markPath(transcript string) string {
	return filepath.Join(strings.TrimSuffix(transcript, transcriptSuffix), "archived.json")
}

// markTime is when the archive mark of a session was written; zero if it has
// none.
func markTime(transcript string) time.Time {
	info, err := os.Lstat(markPath(transcript))
	if err != nil || !info.Mode().IsRegular() {
		return time.Time{}
	}
	return info.ModTime()
}

// Archived tells whether the session of a transcript is marked as archived, as
// editors and the Agent SDK do. A session that never was has no mark: then, and
// if it cannot be read, known is false.
func Archived(transcript string) (archived, known bool) {
	raw, err := os.ReadFile(markPath(transcript))
	if err != nil {
		return false, false
	}
	var mark struct {
		Archived *bool `json:"archived"`
	}
	if json.Unmarshal(raw, &mark) != nil || mark.Archived == nil {
		return false, false
	}
	return *mark.Archived, true
}
