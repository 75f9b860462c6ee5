package agent

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

const (
	// maxEntry bounds an entry that is taken from a file. Pictures and long
	// results of tools stay far below it. An entry is held whole, and some four
	// times over while it is read.
	maxEntry = 128 << 20
	// knownBytes is by how many bytes a file is known again.
	knownBytes = 256
)

// Why a line of a transcript is passed over.
const (
	PassedNoJSON  = "lines that are no JSON object"
	PassedTooLong = "lines of more than 128 MiB"
)

// A Following is how far a transcript was read, and what it said up to there.
// It can be kept as JSON. The zero Following has read nothing.
type Following struct {
	Offset     int64          `json:"offset,omitempty"` // after the last whole line that was read
	Head       []byte         `json:"head,omitempty"`   // the file's first bytes: another file has others
	Summary    Summary        `json:"summary"`
	PassedOver map[string]int `json:"passed_over,omitempty"` // lines, by reason
	Restarts   int            `json:"restarts,omitempty"`    // how often the file was another one, or shorter, and was read anew

	limit int // of a line, in bytes; 0: maxEntry
}

// Clone returns a copy that shares no memory with f.
func (f *Following) Clone() Following {
	g := *f
	g.Head, g.PassedOver, g.Summary = bytes.Clone(f.Head), maps.Clone(f.PassedOver), f.Summary.clone()
	return g
}

// ReadOn reads the lines that a transcript has gained, in bounded memory, and
// gives each to use, which may be nil, and look at f: it has read that line then.
// The line is good until use returns. A last line without its end waits for
// the rest. A line that is no JSON object is counted and passed over. A file that
// is not the one that was read is read from its beginning. Of all calls only one
// at a time has a line of more than 8 MiB, so that use must not wait for another.
func (f *Following) ReadOn(path string, use func(line json.RawMessage) error) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("reading on: %w", err)
	}
	defer file.Close()
	if !f.knows(file) {
		*f = Following{Restarts: f.Restarts + 1, limit: f.limit}
	}
	if err := f.lines(file, use); err != nil {
		return fmt.Errorf("reading on in %s: %w", path, err)
	}
	return nil
}

// knows tells whether a file is the one that was read, up to where it was read.
func (f *Following) knows(file io.ReaderAt) bool {
	if f.Offset == 0 {
		return true
	}
	head, end := make([]byte, len(f.Head)), make([]byte, 1)
	_, err := file.ReadAt(head, 0)
	_, err2 := file.ReadAt(end, f.Offset-1)
	return err == nil && err2 == nil && bytes.Equal(head, f.Head) && end[0] == '\n'
}

// lines reads on in a file that is known.
func (f *Following) lines(file *os.File, use func(json.RawMessage) error) error {
	begin := f.Offset
	if _, err := file.Seek(begin, io.SeekStart); err != nil {
		return err
	}
	lines := newLineReader(file, f.longest())
	defer lines.release()
	lines.turns = true
	for {
		line, whole, err := lines.next()
		f.Offset = begin + lines.whole
		f.skipped(lines)
		if errors.Is(err, io.EOF) || err == nil && !whole {
			return nil
		}
		if err == nil && int64(len(f.Head)) < min(f.Offset, knownBytes) {
			err = f.meet(file)
		}
		if err == nil {
			err = f.take(line, use)
		}
		if err != nil {
			return err
		}
	}
}

// longest is how long a line may be.
func (f *Following) longest() int { return cmp.Or(f.limit, maxEntry) }

// skipped counts the lines that were too long, but for one that has no end yet.
func (f *Following) skipped(lines *lineReader) {
	n := lines.skipped
	if lines.read-lines.whole > int64(f.longest()) {
		n--
	}
	if n > 0 {
		f.pass(PassedTooLong, n)
	}
	lines.skipped -= max(n, 0)
}

// meet remembers by what the file is known again.
func (f *Following) meet(file io.ReaderAt) error {
	f.Head = make([]byte, min(f.Offset, knownBytes))
	_, err := file.ReadAt(f.Head, 0)
	return err
}

func (f *Following) take(line json.RawMessage, use func(json.RawMessage) error) error {
	if line[0] != '{' || !Bulky(line) && !jsonscan.Valid(line) {
		f.pass(PassedNoJSON, 1)
		return nil
	}
	if !dull(line) { // which all that is bulky is
		f.Summary.add(line)
	}
	if use == nil {
		return nil
	}
	return use(line)
}

func (f *Following) pass(why string, n int) {
	if f.PassedOver == nil {
		f.PassedOver = make(map[string]int)
	}
	f.PassedOver[why] += n
}
