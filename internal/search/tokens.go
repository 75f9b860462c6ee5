package search

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxToken bounds a word, in bytes: what is longer is no word, and is found by
// its beginning.
const maxToken = 64

// token is a word as it is searched for, and where it stands in its text.
type token struct {
	word       string // folded: case and accents make no difference
	start, end int    // bytes
}

// tokens yields the words of a text: runs of letters and digits. Scripts that
// put no space between words are taken character by character, so that a word
// of them is found as a phrase.
func tokens(text string) iter.Seq[token] {
	return func(yield func(token) bool) {
		for at := 0; at < len(text); {
			if c := text[at]; c < utf8.RuneSelf && !wordByte[c] {
				at++
				continue
			}
			if end, plain := plainWord(text, at); plain {
				if !yield(token{cut(text[at:end]), at, end}) {
					return
				}
				at = end
				continue
			}
			r, size := utf8.DecodeRuneInString(text[at:])
			if !inWord(r) {
				at += size
				continue
			}
			end := at + size
			if !standsAlone(r) {
				end = wordEnd(text, end)
			}
			if word := foldWord(text[at:end]); word != "" && !yield(token{word, at, end}) {
				return
			}
			at = end
		}
	}
}

// plainWord finds the end of a word that is as it is searched for: of lower-case
// letters and digits alone, as nearly all are.
func plainWord(text string, at int) (end int, plain bool) {
	for end = at; end < len(text) && plainByte[text[end]]; end++ {
	}
	return end, end > at && (end == len(text) || text[end] < utf8.RuneSelf && !wordByte[text[end]])
}

func wordEnd(text string, at int) int {
	for at < len(text) {
		if wordByte[text[at]] {
			at++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		if !inWord(r) && !unicode.Is(unicode.Mn, r) || standsAlone(r) {
			break
		}
		at += size
	}
	return at
}

// Which bytes are letters or digits by themselves: nearly all of most texts, and
// worth a shorter way.
var (
	plainByte = setOf("abcdefghijklmnopqrstuvwxyz0123456789")
	wordByte  = setOf("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
)

func setOf(bytes string) (in [256]bool) {
	for _, c := range []byte(bytes) {
		in[c] = true
	}
	return in
}

func inWord(r rune) bool {
	if r < utf8.RuneSelf {
		return wordByte[r]
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r))
}

func standsAlone(r rune) bool {
	return r > 0x0dff && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// foldWord makes words equal that differ in case, accents or width only.
func foldWord(s string) string {
	s = s[:min(len(s), 4*maxToken)]
	if isASCII(s) {
		return cut(strings.ToLower(s))
	}
	s = norm.NFKD.String(strings.ToLower(strings.ToValidUTF8(s, "")))
	return cut(strings.ToLower(strings.Map(func(r rune) rune {
		if !inWord(r) {
			return -1
		}
		return r
	}, s)))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func cut(word string) string {
	if len(word) <= maxToken {
		return word
	}
	return strings.ToValidUTF8(word[:maxToken], "")
}

// folded is a text as the database indexes it: its words, a space between.
func folded(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for t := range tokens(text) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.word)
	}
	return b.String()
}
