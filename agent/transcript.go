package agent

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// ReadLines reads a transcript line by line, in bounded memory, from a byte
// offset on. A last line that has no end yet is left out: it is being written,
// or was torn by a crash. Lines are as Claude Code wrote them, and the caller
// may keep them. An error comes once, with a nil line, and is the last.
func ReadLines(path string, from int64) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		if err := readLines(path, from, yield); err != nil {
			yield(nil, fmt.Errorf("reading transcript %s: %w", path, err))
		}
	}
}

func readLines(path string, from int64, yield func(json.RawMessage, error) bool) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		return err
	}
	lines := newLineReader(file, maxLine)
	defer lines.release()
	for {
		line, whole, err := lines.next()
		if errors.Is(err, io.EOF) || err == nil && !whole {
			return nil
		}
		if err != nil {
			return err
		}
		if !yield(lines.own(line), nil) {
			return nil
		}
	}
}

// SavedCost is the running total in dollars that a transcript has saved last,
// from which Claude Code goes on when it resumes or forks the session; 0 if it
// has saved none.
func SavedCost(path string) (float64, error) {
	var total float64
	for line, err := range ReadLines(path, 0) {
		if err != nil {
			return 0, err
		}
		if !bytes.Contains(line, []byte(`"cost-state"`)) {
			continue // most lines: not worth decoding
		}
		var entry struct {
			Type  string  `json:"type"`
			Total float64 `json:"totalCostUSD"`
		}
		if json.Unmarshal(line, &entry) == nil && entry.Type == "cost-state" {
			total = entry.Total
		}
	}
	return total, nil
}

// Restore writes a transcript back for Claude Code to resume. It is there
// whole or not at all, readable by its owner only. A file that is there is
// never touched: the error is then fs.ErrExist.
func Restore(path string, lines iter.Seq2[json.RawMessage, error]) error {
	if err := restore(path, lines); err != nil {
		return fmt.Errorf("restoring transcript %s: %w", path, err)
	}
	return nil
}

func restore(path string, lines iter.Seq2[json.RawMessage, error]) error {
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(folder, ".restoring-*") // made 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	err = writeLines(temp, lines)
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return place(temp.Name(), path)
}

func writeLines(file *os.File, lines iter.Seq2[json.RawMessage, error]) error {
	out := bufio.NewWriterSize(file, 64<<10)
	for line, err := range lines {
		if err != nil {
			return err
		}
		out.Write(line) // its error stays and comes with Flush
		out.WriteByte('\n')
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Sync()
}

// place gives a file its name without ever replacing another. A link does that
// at one stroke; file systems that have none leave a moment between look and
// rename.
func place(temp, path string) error {
	err := os.Link(temp, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	return os.Rename(temp, path)
}
