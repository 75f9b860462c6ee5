package search

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

// ErrBadCursor is returned for a cursor of another query, or none at all.
var ErrBadCursor = errors.New("the cursor does not belong to this query")

// cursor is where a page begins: in which block, and after which of its hits.
type cursor struct {
	Hash   string  `json:"h"`
	Now    int64   `json:"n"`           // when the first page was asked for: what is new is judged by that
	From   int64   `json:"f"`           // ids of the block are below
	To     int64   `json:"t,omitempty"` // and not below this one, if Inside
	Inside bool    `json:"i,omitempty"` // hits of the block were given already: the last of them had
	Score  float64 `json:"s,omitempty"` // this score
	ID     int64   `json:"d,omitempty"` // and this id
	More   bool    `json:"m,omitempty"` // if Inside: another block follows
}

// hash tells queries apart.
func (q Query) hash(terms []term) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %v", q.Role, match(terms)))
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}

// openCursor reads a cursor; "" is the first page.
func openCursor(text, hash string) (c cursor, err error) {
	if text == "" {
		return cursor{Hash: hash, Now: time.Now().Unix(), From: math.MaxInt64}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &c) != nil || c.Hash != hash {
		return c, ErrBadCursor
	}
	return c, nil
}

func (c cursor) String() string {
	raw, _ := json.Marshal(c) // plain data
	return base64.RawURLEncoding.EncodeToString(raw)
}

// lowest is the id below which the block does not go.
func (c cursor) lowest() int64 {
	if c.Inside {
		return c.To
	}
	return 0
}

// passed tells whether a hit was on an earlier page.
func (c cursor) passed(score float64, id int64) bool {
	return c.Inside && (score > c.Score || score == c.Score && id >= c.ID)
}

// after is the place behind a hit in the same block.
func (c cursor) after(hit *candidate, more bool) cursor {
	c.Inside, c.Score, c.ID, c.More = true, hit.score, hit.id, more
	return c
}

// below is the beginning of the next block.
func (c cursor) below() cursor {
	return cursor{Hash: c.Hash, Now: c.Now, From: c.To}
}
