package sessionstore

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// Sizes that Badger is opened with, in bytes. A table is built in a buffer of
// twice the size that is aimed at, and what does not fit there takes another of
// twice that. Badger keeps eight buffers for as long as it builds tables. So a
// memtable, which becomes one table, fits into a buffer, and the tables of all
// levels have one size: with memtables of 4 MiB and tables that grow, the buffers
// were half of all memory in use. A transaction holds 15 % of a memtable: some 16
// values of any size, as only a pointer counts of one that goes to the value log,
// but in memory, where there is none.
const (
	memTableSize           = tableSize * 7 / 4
	memTableSizeOnce       = 16 << 20 // the most that it was before
	tableSize              = 1 << 20
	tablesAtOnce           = 10 // of memtables that are merged; Badger waits at three times that
	blockSize              = 32 << 10
	memTableSizeInMemory   = 64 << 20
	valueThreshold         = 16 << 10
	valueThresholdInMemory = 1 << 20
	valueLogFileSize       = 64 << 20
)

// badgerOptions: tables are not compressed, so that they are read and merged as
// they lie in the file, without a copy of each block; what is large lies in
// segments, and is compressed there. Blocks hold several records, or those who
// build a table, of whom there are many at once, need twice their room.
func badgerOptions(dir string, o Options) badger.Options {
	b := badger.DefaultOptions(dir).
		WithSyncWrites(true).
		WithNumMemtables(2).
		WithBaseTableSize(tableSize).
		WithNumLevelZeroTables(tablesAtOnce).
		WithNumLevelZeroTablesStall(3 * tablesAtOnce).
		WithValueThreshold(int64(o.inline())).
		WithNumCompactors(2).
		WithValueLogFileSize(valueLogFileSize).
		WithCompression(options.None).
		WithBlockSize(blockSize).
		WithBlockCacheSize(0).
		WithIndexCacheSize(16 << 20).
		WithMetricsEnabled(false).
		WithLogger(badgerLog{o.Log})
	b.TableSizeMultiplier = 1
	if o.InMemory {
		b = b.WithDir("").WithValueDir("").WithInMemory(true)
	}
	return b
}

// inline is how much a value takes of a transaction at most, in bytes.
func (o Options) inline() int {
	if o.InMemory {
		return valueThresholdInMemory
	}
	return valueThreshold
}

// openBadger opens the database in dir, which nobody else has open.
func openBadger(dir string, o Options) (*badger.DB, error) {
	db, err := tryBadger(dir, o, false)
	if err != nil || !onlyNew(db) {
		return db, err
	}
	for _, merge := range []bool{true, false} {
		if err := db.Close(); err != nil {
			return nil, fmt.Errorf("merging the first tables: %w", err)
		}
		if db, err = tryBadger(dir, o, merge); err != nil {
			return nil, err
		}
	}
	return db, nil
}

// onlyNew tells whether all tables are as they were first written. Badger leaves
// them so, when it is told to merge, while there are no others. But only merging
// tells which values in value logs are not needed any more: few tables can have
// many large ones.
func onlyNew(db *badger.DB) bool {
	levels := db.Levels()
	for _, l := range levels[1:] {
		if l.NumTables > 0 {
			return false
		}
	}
	return levels[0].NumTables > 0
}

// tryBadger opens the database, and merges its new tables when it is closed, if
// merge is set.
func tryBadger(dir string, o Options, merge bool) (db *badger.DB, err error) {
	const tries = 3
	for try := range tries {
		if try > 0 {
			o.Log.Warn("opening the database again", "after", err)
			time.Sleep(time.Duration(try) * 100 * time.Millisecond)
		}
		if !o.InMemory {
			if err := removeEmpty(dir); err != nil {
				return nil, err
			}
		}
		b := badgerOptions(dir, o).WithMemTableSize(memTableFor(dir, o)).WithCompactL0OnClose(merge)
		if db, err = badger.Open(b); err == nil {
			return db, nil
		}
	}
	return nil, fmt.Errorf("opening the database: %w", err)
}

// memTableFor is the size of memtables to open a folder with: a crash may have
// left a larger one, whose log has to fit.
func memTableFor(dir string, o Options) int64 {
	if o.InMemory {
		return memTableSizeInMemory
	}
	logs, _ := filepath.Glob(filepath.Join(dir, "*.mem")) // the pattern is good
	for _, name := range logs {
		if info, err := os.Stat(name); err == nil && info.Size() > 2*memTableSize {
			return memTableSizeOnce // Badger makes logs of twice the size
		}
	}
	return memTableSize
}

// removeEmpty removes files that Badger had just made when it was killed, and
// that it cannot open. They never held anything.
func removeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if end := filepath.Ext(e.Name()); end != ".mem" && end != ".vlog" {
			continue
		}
		if err := removeIfEmpty(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("removing what a crash left: %w", err)
		}
	}
	return nil
}

func removeIfEmpty(name string) error {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || info.Size() > 0 {
		return err
	}
	return os.Remove(name)
}

// badgerLog is a badger.Logger. What Badger calls information is for those who
// debug it.
type badgerLog struct{ log *slog.Logger }

func (l badgerLog) Errorf(f string, v ...any)   { l.log.Error(badgerLine(f, v)) }
func (l badgerLog) Warningf(f string, v ...any) { l.log.Warn(badgerLine(f, v)) }
func (l badgerLog) Infof(f string, v ...any)    { l.log.Debug(badgerLine(f, v)) }
func (l badgerLog) Debugf(f string, v ...any)   { l.log.Debug(badgerLine(f, v)) }

func badgerLine(f string, v []any) string {
	return "badger: " + strings.TrimSpace(fmt.Sprintf(f, v...))
}
