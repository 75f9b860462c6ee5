package agent

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"sync"
)

// maxLine bounds a line of the stream. Claude Code writes a batch of transcript
// entries on one line, pictures included, so lines of many megabytes are usual.
const maxLine = 256 << 20

// spareLine is how much of a line's buffer is kept for the next one.
const spareLine = 1 << 20

// A lineReader reads lines of any length up to a limit. What is longer is
// skipped and counted: one strange line must not end a session.
type lineReader struct {
	in      *bufio.Reader
	limit   int
	line    []byte
	skipped int
	read    int64 // bytes, line ends and skipped lines included
	whole   int64 // likewise, up to the end of the last line whose end was seen
	err     error // what ended the input
	turns   bool  // long lines are read by turns, see longTurn
	turn    bool  // this reader has the turn
}

// longTurn is held by the one reader of those that take turns that has a line
// of more than longLine: from then on until the next line is asked for. Each
// such line costs a multiple of its length, and many files are read at once.
var longTurn = make(chan struct{}, 1)

// longLine is longer than a picture that Claude Code sends.
const longLine = 8 << 20

// newLineReader returns a reader that may be released when it is not needed any
// more, nor the line that it returned last.
func newLineReader(in io.Reader, limit int) *lineReader {
	r := lineReaders.Get().(*lineReader)
	r.in.Reset(in)
	r.limit = limit
	return r
}

var lineReaders = sync.Pool{New: func() any { return &lineReader{in: bufio.NewReaderSize(nil, 64<<10)} }}

func (r *lineReader) release() {
	r.endTurn()
	if cap(r.line) > spareLine {
		r.line = nil
	}
	r.in.Reset(nil)
	lineReaders.Put(&lineReader{in: r.in, line: r.line})
	*r = lineReader{}
}

// next returns the next line that is not empty, without its end; it is valid
// until the next call. Whole tells whether the line's end was seen: only the
// last line can lack it. After the last line the error is io.EOF or the
// reader's own.
func (r *lineReader) next() (line []byte, whole bool, err error) {
	for r.err == nil {
		line, r.err = r.one()
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, r.err == nil, nil
		}
	}
	return nil, false, r.err
}

// own is a line that next returned last, for the caller to keep. A long one is
// given away rather than copied.
func (r *lineReader) own(line []byte) []byte {
	if cap(r.line) <= spareLine {
		return bytes.Clone(line)
	}
	r.line = nil
	return line
}

// takeTurn waits for the turn if a line has become long.
func (r *lineReader) takeTurn(length int) {
	if r.turns && !r.turn && length > longLine {
		longTurn <- struct{}{}
		r.turn = true
	}
}

func (r *lineReader) endTurn() {
	if r.turn {
		<-longTurn
		r.turn = false
	}
}

// one reads to the end of a line; a skipped line comes back empty.
func (r *lineReader) one() ([]byte, error) {
	r.endTurn()
	if cap(r.line) > spareLine {
		r.line = nil
	}
	r.line = r.line[:0]
	long := false
	for {
		part, err := r.in.ReadSlice('\n')
		r.read += int64(len(part))
		long = long || len(r.line)+len(part) > r.limit
		if !long {
			r.takeTurn(len(r.line) + len(part))
			r.line = append(r.line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err == nil {
			r.whole = r.read
		}
		if long {
			r.skipped++
			r.line = r.line[:0]
		}
		return r.line, err
	}
}
