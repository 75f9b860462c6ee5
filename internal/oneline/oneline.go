// Package oneline makes what people wrote fit into one line of a list. Lists
// have many lines and are asked for often, and most titles need no change.
package oneline

import (
	"strings"
	"unicode"
)

// Of returns s with each run of white space replaced by one space, and none at
// its ends.
func Of(s string) string {
	if isOne(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// isOne tells whether s is as Of would make it.
func isOne(s string) bool {
	before := ' '
	for _, c := range s {
		if c == ' ' && before == ' ' || c != ' ' && unicode.IsSpace(c) {
			return false
		}
		before = c
	}
	return before != ' ' || s == ""
}

// Shorten returns s, or, if it has more than limit characters, so many of them
// that with "…" they are limit, which is at least 1.
func Shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end, n := 0, 0
	for i := range s {
		if n == limit-1 {
			end = i
		}
		if n == limit {
			return s[:end] + "…"
		}
		n++
	}
	return s
}

// Cut is Shorten of Of.
func Cut(s string, limit int) string { return Shorten(Of(s), limit) }
