package engine

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func TestCheckFolder(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"root/sub", "other", "rootless"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"root/out": "other", "in": "root/sub", "alias": "root"} {
		if err := os.Symlink(filepath.Join(dir, target), filepath.Join(dir, name)); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	tests := []struct {
		root, folder string
		want         Code
	}{
		{"root", "root", ""},
		{"root", "root/sub", ""},
		{"root", "root/sub/later", ""},
		{"root", "in", ""},
		{"alias", "root/sub", ""},
		{"alias", "alias/later", ""},
		{"root", "other", PermissionDenied},
		{"root", "rootless", PermissionDenied},
		{"root", "root/../other", PermissionDenied},
		{"root", "root/out", PermissionDenied},
		{"root", "root/out/later", PermissionDenied},
		{"root", ".", PermissionDenied},
	}
	for _, test := range tests {
		policy := Policy{Roots: []string{filepath.Join(dir, test.root)}}
		if got := code(policy.checkFolder(filepath.Join(dir, test.folder))); got != test.want {
			t.Errorf("root %s, folder %s: got %q, want %q", test.root, test.folder, got, test.want)
		}
		raw := Policy{Roots: []string{dir + "/" + test.root}}
		if got := code(raw.checkFolder(dir + "/" + test.folder)); got != test.want {
			t.Errorf("root %s, folder %s as written: got %q, want %q", test.root, test.folder, got, test.want)
		}
	}
	if err := (Policy{}).checkFolder(dir); err != nil {
		t.Errorf("without roots: %v", err)
	}
}

// Logins are told apart, and nothing else: neither the order of variables nor
// what has nothing to do with it.
func TestFingerprint(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	e := p.engine(Config{})
	print := func(env ...string) string { return e.fingerprint(Caller{Env: env}) }
	base := print("HOME=/h", "ANTHROPIC_API_KEY=k")
	for name, same := range map[string]string{
		"order":    print("ANTHROPIC_API_KEY=k", "HOME=/h"),
		"path":     print("HOME=/h", "ANTHROPIC_API_KEY=k", "PATH=/bin", "TERM=x"),
		"the last": print("HOME=/x", "HOME=/h", "ANTHROPIC_API_KEY=k"),
	} {
		if same != base {
			t.Errorf("%s: not the same login", name)
		}
	}
	for name, other := range map[string]string{
		"key":     print("HOME=/h", "ANTHROPIC_API_KEY=other"),
		"no key":  print("HOME=/h"),
		"home":    print("HOME=/x", "ANTHROPIC_API_KEY=k"),
		"config":  print("HOME=/h", "ANTHROPIC_API_KEY=k", "CLAUDE_CONFIG_DIR=/c"),
		"gateway": print("HOME=/h", "ANTHROPIC_API_KEY=k", "ANTHROPIC_BASE_URL=http://x"),
	} {
		if other == base {
			t.Errorf("%s: taken for the same login", name)
		}
	}
	if elsewhere := newPlace(t, sessionstore.Options{}).engine(Config{}); elsewhere.fingerprint(Caller{Env: []string{"HOME=/h", "ANTHROPIC_API_KEY=k"}}) == base {
		t.Error("the fingerprint can be guessed: it does not depend on the store's secret")
	}
}

func TestChildEnvironment(t *testing.T) {
	env := &environment{depth: 1, inside: []string{"a", "b"}, caller: Caller{Env: []string{"PATH=/bin", "SECRET=s", "EXTRA=e", "CLAUDE_SESSIONS_DEPTH=1", "CLAUDE_SESSIONS_SESSION=b"}}}
	got := env.child([]string{"EXTRA", "CLAUDE_SESSIONS_DEPTH"}, "/data")
	want := []string{"PATH=/bin", "EXTRA=e", "CLAUDE_SESSIONS_DEPTH=2", "CLAUDE_SESSIONS_ANCESTORS=a,b", "CLAUDE_SESSIONS_DATA_DIR=/data"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
