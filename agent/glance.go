package agent

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
)

// A Glance reads so much of a transcript's beginning and end, and so much more
// if what it looks for is not in there.
const (
	glanceBytes = 16 << 10
	glanceMore  = 64 << 10
)

// Glance returns the Summary of a transcript from its beginning and end alone:
// titles, prompts, the last answer, times, the newest message and the saved
// cost. Partial tells that the file is longer than that: then Turns, tokens and
// whatever stands only in the middle are missing. A last line without its end
// is left out.
func Glance(path string) (s Summary, partial bool, err error) {
	file, err := os.Open(path)
	if err != nil {
		return s, false, fmt.Errorf("looking at a transcript: %w", err)
	}
	defer file.Close()
	buf := glanceBuffers.Get().(*[glanceMore]byte)
	defer glanceBuffers.Put(buf)
	g := glance{file: file, buf: buf[:]}
	if partial, err = g.look(); err != nil {
		return s, false, fmt.Errorf("looking at transcript %s: %w", path, err)
	}
	return g.sum, partial, nil
}

var glanceBuffers = sync.Pool{New: func() any { return new([glanceMore]byte) }}

type glance struct {
	file *os.File
	buf  []byte
	sum  Summary
}

func (g *glance) look() (partial bool, err error) {
	info, err := g.file.Stat()
	if err != nil {
		return false, err
	}
	size := info.Size()
	if size <= glanceMore {
		return false, g.part(0, glanceMore, nil)
	}
	prompted := func() bool { return g.sum.FirstPrompt != "" && !g.sum.Command }
	for _, n := range []int64{glanceBytes, glanceMore} {
		g.sum = Summary{}
		if err = g.part(0, n, prompted); err != nil || prompted() {
			break
		}
	}
	g.sum.Undecided, g.sum.Caveat = nil, "" // what is read next does not follow
	first := g.sum
	for _, n := range []int64{glanceBytes, glanceMore} {
		g.sum = first.clone()
		g.sum.LastPrompt = ""
		if err == nil {
			err = g.part(size-n, n, nil)
		}
		if g.sum.LastAnswer != "" {
			break
		}
	}
	if g.sum.LastPrompt == "" {
		g.sum.LastPrompt = first.LastPrompt
	}
	g.sum.Turns, g.sum.Usage = 0, Usage{CostUSD: g.sum.Usage.CostUSD}
	return true, err
}

// part adds the whole lines of a part of the file, until enough if that is not
// nil. A part from the middle begins with the rest of a line.
func (g *glance) part(from, n int64, enough func() bool) error {
	read, err := g.file.ReadAt(g.buf[:n], from)
	if err != nil && err != io.EOF { // it may have become shorter meanwhile
		return err
	}
	text := g.buf[:read]
	if from > 0 {
		_, text, _ = bytes.Cut(text, []byte{'\n'})
	}
	for enough == nil || !enough() {
		line, rest, whole := bytes.Cut(text, []byte{'\n'})
		if !whole {
			break
		}
		g.sum.Add(bytes.TrimSpace(line))
		text = rest
	}
	return nil
}
