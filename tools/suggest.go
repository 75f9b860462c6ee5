package tools

import (
	"fmt"
	"strings"

	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

// unknownArgument says that a tool has no argument of that name, and which it
// has.
func unknownArgument(tool, name string, known []string) string {
	hint := didYouMean(name, known)
	if hint == "" {
		hint = " It takes " + strings.Join(known, ", ") + "."
	}
	return fmt.Sprintf("%s has no argument %q.%s", tool, oneline.Cut(name, 60), hint)
}

// didYouMean returns a sentence with the one of known that is most like word,
// or "" if none is. It begins with a space.
func didYouMean(word string, known []string) string {
	if len(word) > 60 { // nobody meant that, and distances cost time
		return ""
	}
	best, least := "", 0
	for _, k := range known {
		d := distance(strings.ToLower(word), strings.ToLower(k))
		if d <= max(2, len(k)/3, len(word)/3) && (best == "" || d < least) {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}

// distance is the Levenshtein distance of a and b in bytes: how many have to
// be put in, taken out or replaced to make one of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0] // row i, column j
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
