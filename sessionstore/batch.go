package sessionstore

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/skl"
)

// Limits of what goes into one transaction. Badger's own are 15 % of a memtable,
// in bytes and for the nodes of its entries, keys of 65,000 bytes, and values
// that fit into a value log.
const (
	maxJobs    = 64
	maxBytes   = memTableSize / 8
	maxEntries = memTableSize/8/skl.MaxNodeSize - maxTrim
	maxKey     = 60_000
	maxValue   = valueLogFileSize / 2
)

// batch is what is brought to disk together.
type batch struct {
	counters
	db    *DB
	txn   *badger.Txn
	jobs  []*job
	plans []*plan

	bytes, entries int
}

func (db *DB) newBatch() *batch {
	b := &batch{counters: db.counters, db: db, txn: db.badger.NewTransaction(true)}
	if b.tail.length >= db.opts.SegmentBytes {
		b.tail = segment{id: b.tail.id + 1}
	}
	return b
}

// take plans j and adds it to the batch, or answers it with its error. It
// returns false, and j is to be taken again, if the batch has no room for it.
func (b *batch) take(j *job) bool {
	p, err := b.plan(j)
	if err != nil {
		j.answer(err)
		return true
	}
	bytes, entries := p.weight()
	if len(b.jobs) > 0 && (b.bytes+bytes > maxBytes || b.entries+entries > maxEntries) {
		return false
	}
	if err := b.stage(p); err != nil {
		b.txn.Discard()
		b.txn = b.db.badger.NewTransaction(true)
		if errors.Is(err, badger.ErrTxnTooBig) {
			err = ErrTooLarge
		}
		j.answer(fmt.Errorf("planning a write: %w", err))
		return true
	}
	b.bytes, b.entries = b.bytes+bytes, b.entries+entries
	b.counters = p.counters
	b.jobs, b.plans = append(b.jobs, j), append(b.plans, p)
	b.db.seen.learn(p.learned)
	return true
}

func (b *batch) plan(j *job) (*plan, error) {
	if b.db.broken != nil {
		return nil, b.db.broken
	}
	if err := b.db.checkRoom(j.size); err != nil {
		return nil, err
	}
	p := &plan{
		counters: b.counters,
		txn:      b.txn,
		inline:   b.db.opts.inline(),
		now:      b.db.Now(),
		seen:     b.db.seen,
		staged:   make(map[string][]byte),
		freed:    make(map[uint64]int64),
		live:     make(map[string][]byte),
	}
	if err := j.run(p); err != nil {
		return nil, err
	}
	return p, p.finish()
}

// stage puts a plan into the transaction. Only the first plan of a batch can
// fail, by being larger than any transaction: the others' room was checked.
func (b *batch) stage(p *plan) error {
	for k, v := range p.staged {
		if err := put(b.txn, []byte(k), v); err != nil {
			return err
		}
	}
	return nil
}

func put(txn *badger.Txn, key, value []byte) error {
	if value == nil {
		return txn.Delete(key)
	}
	return txn.Set(key, value)
}

// flush brings the batch to disk, makes it visible and answers its jobs.
func (b *batch) flush() {
	err := b.commit()
	if err != nil {
		b.db.seen.clear()
	} else if len(b.jobs) > 0 {
		b.publish()
	}
	for _, j := range b.jobs {
		j.answer(err)
	}
}

// commit keeps to the order that makes a crash harmless: lines first, the
// records that point to them after.
func (b *batch) commit() error {
	defer b.txn.Discard()
	if len(b.jobs) == 0 {
		return nil
	}
	if err := b.writeLines(); err != nil {
		return err
	}
	if err := errors.Join(b.keepTail(), b.trimChanges()); err != nil {
		return err
	}
	if err := b.txn.Commit(); err != nil {
		// Whether it was written is not known, so the counters are not either.
		b.db.broken = fmt.Errorf("%w: %w", ErrBroken, err)
		close(b.db.brokenNow)
		return fmt.Errorf("committing %d writes: %w", len(b.jobs), err)
	}
	return nil
}

func (b *batch) writeLines() error {
	var lines []payload
	for _, p := range b.plans {
		lines = append(lines, p.payload...)
	}
	for len(lines) > 0 {
		n := 1 // how many go to the same segment
		for n < len(lines) && lines[n].segment == lines[0].segment {
			n++
		}
		if err := b.db.segments.append(lines[:n]); err != nil {
			return err
		}
		lines = lines[n:]
	}
	return nil
}

// keepTail writes down that a new segment grows, so that it is known at the
// next open that the one before is sealed.
func (b *batch) keepTail() error {
	if b.tail.id == b.db.tail.id {
		return nil
	}
	return b.txn.Set(numberKey(kindSegment, b.tail.id), b.tail.pack())
}

// trimChanges drops the oldest changes, once there are some too many: a part at
// a time, as a transaction's room is limited.
func (b *batch) trimChanges() error {
	kept := b.seq + 1 - b.first
	if kept <= b.db.opts.ChangesKept+b.db.opts.ChangesKept/8 {
		return nil
	}
	for end := min(b.seq+1-b.db.opts.ChangesKept, b.first+maxTrim); b.first < end; b.first++ {
		err := b.txn.Delete(numberKey(kindChange, b.first))
		if errors.Is(err, badger.ErrTxnTooBig) {
			return nil // a single write that fills it: the next one has room
		}
		if err != nil {
			return fmt.Errorf("trimming the change log: %w", err)
		}
	}
	return nil
}

// maxTrim is how many changes are dropped with one batch.
const maxTrim = 500

// publish makes what is on disk visible: to readers, and then to those who watch.
func (b *batch) publish() {
	b.db.kickTrimmer()
	rolled := b.tail.id != b.db.tail.id
	for _, p := range b.plans {
		for _, l := range p.payload {
			b.db.written.Add(l.length)
		}
	}
	b.db.counters = b.counters
	b.db.index.apply(b.plans)
	b.db.changes.publish(b.first, b.seq)
	if rolled {
		b.db.sealed.Store(b.tail.id)
		b.db.kickCompressor()
	}
}
