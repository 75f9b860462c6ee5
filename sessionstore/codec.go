package sessionstore

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// errCorrupt is what reading a damaged record ends in.
var errCorrupt = errors.New("the record is damaged")

// encode writes v as JSON. Raw messages keep their bytes, but for white space.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding %T: %w", v, err)
	}
	return b.Bytes(), nil
}

// decode reads what encode wrote.
func decode[T any](b []byte) (v T, err error) {
	if err := json.Unmarshal(b, &v); err != nil {
		return v, fmt.Errorf("decoding %T: %w", v, err)
	}
	return v, nil
}

// appendString appends s with its length before it.
func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// unpacker reads what binary.AppendUvarint, AppendVarint and appendString
// wrote. Once something is missing all that follows is zero and bad is set.
// Its strings share the memory of s.
type unpacker struct {
	s   string
	bad bool
}

func (u *unpacker) take(n uint64) string {
	if n > uint64(len(u.s)) {
		u.s, u.bad = "", true
		return ""
	}
	head := u.s[:n]
	u.s = u.s[n:]
	return head
}

func (u *unpacker) uint() (n uint64) {
	for shift := 0; shift < 64; shift += 7 {
		b := u.take(1)
		if u.bad {
			return 0
		}
		n |= uint64(b[0]&0x7f) << shift
		if b[0] < 0x80 {
			return n
		}
	}
	u.bad = true
	return 0
}

func (u *unpacker) int() int64 {
	n := u.uint()
	return int64(n>>1) ^ -int64(n&1)
}

func (u *unpacker) string() string { return u.take(u.uint()) }
