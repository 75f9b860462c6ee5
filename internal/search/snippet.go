package search

import "strings"

// How long a snippet is.
const (
	snippetWords = 28
	snippetLead  = 6   // of them before the first that is marked
	snippetBytes = 300 // without marks, about
)

// snippet is the part of a text in which most terms occur, with each occurrence
// **marked**, on one line. "…" stands for what is left out: before and after,
// and of what is no words or one endless word.
func snippet(text string, words []token, terms []term) string {
	if len(words) == 0 {
		return ""
	}
	marks := markWords(words, terms)
	from, to := window(words, marks)
	var b strings.Builder
	at, open := 0, 0 // open is the term whose mark is open
	if from > 0 {
		b.WriteString("…")
		at = words[from].start
	}
	for i := from; i < to; i++ {
		if open != 0 && marks[i] != open {
			b.WriteString("**")
		}
		b.WriteString(gap(text[at:words[i].start]))
		if marks[i] != 0 && marks[i] != open {
			b.WriteString("**")
		}
		open, at = marks[i], words[i].end
		b.WriteString(short(text[words[i].start:at]))
	}
	if open != 0 {
		b.WriteString("**")
	}
	if to < len(words) {
		b.WriteString("…")
	} else {
		b.WriteString(gap(text[at:]))
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

const maxGap = 16 // bytes between words that are shown

// gap is what stands between two words, shortened.
func gap(s string) string {
	if len(s) <= maxGap {
		return s
	}
	if s = strings.Join(strings.Fields(s), " "); len(s) <= maxGap {
		return " " + s + " "
	}
	return " … "
}

// short is a word, or its beginning.
func short(s string) string {
	if len(s) <= maxToken {
		return s
	}
	return strings.ToValidUTF8(s[:maxToken], "") + "…"
}

// markWords tells for each word which term it is part of, counted from 1.
func markWords(words []token, terms []term) []int {
	marks := make([]int, len(words))
	for i := range words {
		for k, t := range terms {
			for n := range t.at(words, i) {
				marks[i+n] = k + 1
			}
		}
	}
	return marks
}

// window finds the words in which most terms occur, the first such place.
func window(words []token, marks []int) (from, to int) {
	best := 0
	to = extent(words, 0)
	for i, mark := range marks {
		if mark == 0 {
			continue
		}
		start := max(0, i-snippetLead)
		end := extent(words, start)
		seen := map[int]bool{}
		for _, m := range marks[min(i, end):end] {
			if m != 0 {
				seen[m] = true
			}
		}
		if len(seen) > best {
			best, from, to = len(seen), start, end
		}
	}
	return from, to
}

// extent is where a snippet that begins at a word ends. It has the word that it
// is about, after the lead, in any case.
func extent(words []token, from int) int {
	bytes, to := 0, from
	for to < min(len(words), from+snippetWords) && (bytes < snippetBytes || to <= from+snippetLead) {
		bytes += min(words[to].end-words[to].start, maxToken) + 1
		to++
	}
	return to
}
