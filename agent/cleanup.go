package agent

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// defaultCleanup is how long Claude Code keeps transcripts unless it is told
// otherwise.
const defaultCleanup = 30 * 24 * time.Hour

// CleanupPeriod is how long after its last change Claude Code deletes a
// transcript of a config folder: cleanupPeriodDays of its settings.
func CleanupPeriod(configDir string) time.Duration {
	var settings struct {
		Days *float64 `json:"cleanupPeriodDays"`
	}
	raw, err := os.ReadFile(filepath.Join(configDir, "settings.json"))
	const longest = 100 * 365 // days; a Duration has room for some 290 years
	if err != nil || json.Unmarshal(raw, &settings) != nil || settings.Days == nil || *settings.Days < 0 {
		return defaultCleanup
	}
	return time.Duration(min(*settings.Days, longest) * 24 * float64(time.Hour))
}
