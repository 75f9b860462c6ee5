package search

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"github.com/claude-sessions/claude-sessions/agent"
)

// schemaVersion changes with everything in this package that decides what is in
// an index, and indexVersion with the rules by which lines are understood, too.
// An index of another version is made anew, in the background, from what the
// store has.
const schemaVersion = "1"

var indexVersion = fmt.Sprintf("%s.%d", schemaVersion, agent.SummaryVersion)

const fileName = "index.db"

// schema: a document is a message, or what a session is called. The words of
// documents are in an FTS5 table without content; it and docs have the same
// row ids (see place). Words come folded, so the database's own tokenizer has
// nothing left to do but to split at spaces. What a batch adds is gathered in
// memory (hashsize) and becomes one segment; see merge.go for what comes of
// many.
const schema = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, label TEXT NOT NULL);
CREATE TABLE transcripts (session INTEGER NOT NULL, sub TEXT NOT NULL, entries INTEGER NOT NULL, PRIMARY KEY (session, sub)) WITHOUT ROWID;
CREATE TABLE docs (id INTEGER PRIMARY KEY, session INTEGER NOT NULL, sub TEXT NOT NULL, uuid BLOB NOT NULL, kind INTEGER NOT NULL, time INTEGER NOT NULL, text TEXT NOT NULL);
CREATE UNIQUE INDEX docs_message ON docs (session, sub, uuid);
CREATE VIRTUAL TABLE words USING fts5(text, content='', contentless_delete=1, tokenize='ascii');
INSERT INTO words(words, rank) VALUES ('hashsize', 4194304);
`

// The database may lose its last transactions when the machine dies, never its
// order: what is lost is indexed again.
const pragmas = "?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=busy_timeout(10000)&_pragma=journal_size_limit(8388608)"

// database is an open index file: one connection that writes, a few that read.
type database struct {
	write *sql.DB
	read  *sql.DB
}

const readers = 2

// openDatabase opens the index of a store in dir, and makes it anew if there is
// none that can be used.
func openDatabase(dir, instance string) (*database, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	db, err := tryDatabase(dir, instance)
	if err == nil {
		return db, nil
	}
	if err := removeDatabase(dir); err != nil {
		return nil, err
	}
	if db, err = connectDatabase(dir); err != nil {
		return nil, err
	}
	if err := db.create(instance); err != nil {
		return nil, errors.Join(err, db.close())
	}
	return db, nil
}

// errOther is why an index that can be read is not used.
var errOther = errors.New("an index of another store or version")

func tryDatabase(dir, instance string) (*database, error) {
	db, err := connectDatabase(dir)
	if err != nil {
		return nil, err
	}
	var found string
	err = db.write.QueryRow(`SELECT value FROM meta WHERE key = 'store'`).Scan(&found)
	if err == nil && found != indexVersion+" "+instance {
		err = errOther
	}
	if err == nil {
		err = db.write.QueryRow(`SELECT count(*) FROM words WHERE words MATCH 'probe'`).Scan(new(int))
	}
	if err == nil {
		err = db.configure()
	}
	if err != nil {
		return nil, errors.Join(err, db.close())
	}
	return db, nil
}

func connectDatabase(dir string) (*database, error) {
	path := fileURI(filepath.Join(dir, fileName))
	write, err := sql.Open("sqlite", path+pragmas+"&_pragma=cache_size(-8000)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", path+pragmas+"&_pragma=cache_size(-6000)&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(readers)
	return &database{write: write, read: read}, nil
}

func (db *database) create(instance string) error {
	if _, err := db.write.Exec(schema); err != nil {
		return fmt.Errorf("making the tables: %w", err)
	}
	if err := db.configure(); err != nil {
		return err
	}
	_, err := db.write.Exec(`INSERT INTO meta VALUES ('store', ?)`, indexVersion+" "+instance)
	return err
}

func (db *database) close() error { return errors.Join(db.read.Close(), db.write.Close()) }

// removeDatabase takes away the file and what SQLite keeps beside it.
func removeDatabase(dir string) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(filepath.Join(dir, fileName+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// fileURI is a path as SQLite takes it beside options.
func fileURI(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") && filepath.IsAbs(filepath.FromSlash(path)) {
		path = "/" + path // a drive of Windows
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path}).String()
}
