package agent

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"
)

// more appends to a file.
func more(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// readOn returns the new lines, and lets f come back from JSON first, as it
// does between engines.
func readOn(t *testing.T, f *Following, path string) []string {
	t.Helper()
	raw, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	*f = Following{limit: f.limit}
	if err := json.Unmarshal(raw, f); err != nil {
		t.Fatal(err)
	}
	var lines []string
	err = f.ReadOn(path, func(line json.RawMessage) error {
		lines = append(lines, string(line))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestFollowing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.jsonl")
	var f Following
	if err := f.ReadOn(path, nil); err == nil {
		t.Error("a file that is not there was read")
	}
	steps := []struct {
		name   string
		change func()
		want   []string
	}{
		{"the beginning, with a torn line", func() { more(t, path, `{"a":1}`+"\n"+`{"b":`) }, []string{`{"a":1}`}},
		{"nothing new", func() {}, nil},
		{"the rest of the line", func() { more(t, path, "2}\n\n") }, []string{`{"b":2}`}},
		{"more", func() { more(t, path, `{"c":3}`+"\n") }, []string{`{"c":3}`}},
		{"a shorter file", func() { write(t, path, `{"a":1}`+"\n") }, []string{`{"a":1}`}},
		{"a short line first", func() { write(t, path, "no\n"+`{"a":1}`+"\n") }, []string{`{"a":1}`}},
		{"another file that begins with it", func() { write(t, path, "no\n"+`{"b":1}`+"\n") }, []string{`{"b":1}`}},
		{"another file", func() { write(t, path, `{"z":1}`+"\n"+`{"y":2}`+"\n") }, []string{`{"z":1}`, `{"y":2}`}},
	}
	for _, step := range steps {
		step.change()
		if got := readOn(t, &f, path); !slices.Equal(got, step.want) {
			t.Errorf("%s: got %q, want %q", step.name, got, step.want)
		}
	}
	if f.Restarts != 4 {
		t.Errorf("the file was read anew %d times, want 4", f.Restarts)
	}
}

func TestFollowingPassesOver(t *testing.T) {
	const limit = 3 << 20
	path := filepath.Join(t.TempDir(), "t.jsonl")
	more(t, path, "no JSON\n[1]\n{\"a\":\x00}\n{\"ok\":\"\xff\"}\n")
	more(t, path, `{"long":"`+strings.Repeat("x", limit)+`"}`+"\n")
	more(t, path, `{"ok":2}`+"\n"+`{"torn and long":"`+strings.Repeat("x", limit))
	f := Following{limit: limit}
	if got, want := readOn(t, &f, path), []string{"{\"ok\":\"\xff\"}", `{"ok":2}`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if want := map[string]int{PassedNoJSON: 3, PassedTooLong: 1}; !maps.Equal(f.PassedOver, want) {
		t.Errorf("passed over %v, want %v", f.PassedOver, want)
	}
	more(t, path, "\"}\n"+`{"ok":3}`+"\n")
	if got, want := readOn(t, &f, path), []string{`{"ok":3}`}; !slices.Equal(got, want) {
		t.Errorf("then %q, want %q", got, want)
	}
	if want := map[string]int{PassedNoJSON: 3, PassedTooLong: 2}; !maps.Equal(f.PassedOver, want) {
		t.Errorf("then passed over %v, want %v", f.PassedOver, want)
	}
}

// What use has refused is where the next read goes on after: it was given it.
func TestFollowingStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.jsonl")
	write(t, path, "{\"a\":1}\n{\"b\":2}\n")
	var f Following
	if err := f.ReadOn(path, func(json.RawMessage) error { return os.ErrClosed }); err == nil {
		t.Error("the error of use is lost")
	}
	if got, want := readOn(t, &f, path), []string{`{"b":2}`}; !slices.Equal(got, want) {
		t.Errorf("then %q, want %q", got, want)
	}
}

// However a file comes to be what it is, piece by piece, what is read of it is
// what is read of the whole: each line is given or counted, and none twice.
func FuzzFollowing(f *testing.F) {
	f.Add([]byte("{\"a\":1}\n\n{\"b\":\xff}\nno JSON\r\n{\"torn\":"), uint16(3), uint16(12))
	f.Add([]byte("\x00\n[1]\n{}\n{\"uuid\":\"u\",\"type\":\"user\",\"message\":{\"content\":\"x\"}}\n"), uint16(1), uint16(2))
	f.Fuzz(func(t *testing.T, text []byte, one, two uint16) {
		dir := t.TempDir()
		read := func(name string, cuts ...int) (Following, []string) {
			path, f, from := filepath.Join(dir, name), Following{limit: 1 << 10}, 0
			var lines []string
			for _, cut := range append(cuts, len(text)) {
				cut = min(max(cut, from), len(text))
				more(t, path, string(text[from:cut]))
				lines, from = append(lines, readOn(t, &f, path)...), cut
			}
			return f, lines
		}
		whole, want := read("whole")
		pieces, got := read("pieces", int(one), int(one)+int(two))
		if !slices.Equal(got, want) {
			t.Errorf("in pieces: got %q, want %q", got, want)
		}
		if pieces.Offset != whole.Offset || pieces.Restarts != 0 || !maps.Equal(pieces.PassedOver, whole.PassedOver) {
			t.Errorf("in pieces: read %d bytes, %d times anew, passed over %v; at once: %d, %v",
				pieces.Offset, pieces.Restarts, pieces.PassedOver, whole.Offset, whole.PassedOver)
		}
	})
}

// TestLongLinesTakeTurns reads files with long lines at once: there is one such
// line in memory at a time, and short ones do not wait for it.
func TestLongLinesTakeTurns(t *testing.T) {
	dir := t.TempDir()
	short := filepath.Join(dir, "short")
	if err := os.WriteFile(short, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	long := []byte(`{}` + strings.Repeat(" ", longLine) + "\n")
	long[len(long)-2], long[1] = '}', ' '
	var held, most, seen atomic.Int32
	var files errgroup.Group
	for i := range 6 {
		path := filepath.Join(dir, strconv.Itoa(i))
		if err := os.WriteFile(path, bytes.Repeat(long, 2), 0o600); err != nil {
			t.Fatal(err)
		}
		files.Go(func() error {
			var f Following
			return f.ReadOn(path, func(line json.RawMessage) error {
				most.Store(max(most.Load(), held.Add(1)))
				defer held.Add(-1)
				seen.Add(1)
				for range 4 {
					sha256.Sum256(line) // long enough for the others to come
				}
				var other Following
				return other.ReadOn(short, nil)
			})
		})
	}
	if err := files.Wait(); err != nil {
		t.Fatal(err)
	}
	if most.Load() != 1 || seen.Load() != 12 {
		t.Errorf("%d long lines at once, %d in all; want 1 and 12", most.Load(), seen.Load())
	}
}
