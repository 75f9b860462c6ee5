package workdir

import (
	"path/filepath"
	"runtime"
	"testing"
)

func TestBase(t *testing.T) {
	for p, want := range map[string]string{
		"": "", "/": "/", "/home/kim/app": "app", "/home/kim/app/": "app", `/home/kim/a\b`: `a\b`, "/mnt/c/app": "app",
		`C:\Users\kim\dev\app`: "app", `C:\Users\kim\dev\app\`: "app", "c:/dev/app": "app", `C:\`: "C:", `\\server\share\x`: "x", `C:\dev/mixed`: "mixed",
	} {
		if runtime.GOOS == "windows" && p == `/home/kim/a\b` {
			continue
		}
		if got := Base(p); got != want {
			t.Errorf("Base(%q) = %q, want %q", p, got, want)
		}
	}
}

func TestAbs(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths are of Linux and macOS")
	}
	for p, want := range map[string]string{
		"": "/work", "sub": "/work/sub", "/a/../b/": "/b", `C:\Users\kim`: `C:\Users\kim`, `C:\Users\kim\`: `C:\Users\kim`, `C:\`: `C:\`,
		`\\server\share`: `\\server\share`, "c:/x": "c:/x", "c:x": "/work/c:x", `\x`: `/work/\x`,
	} {
		if got := Abs("/work", p); got != want {
			t.Errorf("Abs(%q) = %q, want %q", p, got, want)
		}
	}
}

func TestWithin(t *testing.T) {
	for _, test := range []struct {
		dir, p string
		want   bool
	}{
		{"/a/b", "/a/b", true}, {"/a/b/", "/a/b", true}, {"/a/b", "/a/b/c", true}, {"/a/b", "/a/bc", false}, {"/a/B", "/a/b", false}, {"/", "/a", true},
		{`C:\Dev`, `c:\dev\app`, true}, {`c:/dev/`, `C:\Dev\app`, true}, {`C:\dev`, `C:\device`, false}, {`\\S\x`, `\\s\X\y`, true}, {`C:\dev`, "/dev", false},
	} {
		if got := Within(test.dir, test.p); got != test.want {
			t.Errorf("Within(%q, %q) = %v", test.dir, test.p, got)
		}
	}
}

func TestIsForeign(t *testing.T) {
	for p, windows := range map[string]bool{`C:\x`: true, "c:/x": true, `\\s\x`: true, "/x": false, "x": false, "": false, "C:": false, "http://x": false} {
		if got := IsWindows(p); got != windows {
			t.Errorf("IsWindows(%q) = %v", p, got)
		}
	}
	if here, _ := filepath.Abs("."); IsForeign(here) {
		t.Errorf("%s is foreign", here)
	}
}
