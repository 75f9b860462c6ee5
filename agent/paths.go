package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf16"
)

// ErrNoTranscript is returned for a session of which Claude Code keeps no file.
var ErrNoTranscript = errors.New("there is no transcript")

const transcriptSuffix = ".jsonl"

// ConfigDir is Claude Code's configuration folder in an environment:
// CLAUDE_CONFIG_DIR, else .claude in the home folder. It is "" if env has
// neither.
func ConfigDir(env []string) string {
	if dir := lookup(env, "CLAUDE_CONFIG_DIR"); dir != "" {
		return dir
	}
	if home := lookupAny(env, "HOME", "USERPROFILE"); home != "" {
		return filepath.Join(home, ".claude")
	}
	return ""
}

// maxFolder is how many UTF-16 units of a directory's name Claude Code keeps
// in that of its project folder.
const maxFolder = 200

// ProjectFolder is the name of the folder in which Claude Code keeps the
// transcripts of sessions that were started in cwd: its real path with a dash
// for each UTF-16 unit that is no ASCII letter or digit. A long name is cut,
// and told from others by a hash of the whole.
func ProjectFolder(cwd string) string {
	if filepath.IsAbs(cwd) { // else it is of another system
		if real, err := filepath.EvalSymlinks(cwd); err == nil {
			cwd = real
		}
	}
	units := utf16.Encode([]rune(cwd))
	var hash int32
	name := make([]byte, len(units))
	for i, unit := range units {
		hash = 31*hash + int32(unit)
		name[i] = '-'
		if isAlphanumeric(unit) {
			name[i] = byte(unit)
		}
	}
	if len(name) <= maxFolder {
		return string(name)
	}
	return string(name[:maxFolder]) + "-" + strings.TrimPrefix(strconv.FormatInt(int64(hash), 36), "-")
}

func isAlphanumeric(unit uint16) bool {
	return '0' <= unit && unit <= '9' || 'a' <= unit && unit <= 'z' || 'A' <= unit && unit <= 'Z'
}

// TranscriptPath is where Claude Code keeps the transcript of a session that
// was started in cwd. Sub is "" for the session's own, else that of a
// TranscriptFile.
func TranscriptPath(configDir, cwd, sessionID, sub string) string {
	folder := filepath.Join(configDir, projectsFolder, ProjectFolder(cwd))
	if name := besideName(sub); name != "" {
		return filepath.Join(folder, name+transcriptSuffix)
	}
	return filepath.Join(folder, sessionID, filepath.FromSlash(sub)) + transcriptSuffix
}

// FindTranscript returns the path of a session's transcript: where it belongs,
// else in any other project folder, as a session may have been started
// elsewhere. Links are not followed, but for the folder where it belongs. The
// error is ErrNoTranscript, or why it could not be looked for.
func FindTranscript(configDir, cwd, sessionID string) (string, error) {
	if !isUUID(sessionID) {
		return "", fmt.Errorf("session %q: %w", sessionID, ErrNoTranscript)
	}
	expected := TranscriptPath(configDir, cwd, sessionID, "")
	if isFile(expected) {
		return expected, nil
	}
	projects := filepath.Join(configDir, projectsFolder)
	folders, err := os.ReadDir(projects)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("looking for the transcript of %s: %w", sessionID, err)
	}
	for _, folder := range folders {
		if path := filepath.Join(projects, folder.Name(), sessionID+transcriptSuffix); folder.IsDir() && isFile(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("session %s: %w", sessionID, ErrNoTranscript)
}

func isFile(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular()
}

// A TranscriptFile is one of the files of a session. Sub is "" for its own. That
// of a sub-agent is as in Mirror, or, where Claude Code kept it beside the
// session's own, as agent-<id>.jsonl, "beside/agent-<id>".
type TranscriptFile struct {
	Path string
	Sub  string
}

// TranscriptFiles returns the files of the session whose own transcript is at
// path: that one first, then those of its sub-agents.
func TranscriptFiles(path string) ([]TranscriptFile, error) {
	files := []TranscriptFile{{Path: path}}
	below, err := filesBelow(strings.TrimSuffix(path, transcriptSuffix))
	var beside []TranscriptFile
	if err == nil && isUUID(sessionIn(path)) {
		beside, err = besides.filesOf(filepath.Dir(path), sessionIn(path))
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the files of %s: %w", path, err)
	}
	return append(append(files, below...), beside...), nil
}

// sessionIn is the id of the session whose own transcript is at path.
func sessionIn(path string) string {
	return strings.TrimSuffix(filepath.Base(path), transcriptSuffix)
}

// filesBelow returns the transcripts below the folder of a session.
func filesBelow(folder string) (files []TranscriptFile, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case path == filepath.Join(folder, besideFolder): // its Subs stand for other files
			return skipEntry(entry)
		case entry.Type().IsRegular() && strings.HasSuffix(path, transcriptSuffix):
			sub := strings.TrimSuffix(strings.TrimPrefix(path, folder+string(filepath.Separator)), transcriptSuffix)
			files = append(files, TranscriptFile{Path: path, Sub: filepath.ToSlash(sub)})
		}
		return nil
	})
	return files, err
}

func skipEntry(entry fs.DirEntry) error {
	if entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}
