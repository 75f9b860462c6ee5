package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTokens(t *testing.T) {
	tests := []struct {
		text string
		want string // folded
	}{
		{"", ""},
		{" .,-*\x00\"", ""},
		{"Hello, World!", "hello world"},
		{"foo_bar-baz.go:12", "foo bar baz go 12"},
		{"Größe ÉCOLE naïve", "große ecole naive"},
		{"re\u0301sume\u0301", "resume"},
		{"ﬁle ２０２６", "file 2026"},
		{"Привет МИР", "привет мир"},
		{"時計が遅れる", "時 計 か 遅 れ る"},
		{"Go言語", "go 言 語"},
		{"한국어 검색", foldWord("한국어") + " " + foldWord("검색")},
		{"a\xffb", "a b"},
		{"x\u0301\u0302y", "xy"},
		{strings.Repeat("a", 200), strings.Repeat("a", maxToken)},
		{"🙂 smile", "smile"},
	}
	for _, test := range tests {
		if got := folded(test.text); got != test.want {
			t.Errorf("folded(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

func TestParse(t *testing.T) {
	tests := []struct {
		query string
		want  string // in the database's language
		err   error
	}{
		{"one", `"one"`, nil},
		{"one  Two", `"one" AND "two"`, nil},
		{`"one two"`, `"one two"`, nil},
		{`a "b c" d`, `"a" AND "b c" AND "d"`, nil},
		{`“b c”`, `"b c"`, nil},
		{`a "b c`, `"a" AND "b c"`, nil},
		{`a"b"c`, `"a" AND "b" AND "c"`, nil},
		{`""`, "", ErrNoWords},
		{"migrat*", `"migrat" *`, nil},
		{`"migrat*"`, `"migrat"`, nil},
		{"foo_b*", `"foo b" *`, nil},
		{"m*n", `"m n"`, nil},
		{"a*", "", ErrShortPrefix},
		{"時*", "", ErrShortPrefix},
		{"*", "", ErrNoWords},
		{"", "", ErrNoWords},
		{"...", "", ErrNoWords},
		{"x AND NOT y", `"x" AND "and" AND "not" AND "y"`, nil},
		{strings.Repeat("x", maxQuery+1), "", ErrTooLong},
		{strings.Repeat("x ", maxTerms+1), "", ErrTooLong},
	}
	for _, test := range tests {
		terms, err := parse(test.query)
		if got := match(terms); got != test.want || err != test.err {
			t.Errorf("parse(%q) = %q, %v; want %q, %v", test.query, got, err, test.want, test.err)
		}
	}
}

// FuzzParse: whatever is typed, the database understands it, and finds the text
// in which it stands.
func FuzzParse(f *testing.F) {
	for _, q := range []string{"one two", `"a b" c*`, `"`, "foo_bar.go", "時計 \u0301", "x\x00y NEAR(a b)", "ﬁ* İ ǅ ß", "a\u0345b"} {
		f.Add(q)
	}
	p := newPlace(f)
	f.Fuzz(func(t *testing.T, query string) {
		terms, err := parse(query)
		if err != nil {
			return
		}
		if len(terms) > maxTerms {
			t.Errorf("%d terms", len(terms))
		}
		var docs int
		if err := p.db.read.QueryRow(`SELECT count(*) FROM words WHERE words MATCH ?`, match(terms)).Scan(&docs); err != nil {
			t.Errorf("%q: %v", match(terms), err)
		}
		words := slices.Collect(tokens(query))
		for _, term := range terms {
			found := false
			for i := range words {
				found = found || term.at(words, i) > 0
			}
			if !found && !strings.ContainsAny(query, "\"“”„") {
				t.Errorf("%q: the term %q is not in its own query", query, term.words)
			}
		}
		for _, w := range words {
			if w.word == "" || len(w.word) > maxToken || !utf8.ValidString(w.word) || w.start >= w.end {
				t.Errorf("%q has the word %+v", query, w)
			}
		}
	})
}

func TestSnippet(t *testing.T) {
	far := strings.Repeat("lorem ipsum ", 40)
	tests := []struct {
		name, text, query, want string
	}{
		{"whole", "fix the clock now.", "clock", "fix the **clock** now."},
		{"on one line", "fix\n\n\tthe clock", "clock", "fix the **clock**"},
		{"case and accents", "Die GRÖßE zählt", "größe zahlt", "Die **GRÖßE** **zählt**"},
		{"phrase", "a clock, a wall-clock time", `"wall clock"`, "a clock, a **wall-clock** time"},
		{"prefix", "migrating migrations", "migra*", "**migrating migrations**"},
		{"far inside", far + "the clock drifts " + far, "clock",
			"…ipsum lorem ipsum lorem ipsum the **clock** drifts lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum…"},
		{"where most is", "clock " + far + "clock and time", "time clock", "…lorem ipsum lorem ipsum lorem ipsum **clock** and **time**"},
		{"nothing to mark", "fix the clock", "other", "fix the clock"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			terms, err := parse(test.query)
			if err != nil {
				t.Fatal(err)
			}
			if got := snippet(test.text, slices.Collect(tokens(test.text)), terms); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// A snippet is short whatever the text.
func TestSnippetIsBounded(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("x", 1<<20), strings.Repeat("longword", 50) + " " + strings.Repeat("clock ", 1000),
		"clock" + strings.Repeat("-", 1<<16) + "clock", strings.Repeat(strings.Repeat("y", 500)+" clock ", 50),
	} {
		terms, err := parse("clock")
		if err != nil {
			t.Fatal(err)
		}
		if got := snippet(text, slices.Collect(tokens(text)), terms); len(got) > 3*snippetBytes {
			t.Errorf("%.20q…: %d bytes", text, len(got))
		}
	}
}
