package sessionstore

import (
	"encoding/binary"
	"slices"
)

// The kinds of keys, each the first byte of its keys. A session is known in
// keys by the number it got when it was made, which is never given again: so
// what is left of a deleted session can be swept at leisure, and no id, however
// odd, can be taken for part of another. Strings stand last in a key, or have
// their length before them.
const (
	kindMeta    = 'm' // name: one of the store's own values
	kindName    = 'n' // session name: id
	kindSummary = 'i' // session id: summary
	kindRecord  = 's' // number: Session
	kindLease   = 'l' // number: Lease
	kindTurnRef = 't' // turn id: key of the turn
	kindTurn    = 'T' // number, seq, turn id: Turn
	kindLive    = 'L' // number, turn id: key of the turn, which has not ended
	kindRequest = 'r' // number, request id: Request
	kindReceipt = 'k' // owner, idempotency key: ownedReceipt
	kindKeyOf   = 'K' // number, owner, idempotency key: nothing
	kindHead    = 'h' // number, sub: TranscriptHead
	kindExtent  = 'x' // number, sub, seq of its first entry: extent
	kindSource  = 'f' // number: Source
	kindSegment = 'g' // segment id: segment
	kindChange  = 'c' // seq: Change
	kindTomb    = 'z' // session id: Tombstone
	kindGone    = 'd' // number of a deleted session that is not swept yet: nothing
)

func metaKey(name string) []byte { return stringKey(kindMeta, name) }

// stringKey is the key of kind for s.
func stringKey(kind byte, s string) []byte {
	return append([]byte{kind}, s...)
}

// numberKey is the key of kind for a number; those of one kind sort by it.
func numberKey(kind byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{kind}, n)
}

// numberOf returns the number that follows the kind of key.
func numberOf(key []byte) uint64 {
	if len(key) < 9 {
		return 0
	}
	return binary.BigEndian.Uint64(key[1:])
}

// subKey is the key of kind for a string that belongs to session num.
func subKey(kind byte, num uint64, s string) []byte {
	return append(numberKey(kind, num), s...)
}

// turnKey sorts a session's turns by seq.
func turnKey(num uint64, seq int64, id string) []byte {
	key := binary.BigEndian.AppendUint64(numberKey(kindTurn, num), uint64(seq)^1<<63)
	return append(key, id...)
}

// receiptKey is where owner's idempotency key is kept.
func receiptKey(owner, key string) []byte {
	return append(appendString([]byte{kindReceipt}, owner), key...)
}

// keyOfKey lets the sweep of session num find owner's idempotency key.
func keyOfKey(num uint64, owner, key string) []byte {
	return append(appendString(numberKey(kindKeyOf, num), owner), key...)
}

// extentPrefix is what the keys of all extents of a transcript begin with.
func extentPrefix(t transcript) []byte {
	return appendString(numberKey(kindExtent, t.num), t.sub)
}

// extentKey sorts a transcript's extents by their first entry.
func extentKey(t transcript, first int64) []byte {
	return binary.BigEndian.AppendUint64(extentPrefix(t), uint64(first))
}

// extentFirst is the number of the first entry of the extent with this key.
func extentFirst(key []byte) int64 {
	return int64(binary.BigEndian.Uint64(key[len(key)-8:]))
}

// after is the least key that is greater than key.
func after(key []byte) []byte { return append(slices.Clone(key), 0) }
