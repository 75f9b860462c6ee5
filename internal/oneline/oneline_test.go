package oneline_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

func FuzzCut(f *testing.F) {
	for _, s := range []string{"", " ", "a", " a", "a ", "a  b", "a\tb\n", "one two", "é à", "a\u00a0b", "a\u0085", "日本語 です", "\xff\xfe", "a\x7fb", "ab…"} {
		for _, limit := range []int{1, 2, 3, 100} {
			f.Add(s, limit)
		}
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 1 {
			return
		}
		line := strings.Join(strings.Fields(s), " ")
		if got := oneline.Of(s); got != line {
			t.Errorf("Of(%q) = %q, want %q", s, got, line)
		}
		want := line
		if utf8.RuneCountInString(line) > limit {
			end := 0
			for range limit - 1 {
				_, size := utf8.DecodeRuneInString(line[end:])
				end += size
			}
			want = line[:end] + "…"
		}
		if got := oneline.Cut(s, limit); got != want {
			t.Errorf("Cut(%q, %d) = %q, want %q", s, limit, got, want)
		}
	})
}
