package agent

import (
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestConfigDir(t *testing.T) {
	tests := []struct {
		env  []string
		want string
	}{
		{[]string{"HOME=/h"}, filepath.Join("/h", ".claude")},
		{[]string{"HOME=/h", "CLAUDE_CONFIG_DIR=/c"}, "/c"},
		{[]string{"HOME=/h", "HOME=/i", "CLAUDE_CONFIG_DIR="}, filepath.Join("/i", ".claude")},
		{nil, ""},
	}
	for _, test := range tests {
		if got := ConfigDir(test.env); got != test.want {
			t.Errorf("ConfigDir(%q) = %q, want %q", test.env, got, test.want)
		}
	}
}

func TestProjectFolder(t *testing.T) {
	long := "/" + strings.Repeat("abcdefghi/", 25)
	tests := []struct{ cwd, want string }{
		{"/nowhere/a_b.c/D 1", "-nowhere-a-b-c-D-1"},
		{"/nowhere/é𝄞", "-nowhere----"}, // one unit and two
		{long[:200], strings.ReplaceAll(long[:200], "/", "-")},
		{long[:201], strings.ReplaceAll(long[:200], "/", "-") + "-py9i7r"},
	}
	for _, test := range tests {
		if got := ProjectFolder(test.cwd); got != test.want {
			t.Errorf("ProjectFolder(%s)\n got %s\nwant %s", test.cwd, got, test.want)
		}
	}
}

func TestProjectFolderFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skipf("no links here: %v", err)
	}
	if got, want := ProjectFolder(link), ProjectFolder(dir); got != want {
		t.Errorf("ProjectFolder of a link is %s, want %s", got, want)
	}
}

// write makes a file and the folders above it.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFindTranscript(t *testing.T) {
	config, cwd := t.TempDir(), t.TempDir()
	if _, err := FindTranscript(config, cwd, idA); !errors.Is(err, ErrNoTranscript) {
		t.Errorf("without any project: %v, want ErrNoTranscript", err)
	}
	elsewhere := filepath.Join(config, "projects", "-elsewhere", idA+".jsonl")
	write(t, elsewhere, "{}\n")
	if got, err := FindTranscript(config, cwd, idA); err != nil || got != elsewhere {
		t.Errorf("got %s, %v, want %s", got, err, elsewhere)
	}
	expected := TranscriptPath(config, cwd, idA, "")
	write(t, expected, "{}\n")
	if got, err := FindTranscript(config, cwd, idA); err != nil || got != expected {
		t.Errorf("got %s, %v, want %s", got, err, expected)
	}
	for _, id := range []string{idB, "", "../x", "*"} {
		if _, err := FindTranscript(config, cwd, id); !errors.Is(err, ErrNoTranscript) {
			t.Errorf("session %q: %v, want ErrNoTranscript", id, err)
		}
	}
}

func TestTranscriptFiles(t *testing.T) {
	config, cwd := t.TempDir(), t.TempDir()
	path := TranscriptPath(config, cwd, idA, "")
	want := []TranscriptFile{{Path: path}}
	if got, err := TranscriptFiles(path); err != nil || !slices.Equal(got, want) {
		t.Errorf("TranscriptFiles = %v, %v, want %v", got, err, want)
	}
	sub := TranscriptPath(config, cwd, idA, "subagents/agent-x")
	write(t, sub, "{}\n")
	write(t, filepath.Join(filepath.Dir(sub), "agent-x.meta.json"), "{}")
	want = append(want, TranscriptFile{Path: sub, Sub: "subagents/agent-x"})
	if got, err := TranscriptFiles(path); err != nil || !slices.Equal(got, want) {
		t.Errorf("TranscriptFiles = %v, %v, want %v", got, err, want)
	}
}

// collect reads all lines of a transcript.
func collect(t *testing.T, lines iter.Seq2[json.RawMessage, error]) []string {
	t.Helper()
	var got []string
	for line, err := range lines {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(line))
	}
	return got
}

func TestReadLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.jsonl")
	write(t, path, `{"b":1, "a":12345678901234567890}`+"\n\n"+`{"x":2}`+"\n"+`{"torn":`)
	want := []string{`{"b":1, "a":12345678901234567890}`, `{"x":2}`}
	if got := collect(t, ReadLines(path, 0)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := collect(t, ReadLines(path, int64(len(want[0])+1))); !slices.Equal(got, want[1:]) {
		t.Errorf("from an offset: got %q, want %q", got, want[1:])
	}
	for range ReadLines(path, 0) {
		break // must not go on
	}
	n := 0
	for line, err := range ReadLines(path+"x", 0) {
		if n++; line != nil || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("of a file that is not there: %q, %v", line, err)
		}
	}
	if n != 1 {
		t.Errorf("the error came %d times, want once", n)
	}
}

func TestSavedCost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.jsonl")
	tests := []struct {
		text string
		want float64
	}{
		{"", 0},
		{`{"type":"cost-state","totalCostUSD":0.5}` + "\n" + `{"type":"user","message":{"content":"\"cost-state\""}}` + "\n", 0.5},
		{`{"type":"cost-state","totalCostUSD":0.5}` + "\n" + `{"type":"cost-state","totalCostUSD":0.75}` + "\n" + `{"type":"cost-state","totalCo`, 0.75},
	}
	for _, test := range tests {
		write(t, path, test.text)
		if got, err := SavedCost(path); err != nil || got != test.want {
			t.Errorf("SavedCost of %q = %v, %v, want %v", test.text, got, err, test.want)
		}
	}
	if _, err := SavedCost(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("SavedCost of no file: %v", err)
	}
}

// linesOf yields lines, and then err if it is not nil.
func linesOf(err error, lines ...string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for _, line := range lines {
			if !yield(json.RawMessage(line), nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func TestRestore(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "projects", "p", "t.jsonl")
	if err := Restore(path, linesOf(nil, `{"a":1}`, `{"b":2}`)); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "{\"a\":1}\n{\"b\":2}\n" {
		t.Errorf("restored %q", got)
	}
	if runtime.GOOS != "windows" {
		for path, want := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700 | fs.ModeDir} {
			if info, err := os.Stat(path); err != nil || info.Mode() != want {
				t.Errorf("mode of %s is %v, want %v", path, info.Mode(), want)
			}
		}
	}
	if err := Restore(path, linesOf(nil, `{"c":3}`)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Restore over a file: %v, want ErrExist", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "{\"a\":1}\n{\"b\":2}\n" {
		t.Errorf("a file that was there is now %q", got)
	}
}

func TestRestoreIsAllOrNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.jsonl")
	broken := errors.New("store broken")
	if err := Restore(path, linesOf(broken, `{"a":1}`)); !errors.Is(err, broken) {
		t.Errorf("Restore = %v, want the lines' error", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
		t.Errorf("%v are left", left)
	}
}

func TestPlaceNeverReplaces(t *testing.T) {
	dir := t.TempDir()
	temp, path := filepath.Join(dir, "temp"), filepath.Join(dir, "path")
	write(t, temp, "new")
	write(t, path, "old")
	if err := place(temp, path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("place = %v, want ErrExist", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("the file is now %q", got)
	}
}
