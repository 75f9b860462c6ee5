package search

import (
	"math"
	"time"
)

// The weights of a score.
const (
	usualLength = 120.0               // words of a message
	newness     = 30 * 24 * time.Hour // after which half of what being new adds is gone
	nearby      = 12.0                // words between terms that still belong together
)

func (k kind) weight() float64 {
	switch k {
	case label:
		return 3
	case prompt:
		return 1.3
	case toolInput:
		return 0.7
	}
	return 1
}

// score tells how well a document fits: as in BM25, how often each term occurs,
// with less and less effect, in a text of that length. How rare a term is does
// not count: all terms occur in all hits, and a score that knew would change
// with everything that is indexed.
func (s *search) score(c *candidate, words []token) float64 {
	length := 0.25 + 0.75*float64(len(words))/usualLength
	counts, span := s.occurrences(words)
	sum := 0.0
	for i, t := range s.terms {
		n := float64(counts[i])
		sum += float64(len(t.words)) * n * 2.2 / (n + 1.2*length)
	}
	if len(s.terms) > 1 {
		sum *= 1 + nearby/(nearby+float64(span))
	}
	age := max(0, time.Unix(s.cursor.Now, 0).Sub(c.time))
	recency := math.Exp2(-float64(age) / float64(newness))
	return sum * c.kind.weight() * (1 + recency)
}

// occurrences counts each term, and tells in how many words all of them occur
// together where they are closest.
func (s *search) occurrences(words []token) (counts []int, span int) {
	counts = make([]int, len(s.terms))
	last := make([]int, len(s.terms)) // where each was seen last, from 1
	span = len(words)
	for i := range words {
		for k, t := range s.terms {
			if t.at(words, i) == 0 {
				continue
			}
			counts[k]++
			last[k] = i + 1
			if oldest := lowest(last); oldest > 0 {
				span = min(span, i+1-oldest)
			}
		}
	}
	return counts, span
}

func lowest(all []int) int {
	least := math.MaxInt
	for _, n := range all {
		least = min(least, n)
	}
	return least
}
