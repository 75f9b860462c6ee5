package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

// A Resummary makes a Summary again, by the present rules, from a copy of the
// lines that an earlier Summary was made from. The copy may lack lines that have
// no uuid: what only such a line says is taken from the earlier Summary, for each
// type that no line of the copy has.
type Resummary struct {
	earlier     Summary
	now         Summary
	types       map[string]bool // of the lines that are no messages
	first, last bool            // the first, the newest message of earlier was added
}

// NewResummary begins with no lines.
func NewResummary(earlier Summary) *Resummary {
	return &Resummary{
		earlier: earlier, types: make(map[string]bool),
		first: earlier.First == "", last: earlier.Last == "",
	}
}

// Add takes the next line of the copy.
func (r *Resummary) Add(line json.RawMessage) {
	r.now.Add(line)
	if !bytes.Contains(line, []byte(`"message"`)) {
		r.types[jsonscan.String(line, "type")] = true
	}
	r.first = r.first || hasID(line, r.earlier.First)
	r.last = r.last || hasID(line, r.earlier.Last)
}

func hasID(line json.RawMessage, uuid string) bool {
	return bytes.Contains(line, []byte(uuid)) && EntryID(line) == uuid
}

// Whole reports whether the first and the newest message of the earlier Summary
// are among the lines: what lacks one of them is a copy of a part.
func (r *Resummary) Whole() bool { return r.first && r.last }

// Summary returns the Summary of all lines.
func (r *Resummary) Summary() Summary {
	s, earlier := r.now, &r.earlier
	r.keep(&s.CustomTitle, earlier.CustomTitle, "custom-title")
	r.keep(&s.AITitle, earlier.AITitle, "ai-title")
	if len(earlier.Seen) > 0 { // else it was taken without a look at whose it is
		r.keep(&s.Synopsis, earlier.Synopsis, "summary")
	}
	r.keep(&s.Tag, earlier.Tag, "tag")
	if earlier.Turns == 0 { // else it was a prompt's
		r.keep(&s.LastPrompt, lastPrompt(earlier.LastPrompt), "last-prompt")
	}
	if !r.types["cost-state"] {
		r.keepCost(&s)
	}
	if !earlier.Created.IsZero() && (s.Created.IsZero() || earlier.Created.Before(s.Created)) {
		s.Created = earlier.Created
	}
	return s
}

// keep keeps what an earlier line said if the copy has no line of its type.
func (r *Resummary) keep(now *string, earlier, kind string) {
	if *now == "" && !r.types[kind] {
		*now = earlier
	}
}

// keepCost keeps what the last cost-state said.
func (r *Resummary) keepCost(s *Summary) {
	if r.earlier.Usage.CostUSD != 0 {
		s.Usage.CostUSD = r.earlier.Usage.CostUSD
	}
	if s.Model != "" && r.earlier.Model == s.Model+wideModel {
		s.Model = r.earlier.Model
	}
}

// ErrOtherFile is returned by Following.Resummarize for a file that is not the
// one that was read.
var ErrOtherFile = errors.New("it is not the file that was read")

// Resummarize returns the Summary of the lines that were read already, which it
// reads again from their file.
func (f *Following) Resummarize(path string) (Summary, error) {
	file, err := os.Open(path)
	if err != nil {
		return Summary{}, fmt.Errorf("reading again: %w", err)
	}
	defer file.Close()
	if !f.knows(file) {
		return Summary{}, fmt.Errorf("reading %s again: %w", path, ErrOtherFile)
	}
	again := Following{limit: f.limit}
	if err := again.takeAll(io.NewSectionReader(file, 0, f.Offset)); err != nil {
		return Summary{}, fmt.Errorf("reading %s again: %w", path, err)
	}
	return again.Summary, nil
}

// takeAll takes all lines of in.
func (f *Following) takeAll(in io.Reader) error {
	lines := newLineReader(in, f.longest())
	defer lines.release()
	lines.turns = true
	for {
		line, whole, err := lines.next()
		if errors.Is(err, io.EOF) || err == nil && !whole {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f.take(line, nil); err != nil {
			return err
		}
	}
}
