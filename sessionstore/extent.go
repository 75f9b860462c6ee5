package sessionstore

import (
	"encoding/binary"
	"fmt"
)

// transcript is one in keys: its session's number and the sub-agent's path.
type transcript struct {
	num uint64
	sub string
}

// place is where bytes lie.
type place struct {
	segment        uint64
	offset, length int64
}

// extent is the record of the lines of one append: where they lie, each with
// its line break, and their uuids.
type extent struct {
	place
	first int64 // number of the first entry; stands in the key
	count int64
	uuids []uuidHash // of those lines that have one
}

func (x extent) pack() []byte {
	b := binary.AppendUvarint(nil, x.segment)
	for _, n := range []int64{x.offset, x.length, x.count} {
		b = binary.AppendVarint(b, n)
	}
	for _, u := range x.uuids {
		b = append(b, u[:]...)
	}
	return b
}

// unpackExtent reads the extent that is stored under key.
func unpackExtent(key, b []byte) (extent, error) {
	u := &unpacker{s: string(b)}
	x := extent{
		place: place{segment: u.uint(), offset: u.int(), length: u.int()},
		first: extentFirst(key),
		count: u.int(),
	}
	for len(u.s) > 0 {
		var hash uuidHash
		copy(hash[:], u.take(uint64(len(hash))))
		x.uuids = append(x.uuids, hash)
	}
	if u.bad {
		return extent{}, fmt.Errorf("extent of entry %d: %w", x.first, errCorrupt)
	}
	return x, nil
}
