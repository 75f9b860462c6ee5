package daemon

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestUserDataDir(t *testing.T) {
	tests := []struct {
		goos string
		env  map[string]string
		want string
	}{
		{"linux", map[string]string{"HOME": "/home/a"}, "/home/a/.local/share"},
		{"linux", map[string]string{"HOME": "/home/a", "XDG_DATA_HOME": "/data"}, "/data"},
		{"linux", map[string]string{"HOME": "/home/a", "XDG_DATA_HOME": "data"}, "/home/a/.local/share"},
		{"linux", nil, ""},
		{"darwin", map[string]string{"HOME": "/Users/a", "XDG_DATA_HOME": "/data"}, "/Users/a/Library/Application Support"},
		{"windows", map[string]string{"LocalAppData": `C:\a`, "HOME": "/home/a"}, `C:\a`},
	}
	for _, tt := range tests {
		if got := userDataDir(tt.goos, getenv(tt.env)); got != filepath.FromSlash(tt.want) {
			t.Errorf("%s with %v: got %q, want %q", tt.goos, tt.env, got, tt.want)
		}
	}
}

func getenv(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

func TestDataDir(t *testing.T) {
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	flag, variable := filepath.Join(home, "flag"), filepath.Join(home, "variable")
	env := map[string]string{"HOME": home, "LocalAppData": home, EnvDataDir: variable}
	tests := []struct {
		name, flag string
		env        map[string]string
		want       string
	}{
		{"flag beats variable", flag, env, flag},
		{"variable beats default", "", env, variable},
		{"default", "", map[string]string{"HOME": home, "LocalAppData": home}, filepath.Join(userDataDir(runtime.GOOS, getenv(env)), "claude-sessions")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := DataDir(tt.flag, getenv(tt.env))
			if err != nil || got != tt.want {
				t.Fatalf("got %q, %v; want %q", got, err, tt.want)
			}
			if again, err := DataDir(tt.flag, getenv(tt.env)); err != nil || again != got {
				t.Errorf("once more: got %q, %v", again, err)
			}
		})
	}
}

func TestDataDirResolvesLinks(t *testing.T) {
	h := newHome(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(h.dir, link); err != nil {
		t.Fatal(err)
	}
	want, err := filepath.EvalSymlinks(h.dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DataDir(link, getenv(nil)); err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestDataDirWithoutHome(t *testing.T) {
	_, err := DataDir("", getenv(nil))
	if err == nil || !strings.Contains(err.Error(), EnvDataDir) {
		t.Errorf("got %v, want to be told how to choose a folder", err)
	}
}

func TestOpenLogIsPrivate(t *testing.T) {
	h := newHome(t)
	log := OpenLog(h.dir)
	defer log.Close()
	if _, err := log.Write([]byte("hello\n")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(h.dir, LogName))
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got&0o077 != 0 && runtime.GOOS != "windows" {
		t.Errorf("the log has mode %v, want it private", got)
	}
}

func TestSocketPaths(t *testing.T) {
	got := socketPaths("/data", "/run/user/7", "/t")
	if len(got) != 3 {
		t.Fatalf("got %q, want three places", got)
	}
	name := filepath.Base(got[0])
	if filepath.Dir(got[0]) != "/run/user/7/claude-sessions" || len(name) != len("01234567.sock") {
		t.Errorf("with a runtime folder: %s", got[0])
	}
	if dir, base := filepath.Split(got[1]); !strings.HasPrefix(dir, "/t/claude-sessions") || base != name {
		t.Errorf("in the temp folder: %s", got[1])
	}
	if other := socketPaths("/data2", "/run/user/7", "/t"); other[0] == got[0] {
		t.Errorf("two data folders share %s", got[0])
	}
	for _, runtimeDir := range []string{"", "relative"} {
		if without := socketPaths("/data", runtimeDir, "/t"); without[0] != got[1] {
			t.Errorf("with runtime folder %q: %s first, want %s", runtimeDir, without[0], got[1])
		}
	}
}
