package daemon

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/natefinch/lumberjack.v2"
)

// LogName is the name of the engine's log in the data folder. What an engine
// writes to standard error, a panic included, goes there too.
const LogName = "engine.log"

// OpenLog returns the engine's log for writing: at most 10 MB, then it is kept
// as one of at most three older ones. The file is made, private to the user,
// with the first write. A log that grew too large keeps the standard error of
// the engine that was started with it.
func OpenLog(dataDir string) io.WriteCloser {
	return &lumberjack.Logger{Filename: filepath.Join(dataDir, LogName), MaxSize: 10, MaxBackups: 3}
}

// childLog is the log as the standard error of an engine to be started.
// It remembers where the log ended before that.
type childLog struct {
	file  *os.File
	start int64
}

func openChildLog(dataDir string) (*childLog, error) {
	f, err := os.OpenFile(filepath.Join(dataDir, LogName), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the engine's log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &childLog{file: f, start: info.Size()}, nil
}

// tail returns the end of what was logged since, at most about 2,000 bytes.
func (l *childLog) tail() string {
	const most = 2000
	info, err := l.file.Stat()
	if err != nil {
		return ""
	}
	from := max(l.start, info.Size()-most)
	text, err := io.ReadAll(io.NewSectionReader(l.file, from, most))
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(strings.TrimSpace(string(text)), "")
}

func (l *childLog) Close() error { return l.file.Close() }
