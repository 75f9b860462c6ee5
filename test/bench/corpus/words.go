package corpus

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// vocabulary is how many words there are. The first are the most common.
const vocabulary = 60_000

// Words are made-up words, the same in every corpus.
var words = makeWords()

func makeWords() []string {
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]string, vocabulary)
	for i := range all {
		var b strings.Builder
		for range 2 + random.IntN(min(2+i/100, 8)) {
			b.WriteByte("etaoinshrdlucmfwypvbgkjqxz"[int(26*random.Float64()*random.Float64())])
		}
		all[i] = b.String() + strconv.Itoa(i)[:i%2]
	}
	return all
}

// A speaker draws words: few of them often, most of them seldom.
type speaker struct{ common *rand.Zipf }

func newSpeaker(random *rand.Rand) speaker {
	return speaker{rand.NewZipf(random, 1.1, 4, vocabulary-1)}
}

func (s speaker) word() string { return words[s.common.Uint64()] }

// prose is some sentences of n words in all.
func (s speaker) prose(n int) string {
	var b strings.Builder
	for i := range n {
		switch {
		case i == 0:
		case i%90 == 0:
			b.WriteString(".\n\n")
		case i%12 == 0:
			b.WriteString(". ")
		default:
			b.WriteByte(' ')
		}
		b.WriteString(s.word())
	}
	return b.String() + "."
}

// Queries returns n searches as people make them: of one to three words,
// common and rare, some of them phrases or prefixes. They are the same for the
// same seed.
func Queries(n int, seed uint64) []string {
	random := rand.New(rand.NewPCG(seed, 77))
	s := newSpeaker(random)
	all := make([]string, n)
	for i := range all {
		all[i] = s.query(random)
	}
	return all
}

func (s speaker) query(random *rand.Rand) string {
	long := func() string {
		for {
			if w := s.word(); len(w) >= 4 {
				return w
			}
		}
	}
	switch random.IntN(10) {
	case 0:
		return `"` + s.word() + " " + s.word() + `"`
	case 1:
		return long()[:4] + "*"
	case 2, 3, 4:
		return long()
	case 5, 6, 7:
		return long() + " " + long()
	}
	return long() + " " + long() + " " + long()
}
