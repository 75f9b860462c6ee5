package sessionstore

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

// searchable is how many bytes of a note or a prompt a text query looks at, so
// that the index stays small whatever people paste.
const searchable = 2000

// summary is what the index in memory knows of a session: all that a Query
// asks about, so that no record is read to find a page. It never changes once
// it is made.
type summary struct {
	num      uint64 // its number in keys
	id       string
	name     string
	updated  int64 // nanoseconds since 1970, as is created
	created  int64
	status   Status
	origin   Origin
	archived bool
	cwd      string
	config   string
	parent   string
	root     string
	tags     []string
	text     string // all that is searched, folded, a line each
}

func summarize(num uint64, s Session) *summary {
	return &summary{
		num:      num,
		id:       s.ID,
		name:     s.Name,
		updated:  nanos(s.UpdatedAt),
		created:  nanos(s.CreatedAt),
		status:   s.Status,
		origin:   s.Origin,
		archived: s.Archived,
		cwd:      trimFolder(s.Cwd),
		config:   s.ConfigDir,
		parent:   s.ParentID,
		root:     s.RootID,
		tags:     append([]string(nil), s.Tags...),
		text:     searchText(s),
	}
}

// nanos is t for sorting; the zero time comes before all others.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func fromNanos(n int64) time.Time { return time.Unix(0, n).UTC() }

// trimFolder takes separators off the end, of either kind: the store does not
// know on what system a session ran.
func trimFolder(path string) string { return strings.TrimRight(path, `/\`) }

func searchText(s Session) string {
	parts := []string{s.Name, s.GivenTitle, s.CLITitle, s.Note, s.FirstPrompt, s.LastPrompt}
	for i, p := range parts {
		parts[i] = clip(p, searchable)
	}
	return fold(strings.Join(parts, "\n"))
}

// clip cuts s to at most n bytes, at the border of a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// fold makes strings that differ in case only equal.
func fold(s string) string { return cases.Fold().String(s) }

// pack is the compact form that the index is rebuilt from at open.
func (s *summary) pack() []byte {
	b := binary.AppendUvarint(nil, s.num)
	b = binary.AppendVarint(b, s.updated)
	b = binary.AppendVarint(b, s.created)
	b = binary.AppendUvarint(b, uint64(flag(s.archived)))
	for _, f := range []string{s.id, s.name, string(s.status), string(s.origin), s.cwd, s.config, s.parent, s.root, s.text} {
		b = appendString(b, f)
	}
	for _, t := range s.tags {
		b = appendString(b, t)
	}
	return b
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func unpackSummary(b []byte) (*summary, error) {
	u := &unpacker{s: string(b)}
	s := &summary{num: u.uint(), updated: u.int(), created: u.int(), archived: u.uint() == 1}
	s.id, s.name = u.string(), u.string()
	s.status, s.origin = Status(u.string()), Origin(u.string())
	s.cwd, s.config, s.parent, s.root = u.string(), u.string(), u.string(), u.string()
	s.text = u.string()
	for len(u.s) > 0 {
		s.tags = append(s.tags, u.string())
	}
	if u.bad {
		return nil, fmt.Errorf("summary of a session: %w", errCorrupt)
	}
	return s, nil
}
