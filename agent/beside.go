package agent

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

// Claude Code 2.0.28 to about 2.1 kept the transcripts of sub-agents in the
// project folder, beside those of sessions: agent-<id>.jsonl. Only their lines
// tell the session, by sessionId.

// besideFolder begins the Sub of such a transcript: beside/agent-<id> is the
// file agent-<id>.jsonl in the project folder. A folder of that name below a
// session's is not looked into.
const besideFolder = "beside"

const (
	agentPrefix = "agent-"
	maxAgentID  = 128
	// A file's session is looked for in its first lines.
	sessionLines = 16
	sessionBytes = 8 << 20
)

// besideSub is the Sub of a file of a project folder; "" if its name is none of
// a sub-agent's transcript.
func besideSub(file string) string {
	name, ok := strings.CutSuffix(file, transcriptSuffix)
	if !ok || !isAgentName(name) {
		return ""
	}
	return besideFolder + "/" + name
}

// besideName is the name, without suffix, of the file that a Sub stands for; ""
// if that is none in the project folder.
func besideName(sub string) string {
	name, ok := strings.CutPrefix(sub, besideFolder+"/")
	if !ok || !isAgentName(name) {
		return ""
	}
	return name
}

func isAgentName(name string) bool {
	id, ok := strings.CutPrefix(name, agentPrefix)
	return ok && id != "" && len(id) <= maxAgentID && strings.Trim(id, agentIDCharacters) == ""
}

const agentIDCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

// besideFile is what is known of a file of a project folder that has the name of
// a sub-agent's transcript. It has a session, or a reason why it is skipped, or
// neither: then it is a folder, a pipe or the like.
type besideFile struct {
	size    int64
	modTime time.Time
	session string
	skipped string
}

// lookBeside looks at a file, and reads its session if it is a regular file
// that has changed since known. It is false if there is none.
func lookBeside(path string, known besideFile) (f besideFile, there bool) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, false
	case err != nil:
		f.skipped = PassedUnreadable
	case info.Mode()&fs.ModeSymlink != 0:
		f.skipped = PassedLink
	case !info.Mode().IsRegular():
	case info.Size() == 0:
		f.skipped = PassedEmpty
	case known.session != "" && known.size == info.Size() && known.modTime.Equal(info.ModTime()):
		return known, true
	default:
		f.size, f.modTime = info.Size(), info.ModTime()
		f.session, f.skipped = readSession(path, info)
	}
	return f, true
}

// readSession returns the session of the first line that names one, or why
// there is none.
func readSession(path string, info fs.FileInfo) (id, skipped string) {
	file, err := os.Open(path)
	if err != nil {
		return "", PassedUnreadable
	}
	defer file.Close()
	if now, err := file.Stat(); err != nil || !os.SameFile(now, info) {
		return "", PassedUnreadable
	}
	lines := newLineReader(io.LimitReader(file, sessionBytes), sessionBytes)
	defer lines.release()
	for range sessionLines {
		line, _, err := lines.next()
		if err != nil {
			break
		}
		if id := jsonscan.String(line, "sessionId"); jsonscan.Valid(line) && isUUID(id) {
			return id, ""
		}
	}
	return "", PassedNoSession
}
