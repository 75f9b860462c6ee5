package sessionstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/dgraph-io/badger/v4"
)

// pieceSize is how much of a segment is read at a time.
const pieceSize = 256 << 10

// maxSpare is the size up to which a reader's memory is kept for the next.
const maxSpare = 2 * pieceSize

var spareRooms = sync.Pool{New: func() any { return make([]byte, pieceSize) }}

// reader reads a transcript in pieces.
type reader struct {
	db   *DB
	t    transcript
	next int64 // number of the entry to be returned next
	end  int64

	extents []extent // found, and not begun yet
	x       extent   // the present one
	at      int64    // number of the entry that the next line is
	done    int64    // bytes of the present extent that are read
	room    []byte   // all of the memory of buf
	buf     []byte   // read, and not returned yet
	scanned int      // bytes of buf that are known to hold no line break
	frame   frame    // the piece that was decompressed last
}

func (db *DB) newReader(ctx context.Context, sessionID, sub string, from int64) (*reader, error) {
	s, err := db.index.get(sessionID)
	if err != nil {
		return nil, errors.Join(ctx.Err(), err)
	}
	r := &reader{db: db, t: transcript{s.num, sub}, next: max(from, 0), room: spareRooms.Get().([]byte)}
	err = db.view(ctx, func(txn *badger.Txn) error {
		head, err := getJSON[TranscriptHead](txn, subKey(kindHead, s.num, sub))
		r.end = head.Entries
		return err
	})
	return r, err
}

// release ends the reading.
func (r *reader) release() {
	if len(r.room) <= maxSpare {
		spareRooms.Put(r.room)
	}
	r.room, r.buf = nil, nil
}

// read returns the entry with number next. It is good until the next call.
func (r *reader) read(ctx context.Context) (Entry, error) {
	for {
		raw, err := r.line(ctx)
		if err != nil {
			return Entry{}, err
		}
		seq := r.at
		r.at++
		if seq == r.next {
			r.next++
			return Entry{Seq: seq, Raw: slices.Clip(raw)}, nil
		}
	}
}

// line returns the next line. It is good until the next call.
func (r *reader) line(ctx context.Context) ([]byte, error) {
	if r.at == r.x.first+r.x.count {
		if err := r.begin(ctx); err != nil {
			return nil, err
		}
	}
	for {
		if i := bytes.IndexByte(r.buf[r.scanned:], '\n'); i >= 0 {
			i += r.scanned
			line := r.buf[:i]
			r.buf, r.scanned = r.buf[i+1:], 0
			return line, nil
		}
		r.scanned = len(r.buf)
		if err := r.fill(ctx); err != nil {
			return nil, err
		}
	}
}

// begin goes on to the extent that holds the next entry.
func (r *reader) begin(ctx context.Context) error {
	if len(r.extents) == 0 {
		if err := r.find(ctx); err != nil {
			return err
		}
	}
	r.x, r.extents = r.extents[0], r.extents[1:]
	r.at, r.done, r.buf, r.scanned = r.x.first, 0, nil, 0
	return nil
}

// maxExtents is how many extents are looked up at a time.
const maxExtents = 64

// find looks up the extents from that on which holds entry next. There is one,
// unless the session was deleted and swept.
func (r *reader) find(ctx context.Context) error {
	r.extents = nil
	err := r.db.view(ctx, func(txn *badger.Txn) error {
		prefix, start := extentPrefix(r.t), []byte(nil)
		for item := range back(txn, prefix, extentKey(r.t, r.next)) {
			start = item.KeyCopy(nil)
			break
		}
		for item := range each(txn, prefix, start) {
			x, err := readExtent(item)
			if err != nil {
				return err
			}
			x.uuids = nil
			if r.extents = append(r.extents, x); len(r.extents) == maxExtents {
				break
			}
		}
		return nil
	})
	if err == nil && len(r.extents) == 0 {
		return ErrNotFound
	}
	return err
}

// fill reads the next piece of the present extent.
func (r *reader) fill(ctx context.Context) error {
	n := min(pieceSize, r.x.length-r.done)
	if n <= 0 {
		return fmt.Errorf("reading entry %d: %w", r.at, errCorrupt)
	}
	have := len(r.buf)
	if need := have + int(n); need > len(r.room) {
		room := make([]byte, need+need/4)
		r.buf, r.room = append(room[:0], r.buf...)[:need], room
	} else {
		r.buf = r.room[:copy(r.room, r.buf)+int(n)]
	}
	err := r.readAt(ctx, r.buf[have:])
	for try := 0; errors.Is(err, errGone) && try < 3; try++ {
		if err = r.relocate(ctx); err == nil {
			err = r.readAt(ctx, r.buf[have:])
		}
	}
	if err != nil {
		return fmt.Errorf("reading entry %d: %w", r.at, err)
	}
	r.done += n
	return nil
}

func (r *reader) readAt(ctx context.Context, p []byte) error {
	release, err := r.db.begin(ctx)
	if err != nil {
		return err
	}
	defer release()
	return r.db.segments.readAt(r.x.segment, p, r.x.offset+r.done, &r.frame)
}

// relocate looks up anew where the present extent lies: maintenance has moved
// it, unless the session is deleted.
func (r *reader) relocate(ctx context.Context) error {
	r.extents = nil
	return r.db.view(ctx, func(txn *badger.Txn) error {
		key := extentKey(r.t, r.x.first)
		b, err := get(txn, key)
		if err != nil {
			return err
		}
		r.x, err = unpackExtent(key, b)
		return err
	})
}
