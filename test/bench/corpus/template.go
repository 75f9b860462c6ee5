package corpus

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A Seed is a transcript that can be copied: its text, cut where copies differ.
type Seed struct {
	parts []part
	ids   []string // as they were; the first is the session's
	last  time.Time
	size  int
}

// part is text that is the same in all copies, and what follows it.
type part struct {
	text []byte
	kind kind
	id   int       // of an id: which
	at   time.Time // of a time
}

// kind is what differs between copies.
type kind int

const (
	nothing kind = iota
	anID
	aTime
	aWord
	aFolder
)

// ErrNoSeeds tells that a folder holds no transcript that can be copied.
var ErrNoSeeds = errors.New("there is no transcript with a conversation in it")

// ReadSeeds reads all transcripts of sessions below a folder, sub-agents' left
// aside. Those in which nothing was said are left out.
func ReadSeeds(dir string) ([]*Seed, error) {
	var seeds []*Seed
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		id, isTranscript := strings.CutSuffix(filepath.Base(path), ".jsonl")
		switch {
		case err != nil:
			return err
		case entry.Name() == "subagents":
			return fs.SkipDir
		case !isTranscript || !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if seed := parseSeed(id, text); seed != nil {
			seeds = append(seeds, seed)
		}
		return err
	})
	if err == nil && len(seeds) == 0 {
		err = ErrNoSeeds
	}
	if err != nil {
		return nil, fmt.Errorf("reading seeds in %s: %w", dir, err)
	}
	return seeds, nil
}

var (
	// anyID are the ids of entries, sessions, messages and uses of tools.
	anyID   = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b(?:msg|toolu|req)_[0-9A-Za-z]{16,}`)
	anyTime = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`)
	// said are the fields that hold what is said, with the text.
	said = regexp.MustCompile(`"(?:text|content|thinking)":"((?:[^"\\]|\\.)*)"`)
	// A word, or an escape of JSON, which is none.
	anyWord = regexp.MustCompile(`\\.|[a-z]{2,}[0-9]*`)
)

// parseSeed cuts a transcript; nil if nothing is said in it.
func parseSeed(session string, text []byte) *Seed {
	s := &Seed{size: len(text), ids: []string{session}}
	folder := folderOf(text)
	talk := false
	for line := range bytes.Lines(text) {
		spoken := spokenWords(line)
		talk = talk || len(spoken) > 0
		s.cut(line, slices.Concat(variables(line, folder), spoken))
	}
	if !talk || s.last.IsZero() {
		return nil
	}
	return s
}

// hole is a place in a line where copies differ.
type hole struct {
	from, to int
	kind     kind
}

func holes(line []byte, what *regexp.Regexp, kind kind) (all []hole) {
	for _, at := range what.FindAllIndex(line, -1) {
		all = append(all, hole{at[0], at[1], kind})
	}
	return all
}

// variables are what is another in each copy, wherever it stands.
func variables(line []byte, folder *regexp.Regexp) []hole {
	all := slices.Concat(holes(line, anyID, anID), holes(line, anyTime, aTime))
	if folder != nil {
		all = append(all, holes(line, folder, aFolder)...)
	}
	return all
}

// folderOf finds the folder in which the session was.
func folderOf(text []byte) *regexp.Regexp {
	_, rest, _ := bytes.Cut(text, []byte(`"cwd":"`))
	folder, _, _ := bytes.Cut(rest, []byte(`"`))
	if len(folder) == 0 {
		return nil
	}
	return regexp.MustCompile(regexp.QuoteMeta(string(folder)))
}

// spokenWords are the words of what a line says, if it is a part of the
// conversation.
func spokenWords(line []byte) (all []hole) {
	if !bytes.Contains(line, []byte(`"message":{`)) || bytes.HasPrefix(line, []byte(`{"type":"api-request`)) {
		return nil
	}
	for _, at := range said.FindAllSubmatchIndex(line, -1) {
		for _, h := range holes(line[at[2]:at[3]], anyWord, aWord) {
			if line[at[2]+h.from] != '\\' {
				all = append(all, hole{at[2] + h.from, at[2] + h.to, aWord})
			}
		}
	}
	return all
}

// cut adds a line. A hole that overlaps one that began before is none.
func (s *Seed) cut(line []byte, holes []hole) {
	slices.SortStableFunc(holes, func(a, b hole) int { return a.from - b.from })
	from := 0
	for _, h := range holes {
		if h.from >= from {
			s.add(line[from:h.from], string(line[h.from:h.to]), h.kind)
			from = h.to
		}
	}
	s.parts = append(s.parts, part{text: line[from:]})
}

func (s *Seed) add(text []byte, old string, kind kind) {
	p := part{text: text, kind: kind}
	switch kind {
	case anID:
		if p.id = slices.Index(s.ids, old); p.id < 0 {
			p.id = len(s.ids)
			s.ids = append(s.ids, old)
		}
	case aTime:
		p.at, _ = time.Parse(time.RFC3339Nano, old)
		if p.at.After(s.last) {
			s.last = p.at
		}
	}
	s.parts = append(s.parts, p)
}
