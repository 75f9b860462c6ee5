package agent

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
)

// A seenSet is a set of ids. It keeps 48 bits of the hash of each: among sets of
// 20,000 ids, one in a million takes a new one for a known one. As JSON it takes eight
// bytes for each. The zero value is empty; copies share what they hold.
type seenSet map[uint64]struct{}

const seenBytes = 6

// seenHash is the hash of an id. It is stored.
func seenHash(parts ...string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211 // of FNV-1a
	sum := uint64(offset)
	for _, p := range parts {
		for i := range len(p) {
			sum = (sum ^ uint64(p[i])) * prime
		}
		sum *= prime // the parts are apart
	}
	return (sum ^ sum>>48) & (1<<48 - 1)
}

func (s seenSet) has(hash uint64) bool {
	_, ok := s[hash]
	return ok
}

// add reports whether a hash is new.
func (s *seenSet) add(hash uint64) bool {
	if s.has(hash) {
		return false
	}
	if *s == nil {
		*s = make(seenSet)
	}
	(*s)[hash] = struct{}{}
	return true
}

// MarshalJSON does not depend on the order in which ids came.
func (s seenSet) MarshalJSON() ([]byte, error) {
	packed := make([]byte, 0, seenBytes*len(s))
	for _, hash := range slices.Sorted(maps.Keys(s)) {
		for i := range seenBytes {
			packed = append(packed, byte(hash>>(8*i)))
		}
	}
	return json.Marshal(base64.RawStdEncoding.EncodeToString(packed))
}

func (s *seenSet) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	packed, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	*s = make(seenSet, len(packed)/seenBytes)
	for ; len(packed) >= seenBytes; packed = packed[seenBytes:] {
		var hash uint64
		for i := range seenBytes {
			hash |= uint64(packed[i]) << (8 * i)
		}
		(*s)[hash] = struct{}{}
	}
	return nil
}
