package sessionstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// counters are what the writer counts. They change with a commit, as a whole.
type counters struct {
	seq   uint64    // of the newest change
	first uint64    // the oldest change that is kept
	token uint64    // of the newest lease
	stamp time.Time // the newest UpdatedAt
	tail  segment   // the segment that grows
}

// plan is what one job wants to be written. The job looks at the records
// through it, which shows what is planned already, and either returns nil or
// an error that makes the whole plan void.
type plan struct {
	counters
	txn     *badger.Txn
	inline  int // a value takes this much of a transaction at most
	now     time.Time
	seen    *uuidSets
	staged  map[string][]byte // nil: to be deleted
	payload []payload
	freed   map[uint64]int64 // bytes, by segment
	learned []learned

	// For the index.
	puts  []*summary
	drops []string          // ids
	live  map[string][]byte // by turn id; nil: ended
}

// payload is what belongs at a place.
type payload struct {
	place
	write func(io.Writer) error
}

// get returns what is stored or planned under key, or ErrNotFound.
func (p *plan) get(key []byte) ([]byte, error) {
	if b, ok := p.staged[string(key)]; ok {
		if b == nil {
			return nil, ErrNotFound
		}
		return b, nil
	}
	return get(p.txn, key)
}

func planned[T any](p *plan, key []byte) (v T, err error) {
	b, err := p.get(key)
	if err != nil {
		return v, err
	}
	return decode[T](b)
}

// has tells whether something is stored or planned under key.
func (p *plan) has(key []byte) (bool, error) {
	_, err := p.get(key)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (p *plan) set(key, value []byte) {
	if value == nil {
		value = []byte{}
	}
	p.staged[string(key)] = value
}

func (p *plan) setJSON(key []byte, v any) error {
	b, err := encode(v)
	if err != nil {
		return err
	}
	p.set(key, b)
	return nil
}

func (p *plan) del(key []byte) { p.staged[string(key)] = nil }

// tick returns the store's time, a nanosecond on if it has not risen since the
// last tick.
func (p *plan) tick() time.Time {
	if t := p.now; t.After(p.stamp) {
		p.stamp = t
	} else {
		p.stamp = p.stamp.Add(1)
	}
	return p.stamp
}

// change plans to tell of a change and returns its number.
func (p *plan) change(c Change) (uint64, error) {
	p.seq++
	c.Seq, c.At = p.seq, p.stamp
	if p.now.After(p.stamp) {
		c.At = p.now
	}
	return p.seq, p.setJSON(numberKey(kindChange, c.Seq), c)
}

// session returns what the index knows of a session, or ErrNotFound.
func (p *plan) session(id string) (*summary, error) {
	b, err := p.get(stringKey(kindSummary, id))
	if err != nil {
		return nil, err
	}
	return unpackSummary(b)
}

// setLive notes in the records and for the index that a turn is live, or not.
func (p *plan) setLive(num uint64, id string, key []byte) {
	if key == nil {
		p.del(subKey(kindLive, num, id))
	} else {
		p.set(subKey(kindLive, num, id), key)
	}
	p.live[id] = key
}

// write plans n bytes at the end of the tail segment and returns where they
// will lie.
func (p *plan) write(n int64, f func(io.Writer) error) place {
	at := place{segment: p.tail.id, offset: p.tail.length, length: n}
	p.tail.length += n
	p.tail.live += n
	p.payload = append(p.payload, payload{at, f})
	return at
}

// free notes that n bytes of a segment are not needed any more.
func (p *plan) free(segment uint64, n int64) { p.freed[segment] += n }

// finish plans the records of the segments that were written or freed.
func (p *plan) finish() error {
	p.tail.live -= p.freed[p.tail.id]
	if len(p.payload) > 0 || p.freed[p.tail.id] != 0 {
		p.set(numberKey(kindSegment, p.tail.id), p.tail.pack())
	}
	for id, n := range p.freed {
		if id == p.tail.id {
			continue
		}
		b, err := p.get(numberKey(kindSegment, id))
		if err != nil {
			return fmt.Errorf("segment %d: %w", id, err)
		}
		s, err := unpackSegment(id, b)
		if err != nil {
			return err
		}
		s.live -= n
		p.set(numberKey(kindSegment, id), s.pack())
	}
	return nil
}

// weight is how much of a transaction's room the plan takes, in bytes, and in
// entries. What Badger will not take at all is as heavy as a whole batch, so
// that the plan is refused alone.
func (p *plan) weight() (bytes, entries int) {
	for k, v := range p.staged {
		bytes += len(k) + min(len(v), p.inline) + entryOverhead
		if len(k) > maxKey || len(v) > maxValue {
			bytes += maxBytes
		}
	}
	return bytes, len(p.staged)
}

// entryOverhead is what Badger adds to each entry, about.
const entryOverhead = 16

// segment is the record of a segment file.
type segment struct {
	id     uint64
	length int64 // committed bytes
	live   int64 // those that an extent still points to
}

func (s segment) pack() []byte {
	return binary.AppendVarint(binary.AppendVarint(nil, s.length), s.live)
}

func unpackSegment(id uint64, b []byte) (segment, error) {
	u := &unpacker{s: string(b)}
	s := segment{id: id, length: u.int(), live: u.int()}
	if u.bad {
		return s, fmt.Errorf("segment %d: %w", id, errCorrupt)
	}
	return s, nil
}
