package anypath

import "testing"

func TestPaths(t *testing.T) {
	tests := []struct {
		path         string
		windows, abs bool
		base, clean  string
	}{
		{`C:\Users\kim\dev\app`, true, true, "app", `C:\Users\kim\dev\app`},
		{`c:/Users/kim/dev/app/`, true, true, "app", `c:\Users\kim\dev\app`},
		{`C:\Users\.\kim\..\app\`, true, true, "app", `C:\Users\app`},
		{`C:\..\a`, true, true, "a", `C:\a`},
		{`C:\`, true, true, `C:\`, `C:\`},
		{`C:`, true, true, `C:`, `C:\`},
		{`\\server\share\x`, true, true, "x", `\\server\share\x`},
		{`\\server\share\x\..\..\y`, true, true, "y", `\\server\share\y`},
		{`\\server\share\`, true, true, "share", `\\server\share`},
		{`\\wsl$\Ubuntu\home\kim`, true, true, "kim", `\\wsl$\Ubuntu\home\kim`},
		{`/mnt/c/Users/kim/app`, false, true, "app", `/mnt/c/Users/kim/app`},
		{`/home/kim/a\b`, false, true, `a\b`, `/home/kim/a\b`},
		{`/home/kim/../c:/`, false, true, "c:", `/home/c:`},
		{`/`, false, true, "/", "/"},
		{`C:app`, false, false, "C:app", "C:app"},
		{`app`, false, false, "app", "app"},
		{``, false, false, "", "."},
	}
	for _, test := range tests {
		if got := IsWindows(test.path); got != test.windows {
			t.Errorf("%s is of Windows: %v", test.path, got)
		}
		if got := IsAbs(test.path); got != test.abs {
			t.Errorf("%s is absolute: %v", test.path, got)
		}
		if got := Base(test.path); got != test.base {
			t.Errorf("the last of %s is %s, want %s", test.path, got, test.base)
		}
		if got := Clean(test.path); got != test.clean {
			t.Errorf("%s is %s, want %s", test.path, got, test.clean)
		}
	}
}

// An absolute path is foreign on one kind of system exactly.
func TestIsForeign(t *testing.T) {
	if IsForeign(`C:\a`) == IsForeign("/a") || IsForeign("a") {
		t.Error(IsForeign(`C:\a`), IsForeign("/a"), IsForeign("a"))
	}
}

func TestWithin(t *testing.T) {
	tests := []struct {
		folder, path string
		want         bool
	}{
		{"/w", "/w", true},
		{"/w/", "/w", true},
		{"/w", "/w/a/b", true},
		{"/", "/w", true},
		{"/w", "/w2", false},
		{"/w", "/W/a", false},
		{"/w", `/w\a`, false},
		{`C:\Users`, `C:\Users\kim`, true},
		{`c:\users\`, `C:\Users\kim`, true},
		{`C:/Users/kim`, `C:\Users\kim\dev`, true},
		{`C:\`, `C:\Users`, true},
		{`C:\`, `C:`, true},
		{`C:\Users`, `C:\Users2`, false},
		{`C:\Users`, `D:\Users`, false},
		{`\\server\share`, `\\server\share\x`, true},
		{`\\server\share`, `\\server\share2`, false},
		{`/`, `C:\Users`, false},
		{`C:\Users`, `/mnt/c/Users`, false},
	}
	for _, test := range tests {
		if got := Within(test.folder, test.path); got != test.want {
			t.Errorf("%s in %s: %v", test.path, test.folder, got)
		}
	}
}
