package search

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Query is what is searched for.
type Query struct {
	Text string // words, "phrases" and prefixes (word*); all of them must occur in one message
	Role string // RoleUser, RoleAssistant or RoleTitle; "" is any
	// Fits tells whether hits of a session are wanted; nil: of all. It is asked
	// once for a session and page.
	Fits   func(sessionID string) (bool, error)
	Limit  int    // 0 is 20; at most 200
	Cursor string // Next of the page before, for the same Text and Role
}

// Hit is a message that fits, or a session's title.
type Hit struct {
	SessionID string
	Sub       string // "" is the session's own transcript, else a sub-agent's
	UUID      string // of the message; "" for a title
	Role      string
	Time      time.Time
	Snippet   string // around the words, which are **marked**; one line
}

// Page is one page of hits.
type Page struct {
	Hits []Hit
	Next string // cursor of the next page; "" on the last
}

const (
	defaultLimit = 20
	maxLimit     = 200
	blockSize    = 300 // hits that are ranked together
)

// Search returns a page of hits, the best first. A message that is in several
// sessions, as forks have those of their parents, is one hit: in the oldest of
// those that fit. The errors are those of the query (ErrNoWords, ErrTooLong,
// ErrShortPrefix, ErrBadCursor), ErrClosed, ErrBroken, ctx's, Fits's, and the
// database's.
func (x *Index) Search(ctx context.Context, q Query) (Page, error) {
	terms, err := parse(q.Text)
	if err != nil {
		return Page{}, err
	}
	c, err := openCursor(q.Cursor, q.hash(terms))
	if err != nil {
		return Page{}, err
	}
	x.searches.Add(1)
	x.catchUp(ctx)
	x.life.RLock()
	defer x.life.RUnlock()
	if err := x.missing(); err != nil {
		return Page{}, err
	}
	s := &search{db: x.db.read, q: q, terms: terms, cursor: c, sessions: map[int64]*session{}}
	page, err := s.page(ctx)
	if err != nil {
		return Page{}, fmt.Errorf("searching: %w", err)
	}
	return page, nil
}

// search is one call of Search.
type search struct {
	db       *sql.DB
	q        Query
	terms    []term
	cursor   cursor
	sessions map[int64]*session // those that were met
	words    []token            // of the text that is looked at, for reuse

	looked bool   // it was looked up which sessions are wanted
	among  string // in which hits they are, see narrow; "" is all
	from   int64  // unless among is "": no such hit has a smaller id,
	below  int64  // or this one or a larger
}

// session is what a search knows of a session.
type session struct {
	id      string
	created int64
	fits    bool
}

// candidate is a document that fits, before and after it is ranked.
type candidate struct {
	document
	score float64
}

func (s *search) page(ctx context.Context) (Page, error) {
	limit := min(cmp.Or(max(s.q.Limit, 0), defaultLimit), maxLimit)
	var page Page
	for {
		block, more, err := s.block(ctx)
		if err != nil {
			return Page{}, err
		}
		for i, c := range block {
			if len(page.Hits) == limit {
				if i > 0 {
					s.cursor = s.cursor.after(block[i-1], more)
				}
				page.Next = s.cursor.String()
				return page, nil
			}
			page.Hits = append(page.Hits, s.hit(c))
		}
		if !more {
			return page, nil
		}
		s.cursor = s.cursor.below()
	}
}

func (s *search) hit(c *candidate) Hit {
	s.words = slices.AppendSeq(s.words[:0], tokens(c.text))
	return Hit{
		SessionID: s.sessions[c.session].id, Sub: c.sub, UUID: unpackUUID(c.uuid), Role: c.kind.role(),
		Time: c.time.UTC(), Snippet: snippet(c.text, s.words, s.terms),
	}
}

// block returns what the cursor has not yet passed of its block, ranked, and
// whether there is another one after it. It notes in the cursor where the block
// begins and ends.
func (s *search) block(ctx context.Context) (block []*candidate, more bool, err error) {
	block, more, err = s.candidates(ctx)
	if err != nil || len(block) == 0 {
		return nil, more, err
	}
	if s.cursor.From == math.MaxInt64 {
		s.cursor.From = block[0].id + 1 // what is newer came later
	}
	if !s.cursor.Inside {
		s.cursor.To = block[len(block)-1].id
	}
	block = s.collapse(block)
	if err := s.read(ctx, block); err != nil {
		return nil, false, err
	}
	for _, c := range block {
		s.words = slices.AppendSeq(s.words[:0], tokens(c.text))
		c.score = s.score(c, s.words)
	}
	slices.SortFunc(block, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.id, a.id))
	})
	return slices.DeleteFunc(block, func(c *candidate) bool { return s.cursor.passed(c.score, c.id) }), more, nil
}

// candidates are the newest hits in the cursor's block, without their texts.
func (s *search) candidates(ctx context.Context) (block []*candidate, more bool, err error) {
	block, more, err = s.scan(ctx)
	if errors.Is(err, errNarrow) {
		if err = s.narrow(ctx); err == nil {
			block, more, err = s.scan(ctx)
		}
	}
	return block, more, err
}

// scan reads candidates. It ends with errNarrow, once, if most hits are not wanted.
func (s *search) scan(ctx context.Context) (block []*candidate, more bool, err error) {
	passed := 0
	from, below := s.cursor.lowest(), s.cursor.From
	if s.among != "" {
		from, below = max(from, s.from), min(below, s.below)
	}
	rows, err := s.db.QueryContext(ctx, `SELECT d.id, d.session, d.sub, d.uuid, d.kind, d.time, s.id, s.created
		FROM words JOIN docs d ON d.id = words.rowid JOIN sessions s ON s.num = d.session
		WHERE words MATCH ? AND words.rowid < ? AND words.rowid >= ?`+s.among+` ORDER BY words.rowid DESC`,
		match(s.terms), below, from)
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	for rows.Next() {
		c := &candidate{}
		var of session
		var millis int64
		if err := rows.Scan(&c.id, &c.session, &c.sub, &c.uuid, &c.kind, &millis, &of.id, &of.created); err != nil {
			return nil, false, err
		}
		if s.q.Role != "" && c.kind.role() != s.q.Role {
			continue
		}
		fits, err := s.fits(c.session, of)
		if err != nil {
			return nil, false, err
		}
		if !fits {
			if passed++; s.vain(passed, len(block)) {
				return nil, false, errNarrow
			}
			continue
		}
		if len(block) == blockSize && !s.cursor.Inside {
			return block, true, nil
		}
		c.time = time.UnixMilli(millis)
		block = append(block, c)
	}
	return block, s.cursor.Inside && s.cursor.More, rows.Err()
}

// fits tells whether hits of a session are wanted, and notes the session.
func (s *search) fits(num int64, of session) (bool, error) {
	if known := s.sessions[num]; known != nil {
		return known.fits, nil
	}
	of.fits = true
	var err error
	if s.q.Fits != nil {
		of.fits, err = s.q.Fits(of.id)
	}
	s.sessions[num] = &of
	return of.fits, err
}

// collapse leaves of each message one copy.
func (s *search) collapse(block []*candidate) []*candidate {
	older := func(a, b *candidate) bool {
		x, y := s.sessions[a.session], s.sessions[b.session]
		return cmp.Or(cmp.Compare(x.created, y.created), cmp.Compare(x.id, y.id)) < 0
	}
	best := map[string]*candidate{}
	for _, c := range block {
		if had := best[string(c.uuid)]; had == nil || older(c, had) {
			best[string(c.uuid)] = c
		}
	}
	return slices.DeleteFunc(block, func(c *candidate) bool { return len(c.uuid) > 0 && best[string(c.uuid)] != c })
}

// read fetches the texts of a block.
func (s *search) read(ctx context.Context, block []*candidate) error {
	at := map[int64]*candidate{}
	args := make([]any, len(block))
	for i, c := range block {
		at[c.id], args[i] = c, c.id
	}
	rows, err := s.db.QueryContext(ctx, `SELECT id, text FROM docs WHERE id IN (?`+strings.Repeat(",?", len(args)-1)+`)`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		at[id].text = text
	}
	return rows.Err()
}
