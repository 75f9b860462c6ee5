package agent

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 200<<10)
	tests := []struct {
		name, in string
		limit    int
		want     []string
		skipped  int
	}{
		{"some", "a\nb\r\n\n  \nc\n", 100, []string{"a", "b", "c"}, 0},
		{"torn", "a\nb", 100, []string{"a", "b (torn)"}, 0},
		{"none", "", 100, nil, 0},
		{"long", long + "\nb\n", 1 << 20, []string{long, "b"}, 0},
		{"too long", "a\n" + long + "\nb\n", 100, []string{"a", "b"}, 1},
		{"too long and torn", "a\n" + long, 100, []string{"a"}, 1},
		{"just not too long", "1234\n", 5, []string{"1234"}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newLineReader(iotest.HalfReader(strings.NewReader(test.in)), test.limit)
			var got []string
			for {
				line, whole, err := r.next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if !whole {
					line = append(line, " (torn)"...)
				}
				got = append(got, string(line))
			}
			if strings.Join(got, "|") != strings.Join(test.want, "|") || r.skipped != test.skipped {
				t.Errorf("got %.100q, %d skipped, want %.100q, %d", got, r.skipped, test.want, test.skipped)
			}
		})
	}
}

func TestLinesEndWithTheReadersError(t *testing.T) {
	r := newLineReader(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("a\nb\n"))), 100)
	var err error
	for err == nil {
		_, _, err = r.next()
	}
	if !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("got %v, want the reader's error", err)
	}
}

func TestTail(t *testing.T) {
	kept := &tail{limit: 4}
	for _, test := range []struct{ write, want string }{
		{"ab", "ab"}, {"c", "abc"}, {"de", "bcde"}, {"", "bcde"}, {"123456789", "6789"}, {"0", "7890"},
	} {
		if n, err := kept.Write([]byte(test.write)); n != len(test.write) || err != nil {
			t.Errorf("Write(%q) = %d, %v", test.write, n, err)
		}
		if got := kept.String(); got != test.want {
			t.Errorf("after %q: %q, want %q", test.write, got, test.want)
		}
	}
}
