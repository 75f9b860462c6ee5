package sessionstore

import (
	"encoding/base64"
	"encoding/binary"
)

// cursor says where a page ended: the query's hash, and of the page's last
// session the id and all that a list may be sorted by. Where it points to need
// not exist any more.
func (q *query) cursor(last *summary) string {
	b := append([]byte(nil), q.hash[:]...)
	b = binary.AppendVarint(b, last.updated)
	b = binary.AppendVarint(b, last.created)
	b = appendString(b, last.name)
	b = appendString(b, last.id)
	return base64.RawURLEncoding.EncodeToString(b)
}

// openCursor returns the place that a cursor points to, nil for the empty one.
// ErrBadCursor if it was made for a query with another hash, or not by us.
func openCursor(cursor string, hash [8]byte) (*summary, error) {
	if cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, ErrBadCursor
	}
	u := &unpacker{s: string(b)}
	if u.take(uint64(len(hash))) != string(hash[:]) {
		return nil, ErrBadCursor
	}
	place := &summary{updated: u.int(), created: u.int(), name: u.string(), id: u.string()}
	if u.bad || u.s != "" {
		return nil, ErrBadCursor
	}
	return place, nil
}
