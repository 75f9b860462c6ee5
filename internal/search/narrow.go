package search

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Hits are read the newest first, and those of sessions that are not wanted
// passed over. That is quick as long as many are wanted: of few that are spread
// over many it would read nearly all. After some too many that were passed over
// in vain, it is therefore looked up which sessions are wanted, and if these
// have few messages, only these are looked at.
const (
	inVain      = 4000 // hits passed over
	fewSessions = 2000
	fewDocs     = 20_000 // messages of those sessions
)

// errNarrow ends the reading of hits that are mostly not wanted.
var errNarrow = errors.New("most hits are not wanted")

// vain tells whether it is time to look up which sessions are wanted.
func (s *search) vain(passed, found int) bool {
	return !s.looked && passed >= inVain && found < passed/64
}

// narrow looks up which sessions are wanted. If they have few messages, the
// search looks only at these from now on.
func (s *search) narrow(ctx context.Context) error {
	s.looked = true
	wanted, err := s.wanted(ctx)
	if err != nil || len(wanted) > fewSessions {
		return err
	}
	among := `(` + strings.Join(wanted, ",") + `)`
	var docs int
	var from, to int64
	err = s.db.QueryRowContext(ctx, `SELECT count(*), coalesce(min(id), 0), coalesce(max(id), -1) FROM (SELECT id FROM docs WHERE session IN `+among+` LIMIT ?)`,
		fewDocs+1).Scan(&docs, &from, &to)
	if err != nil || docs > fewDocs {
		return err
	}
	// The plus keeps the database from looking for each message by itself, which
	// takes it longer than reading all hits there are.
	s.among = fmt.Sprintf(` AND +words.rowid IN (SELECT id FROM docs WHERE session IN %s)`, among)
	s.from, s.below = from, to+1
	return nil
}

// wanted are the numbers of all sessions that are.
func (s *search) wanted(ctx context.Context) (nums []string, err error) {
	rows, err := s.db.QueryContext(ctx, `SELECT num, id, created FROM sessions`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var num int64
		var of session
		if err := rows.Scan(&num, &of.id, &of.created); err != nil {
			return nil, err
		}
		fits, err := s.fits(num, of)
		if err != nil {
			return nil, err
		}
		if fits {
			nums = append(nums, strconv.FormatInt(num, 10))
		}
	}
	return nums, rows.Err()
}
