package sessionstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/gofrs/flock"
)

// Errors of Open that callers branch on.
var (
	ErrInUse   = errors.New("another process has the store open")
	ErrNewer   = errors.New("the store was written by a newer version")
	ErrNetwork = errors.New("a store must lie on a local disk")
)

// Options are how a store is opened. The zero Options are what an engine wants.
type Options struct {
	InMemory    bool             // keep nothing on disk; the folder is not looked at
	Log         *slog.Logger     // nil: nothing is logged
	Now         func() time.Time // the store's clock; nil: time.Now
	ChangesKept uint64           // how many changes can be read again; 0: 100,000

	// SegmentBytes is the size at which a segment is sealed; 0: 64 MiB. One
	// that holds a large append may be larger.
	SegmentBytes int64
	NoCompress   bool // leave sealed segments as they are
	// CompressAfter is how long nothing must have been appended before sealed
	// segments are compressed; 0: 3 s. Some 64 of them are, whatever goes on.
	CompressAfter time.Duration

	// FreeBytes tells how many bytes are free on the disk of a folder; nil asks
	// the system. Below 256 MiB writes are refused with ErrFull.
	FreeBytes func(dir string) (uint64, error)
}

func (o *Options) fill() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = 64 << 20
	}
	if o.CompressAfter <= 0 {
		o.CompressAfter = 3 * time.Second
	}
	if o.ChangesKept == 0 {
		o.ChangesKept = 100_000
	}
	if o.FreeBytes == nil && o.InMemory {
		o.FreeBytes = func(string) (uint64, error) { return math.MaxUint64, nil }
	}
	if o.FreeBytes == nil {
		o.FreeBytes = freeBytes
	}
}

// DB is the store that is built in. It has its folder for itself, among all
// processes. Make it with Open.
type DB struct {
	opts     Options
	dir      string
	lock     *flock.Flock // nil in memory; the lock lasts as long as it is reachable
	badger   *badger.DB
	segments *segments
	index    *index
	recent   recent
	changes  changeLog
	instance string
	secret   []byte

	jobs    chan *job
	kick    chan struct{} // wakes the compressor
	used    chan struct{} // wakes the trimmer
	closing chan struct{}
	workers sync.WaitGroup
	users   sync.WaitGroup // calls that read; nobody joins once closed is set
	upkeep  sync.Mutex     // held while segments are compressed or removed
	packed  atomic.Uint64  // segments with a smaller id were compressed
	sealed  atomic.Uint64  // segments with a smaller id do not grow any more
	written atomic.Int64   // bytes of lines, since the store was opened
	uses    atomic.Int64   // how often it was used, since then

	mu     sync.Mutex
	closed bool

	// The writer's own, once it runs.
	counters
	seen   *uuidSets
	broken error // why no more writes are taken

	brokenNow chan struct{} // closed when broken is set
}

// Broken is closed when a write failed in a way that leaves open what is on
// disk. Every further write fails with ErrBroken; opening the store anew mends it.
func (db *DB) Broken() <-chan struct{} { return db.brokenNow }

var _ Store = (*DB)(nil)

// Open opens the store in dir, and makes it if there is none. Errors to branch
// on are ErrInUse (after a few seconds: a process that was killed may be about
// to go), ErrNewer and ErrNetwork.
func Open(dir string, o Options) (*DB, error) {
	o.fill()
	db := &DB{
		opts:    o,
		dir:     dir,
		index:   newIndex(),
		changes: changeLog{more: make(chan struct{})},
		jobs:    make(chan *job),
		kick:    make(chan struct{}, 1),
		used:    make(chan struct{}, 1),
		closing: make(chan struct{}),

		brokenNow: make(chan struct{}),
		seen:      newUUIDSets(),
	}
	if err := db.open(); err != nil {
		return nil, fmt.Errorf("opening store %s: %w", dir, errors.Join(err, db.release()))
	}
	db.workers.Go(db.runWriter)
	db.workers.Go(db.runCompressor)
	db.workers.Go(db.runTrimmer)
	db.kickCompressor()
	return db, nil
}

func (db *DB) open() (err error) {
	files := folder(newMemFolder())
	if !db.opts.InMemory {
		if err := db.prepareFolder(); err != nil {
			return err
		}
		files = diskFolder(db.path(segmentsFolder))
	}
	if db.segments, err = newSegments(files); err != nil {
		return err
	}
	if db.badger, err = openBadger(db.path(badgerFolder), db.opts); err != nil {
		return err
	}
	if err := db.openMeta(); err != nil {
		return err
	}
	return db.badger.View(db.load)
}

// What lies in the folder of a store.
const (
	lockFile       = "lock"
	badgerFolder   = "badger"
	segmentsFolder = "segments"
)

func (db *DB) path(name string) string { return filepath.Join(db.dir, name) }

// prepareFolder makes the folders and takes the lock.
func (db *DB) prepareFolder() error {
	if err := os.MkdirAll(db.dir, 0o700); err != nil {
		return err
	}
	if system, err := networkFolder(db.dir); err != nil {
		return fmt.Errorf("asking for the file system: %w", err)
	} else if system != "" {
		return fmt.Errorf("%w, not on %s", ErrNetwork, system)
	}
	for _, name := range []string{badgerFolder, segmentsFolder} {
		if err := os.MkdirAll(db.path(name), 0o700); err != nil {
			return err
		}
		if err := os.Chmod(db.path(name), 0o700); err != nil {
			return err
		}
	}
	return db.takeLock()
}

// lockWait is how long a lock may stay with a process that was killed.
const lockWait = 3 * time.Second

func (db *DB) takeLock() error {
	ctx, cancel := context.WithTimeout(context.Background(), lockWait)
	defer cancel()
	lock := flock.New(db.path(lockFile), flock.SetPermissions(0o600))
	ok, err := lock.TryLockContext(ctx, 20*time.Millisecond)
	if errors.Is(err, context.DeadlineExceeded) || err == nil && !ok {
		return ErrInUse
	}
	if err != nil {
		return fmt.Errorf("locking: %w", err)
	}
	db.lock = lock
	return nil
}

// Close implements Store. It waits for calls that are under way, but not for
// loops over entries: their next step gets ErrClosed. A second Close does
// nothing.
func (db *DB) Close() error {
	db.mu.Lock()
	again := db.closed
	db.closed = true
	db.mu.Unlock()
	if again {
		return nil
	}
	close(db.closing)
	db.workers.Wait()
	db.users.Wait()
	if err := db.release(); err != nil {
		return fmt.Errorf("closing store %s: %w", db.dir, err)
	}
	return nil
}

// release gives back what open took, the lock last.
func (db *DB) release() error {
	var errs []error
	if db.segments != nil {
		errs = append(errs, db.segments.close())
	}
	if db.badger != nil {
		errs = append(errs, db.badger.Close())
	}
	if db.lock != nil {
		errs = append(errs, db.lock.Unlock())
	}
	return errors.Join(errs...)
}

// Instance implements Store.
func (db *DB) Instance() string { return db.instance }

// Secret implements Store.
func (db *DB) Secret() []byte { return append([]byte(nil), db.secret...) }

// Now implements Store.
func (db *DB) Now() time.Time { return db.opts.Now().UTC().Round(0) }

func newSecret() []byte {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return b
}
