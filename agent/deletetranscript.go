package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// DeleteTranscript deletes the transcript of a session and, beside it, the
// folder of the same name with those of its sub-agents. One that is not there
// is no error. What a link leads to is not deleted: it is not Claude Code's.
func DeleteTranscript(path string) error {
	folder, ok := strings.CutSuffix(path, transcriptSuffix)
	if !ok || !isUUID(folder[strings.LastIndexAny(folder, `/\`)+1:]) {
		return fmt.Errorf("deleting %s: it is no transcript", path)
	}
	for _, p := range []string{filepath.Dir(path), path} {
		if info, err := os.Lstat(p); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return fmt.Errorf("deleting %s: %s is a link", path, p)
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("deleting a transcript: %w", err)
	}
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("deleting the transcripts of sub-agents: %w", err)
	}
	return nil
}
