package search

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// batchBytes is how much text a transaction takes. More would be written
// faster, and take more memory.
const batchBytes = 4 << 20

// batch is one transaction: documents, and how far that brings their sessions.
type batch struct {
	f     *follower
	tx    *sql.Tx
	ready map[string]*sql.Stmt // statements of tx, by their text
	docs  []document
	bytes int
}

func (f *follower) newBatch(ctx context.Context) (*batch, error) {
	b := &batch{f: f}
	return b, b.begin(ctx)
}

func (b *batch) begin(ctx context.Context) error {
	tx, err := b.f.db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning a batch: %w", err)
	}
	b.tx, b.ready, b.docs, b.bytes = tx, map[string]*sql.Stmt{}, nil, 0
	return nil
}

// statement makes a statement once for the batch, which runs most of its own
// for each session. The end of the transaction closes it.
func (b *batch) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if s := b.ready[text]; s != nil {
		return s, nil
	}
	s, err := b.tx.PrepareContext(ctx, text)
	if err == nil {
		b.ready[text] = s
	}
	return s, err
}

func (b *batch) exec(ctx context.Context, text string, args ...any) error {
	s, err := b.statement(ctx, text)
	if err == nil {
		_, err = s.ExecContext(ctx, args...)
	}
	return err
}

// value reads the row that there is, or fails with sql.ErrNoRows.
func (b *batch) value(ctx context.Context, text string, args []any, into ...any) error {
	s, err := b.statement(ctx, text)
	if err != nil {
		return err
	}
	return s.QueryRowContext(ctx, args...).Scan(into...)
}

func (b *batch) full() bool { return b.bytes >= batchBytes }

// abandon undoes what is not committed.
func (b *batch) abandon() { _ = b.tx.Rollback() } // it fails after a commit, as it should

// sessions brings what the index has of some sessions, each there once, to what
// the store has. One that cannot be read is passed over until it changes again.
func (b *batch) sessions(ctx context.Context, ids []string) error {
	var lacking []*part
	for _, id := range ids {
		parts, err := b.session(ctx, id)
		if err != nil {
			return err
		}
		lacking = append(lacking, parts...)
	}
	b.f.read(ctx, lacking)
	for _, p := range lacking {
		if err := b.transcript(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// session brings all to what the store has but for the entries of transcripts,
// and returns what the index lacks of those.
func (b *batch) session(ctx context.Context, id string) ([]*part, error) {
	heads, err := b.f.store.Transcripts(ctx, id)
	if err == nil && len(heads) == 0 && b.onlyListed(ctx, id) {
		return nil, nil
	}
	var s sessionstore.Session
	if err == nil {
		s, err = b.f.store.Session(ctx, id)
	}
	if errors.Is(err, sessionstore.ErrNotFound) {
		return nil, b.forget(ctx, id)
	}
	if err != nil {
		return nil, b.passOver(ctx, id, err)
	}
	num, err := b.number(ctx, s)
	if err == nil {
		err = b.label(ctx, num, s, len(heads) > 0)
	}
	if err == nil && len(heads) == 0 {
		err = b.unread(ctx, num)
	}
	if err != nil {
		return nil, err
	}
	return b.lacking(ctx, num, s, heads)
}

// lacking are the parts of transcripts that the index has not.
func (b *batch) lacking(ctx context.Context, num int64, s sessionstore.Session, heads []sessionstore.TranscriptHead) (parts []*part, err error) {
	for _, h := range heads {
		have, err := b.entries(ctx, num, h.Sub)
		if err != nil {
			return nil, err
		}
		if have > h.Entries { // another session of the same id
			if err := b.deleteDocs(ctx, `session = ? AND sub = ? AND uuid <> x''`, num, h.Sub); err != nil {
				return nil, err
			}
			have = 0
		}
		if have < h.Entries {
			parts = append(parts, &part{session: s, num: num, head: h, have: have})
		}
	}
	return parts, nil
}

// unread takes what was said in a session out of the index: the store has
// dropped it. What it is called stays.
func (b *batch) unread(ctx context.Context, num int64) error {
	gone, err := b.tx.ExecContext(ctx, `DELETE FROM transcripts WHERE session = ?`, num)
	if err != nil {
		return err
	}
	if n, err := gone.RowsAffected(); n == 0 || err != nil {
		return err
	}
	b.docs = slices.DeleteFunc(b.docs, func(d document) bool { return d.session == num && d.kind != label })
	return b.deleteDocs(ctx, `session = ? AND uuid <> x''`, num)
}

// onlyListed tells whether a session of which there is no transcript is not read
// so far: it changes again when that has been read. Of a folder that is being
// imported these are all at first, and the list must not wait for them to be
// indexed twice. Its record is not read for that.
func (b *batch) onlyListed(ctx context.Context, id string) bool {
	if imported, err := b.f.imported(ctx, id); err != nil || !imported {
		return false
	}
	src, err := b.f.store.Source(ctx, id)
	return err == nil && src.ModTime.IsZero()
}

// passOver lets the others be indexed if one session cannot be read.
func (b *batch) passOver(ctx context.Context, id string, err error) error {
	if ctx.Err() != nil || errors.Is(err, sessionstore.ErrClosed) {
		return err
	}
	b.f.log.Warn("a session cannot be indexed for search", "session", id, "err", err)
	return nil
}

// number is what a session is called in the index. One that was made at
// another time is another session of the same id: the old one is forgotten.
func (b *batch) number(ctx context.Context, s sessionstore.Session) (num int64, err error) {
	var created int64
	err = b.value(ctx, `SELECT num, created FROM sessions WHERE id = ?`, []any{s.ID}, &num, &created)
	if err == nil && created == s.CreatedAt.UnixMilli() {
		return num, nil
	}
	if err == nil {
		err = b.forget(ctx, s.ID)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	err = b.value(ctx, `INSERT INTO sessions (id, created, label) VALUES (?, ?, '') RETURNING num`,
		[]any{s.ID, s.CreatedAt.UnixMilli()}, &num)
	return num, err
}

// label makes the document of what a session is called, if that has changed.
func (b *batch) label(ctx context.Context, num int64, s sessionstore.Session, hasTranscript bool) error {
	text, old := labelOf(s, hasTranscript), ""
	if err := b.value(ctx, `SELECT label FROM sessions WHERE num = ?`, []any{num}, &old); err != nil || old == text {
		return err
	}
	if err := b.deleteDocs(ctx, `session = ? AND sub = '' AND uuid = x''`, num); err != nil {
		return err
	}
	b.docs = slices.DeleteFunc(b.docs, func(d document) bool { return d.session == num && d.kind == label })
	if text != "" {
		b.add(document{session: num, uuid: []byte{}, kind: label, time: s.UpdatedAt, text: text})
	}
	return b.exec(ctx, `UPDATE sessions SET label = ? WHERE num = ?`, text, num)
}

// transcript adds the entries of a transcript that the index lacks: those that
// were read, and the rest of a long one.
func (b *batch) transcript(ctx context.Context, p *part) error {
	if p.err != nil {
		return b.passOver(ctx, p.session.ID, p.err)
	}
	last := p.session.CreatedAt
	add := func(d document) {
		d.session, d.sub = p.num, p.head.Sub
		last = d.settle(last, b.f.store.Now())
		b.add(d)
	}
	for _, d := range p.docs {
		add(d)
	}
	have := p.have
	if have >= p.head.Entries {
		return b.setEntries(ctx, p.num, p.head.Sub, have)
	}
	for e, err := range b.f.store.Entries(ctx, p.session.ID, p.head.Sub, have) {
		if err != nil {
			return b.passOver(ctx, p.session.ID, err)
		}
		if d, ok := said(e); ok {
			add(d)
		}
		if have = e.Seq + 1; b.full() {
			if err := b.next(ctx, p.num, p.head.Sub, have); err != nil {
				return err
			}
		}
	}
	return b.setEntries(ctx, p.num, p.head.Sub, have)
}

// settle gives d the time of the message before if its own cannot be right.
func (d *document) settle(last, now time.Time) time.Time {
	if d.time.Unix() < epoch || d.time.After(now) {
		d.time = last
	}
	return d.time
}

func (b *batch) entries(ctx context.Context, num int64, sub string) (n int64, err error) {
	err = b.value(ctx, `SELECT entries FROM transcripts WHERE session = ? AND sub = ?`, []any{num, sub}, &n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

func (b *batch) setEntries(ctx context.Context, num int64, sub string, n int64) error {
	return b.exec(ctx, `INSERT OR REPLACE INTO transcripts VALUES (?, ?, ?)`, num, sub, n)
}

// next commits in the middle of a long transcript, and goes on.
func (b *batch) next(ctx context.Context, num int64, sub string, entries int64) error {
	if err := b.setEntries(ctx, num, sub, entries); err != nil {
		return err
	}
	if err := b.commit(ctx); err != nil {
		return err
	}
	return b.begin(ctx)
}

// forget takes a session out of the index.
func (b *batch) forget(ctx context.Context, id string) error {
	var num int64
	err := b.value(ctx, `SELECT num FROM sessions WHERE id = ?`, []any{id}, &num)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		b.docs = slices.DeleteFunc(b.docs, func(d document) bool { return d.session == num })
		err = b.deleteDocs(ctx, `session = ?`, num)
	}
	if err == nil {
		err = b.exec(ctx, `DELETE FROM transcripts WHERE session = ?`, num)
	}
	if err == nil {
		err = b.exec(ctx, `DELETE FROM sessions WHERE num = ?`, num)
	}
	return err
}

func (b *batch) deleteDocs(ctx context.Context, where string, args ...any) error {
	err := b.exec(ctx, `DELETE FROM words WHERE rowid IN (SELECT id FROM docs WHERE `+where+`)`, args...)
	if err == nil {
		err = b.exec(ctx, `DELETE FROM docs WHERE `+where, args...)
	}
	return err
}

func (b *batch) add(d document) {
	b.docs = append(b.docs, d)
	b.bytes += len(d.text)
}

// commit writes the documents, in the order of their ids: each step back would
// make the full-text table begin a new segment.
func (b *batch) commit(ctx context.Context) error {
	for i := range b.docs {
		b.docs[i].id = b.docs[i].place()
	}
	slices.SortStableFunc(b.docs, func(a, c document) int { return cmp.Compare(a.id, c.id) })
	doc, err := b.statement(ctx, `INSERT INTO docs VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (session, sub, uuid) DO NOTHING`)
	if err != nil {
		return fmt.Errorf("writing a batch: %w", err)
	}
	words, err := b.statement(ctx, `INSERT INTO words (rowid, text) VALUES (?, ?)`)
	if err != nil {
		return fmt.Errorf("writing a batch: %w", err)
	}
	last := int64(-1)
	for i := range b.docs {
		d := &b.docs[i]
		d.id = max(d.id, last+1)
		if err := d.insert(ctx, doc, words); err != nil {
			return fmt.Errorf("writing a batch: %w", err)
		}
		last = d.id
	}
	if err := b.tx.Commit(); err != nil {
		return fmt.Errorf("writing a batch: %w", err)
	}
	return nil
}

// insert writes d, unless it is there already. If its id is taken it gets a
// larger one nearby: the more there are, the further away.
func (d *document) insert(ctx context.Context, doc, words *sql.Stmt) error {
	first := d.id
	for try := 0; ; try++ {
		done, err := doc.ExecContext(ctx, d.id, d.session, d.sub, d.uuid, d.kind, d.time.UnixMilli(), d.text)
		var taken *sqlite.Error
		if errors.As(err, &taken) && taken.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY && try < maxTries {
			d.id = first + 1 + rand.Int64N(around<<try)
			continue
		}
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		_, err = words.ExecContext(ctx, d.id, folded(d.text))
		return err
	}
}

// These are enough for 10,000 messages of one second.
const (
	around   = 4
	maxTries = 24
)
