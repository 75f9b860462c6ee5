package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// DeleteTranscript deletes the transcript of a session and those of its
// sub-agents: beside it, and in the folder of the same name. One that is not there
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
	if err := deleteBeside(path); err != nil { // first: without their session nothing finds them
		return fmt.Errorf("deleting the transcripts of sub-agents: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("deleting a transcript: %w", err)
	}
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("deleting the transcripts of sub-agents: %w", err)
	}
	return nil
}

// deleteBeside deletes the transcripts of a session's sub-agents that lie beside
// its own.
func deleteBeside(path string) error {
	files, err := besides.filesOf(filepath.Dir(path), sessionIn(path))
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := os.Remove(f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
