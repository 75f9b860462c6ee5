package search

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// Why a query cannot be searched for.
var (
	ErrNoWords     = errors.New("there is no word in the query")
	ErrTooLong     = errors.New("the query has more than 1,000 bytes or 32 terms")
	ErrShortPrefix = errors.New("a prefix must have at least two letters")
)

const (
	maxQuery  = 1000 // bytes
	maxTerms  = 32
	minPrefix = 2 // characters: a shorter one fits half of all words
)

// term is one thing that must occur: words in this order, the last of them
// maybe the beginning of one only.
type term struct {
	words  []string
	prefix bool
}

// parse reads a query: words, "phrases in quotes", and prefixes (word*). There
// are no operators: every other character separates words. What is written
// without a space, as main.go or foo_bar, is a phrase. A quote that is not
// closed goes on to the end.
func parse(query string) ([]term, error) {
	if len(query) > maxQuery {
		return nil, ErrTooLong
	}
	query = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`).Replace(query)
	var terms []term
	for i, part := range strings.Split(query, `"`) {
		if quoted := i%2 == 1; quoted {
			terms = append(terms, term{words: wordsOf(part)})
			continue
		}
		for _, word := range strings.Fields(part) {
			terms = append(terms, term{words: wordsOf(word), prefix: strings.HasSuffix(word, "*")})
		}
	}
	return check(terms)
}

// check takes out terms without words.
func check(terms []term) ([]term, error) {
	var all []term
	for _, t := range terms {
		if len(t.words) == 0 {
			continue
		}
		if t.prefix && len(t.words) == 1 && utf8.RuneCountInString(t.words[0]) < minPrefix {
			return nil, ErrShortPrefix
		}
		all = append(all, t)
	}
	switch {
	case len(all) == 0:
		return nil, ErrNoWords
	case len(all) > maxTerms:
		return nil, ErrTooLong
	}
	return all, nil
}

func wordsOf(text string) (words []string) {
	for t := range tokens(text) {
		words = append(words, t.word)
	}
	return words
}

// match is the query in the database's own language. A folded word has letters
// and digits only, so nothing in it can be taken for an operator.
func match(terms []term) string {
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = `"` + strings.Join(t.words, " ") + `"`
		if t.prefix {
			parts[i] += " *"
		}
	}
	return strings.Join(parts, " AND ")
}

// at returns how many of the words from i on are an occurrence of the term; 0
// for none.
func (t term) at(words []token, i int) int {
	if i+len(t.words) > len(words) {
		return 0
	}
	last := len(t.words) - 1
	for k, w := range t.words {
		got := words[i+k].word
		if got != w && !(k == last && t.prefix && strings.HasPrefix(got, w)) {
			return 0
		}
	}
	return len(t.words)
}
