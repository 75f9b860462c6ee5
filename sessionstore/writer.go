package sessionstore

import (
	"context"
	"fmt"
)

// job is one call that writes. It is answered when done is closed.
type job struct {
	size int64 // bytes of segment that it will need, about; exempt: it may use the reserve
	run  func(*plan) error
	err  error
	done chan struct{}
}

// exempt is the size of jobs that free space, or that others wait for.
const exempt = -1

// write has the writer run a job, and returns when what it planned is on disk
// and visible, or is not and never will be. While a job waits for its turn ctx
// may end it; once it is taken its outcome is waited for, which also means
// that it may use its caller's memory.
func (db *DB) write(ctx context.Context, size int64, run func(*plan) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{size: size, run: run, done: make(chan struct{})}
	select {
	case db.jobs <- j:
		<-j.done
		return j.err
	case <-ctx.Done():
		return ctx.Err()
	case <-db.closing:
		return ErrClosed
	}
}

// runWriter is the writer: it ends when the store is closed.
func (db *DB) runWriter() {
	for {
		select {
		case j := <-db.jobs:
			db.writeGroup(j)
		case <-db.closing:
			return
		}
	}
}

// writeGroup brings first to disk together with all jobs that wait by then.
func (db *DB) writeGroup(first *job) {
	b := db.newBatch()
	for j := first; j != nil; j = db.nextJob(b) {
		if b.take(j) {
			continue
		}
		b.flush()
		b = db.newBatch()
		b.take(j)
	}
	b.flush()
}

func (db *DB) nextJob(b *batch) *job {
	if len(b.jobs) >= maxJobs {
		return nil
	}
	select {
	case j := <-db.jobs:
		return j
	default:
		return nil
	}
}

func (j *job) answer(err error) {
	j.err = err
	close(j.done)
}

// checkRoom returns ErrFull if size more bytes would touch the reserve: a full
// disk does not give Badger an error, but kills the process.
func (db *DB) checkRoom(size int64) error {
	if size == exempt {
		return nil
	}
	free, err := db.opts.FreeBytes(db.dir)
	if err != nil {
		return fmt.Errorf("checking free space of %s: %w", db.dir, err)
	}
	if free < reserve+uint64(size) {
		return ErrFull
	}
	return nil
}

// reserve is kept free on the disk, in bytes.
const reserve = 256 << 20
