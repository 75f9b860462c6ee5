// Package anypath handles absolute paths that may have been recorded on another
// system: each by the rules of its own kind, whatever system this is. A Windows
// path begins with a drive or names a share (C:\a, C:/a, \\server\share\a); any
// other is a POSIX path, among them those by which WSL names a drive (/mnt/c/a).
// Nothing here looks at the disk.
package anypath

import (
	"path"
	"path/filepath"
	"strings"
)

// IsWindows reports whether a path is absolute on Windows.
func IsWindows(p string) bool {
	if strings.HasPrefix(p, `\\`) {
		return true
	}
	return len(p) >= 2 && isLetter(p[0]) && p[1] == ':' && (len(p) == 2 || isSlash(p[2]))
}

// IsAbs reports whether a path is absolute on some system.
func IsAbs(p string) bool { return strings.HasPrefix(p, "/") || IsWindows(p) || filepath.IsAbs(p) }

// IsForeign reports whether a path is absolute, but not on this system.
func IsForeign(p string) bool { return IsAbs(p) && !filepath.IsAbs(p) }

// Base is the last element of a path, the path itself if it is a root, and ""
// for "".
func Base(p string) string {
	name := p
	if IsWindows(p) {
		name = slashes(p)
	}
	name = strings.TrimRight(name, "/")
	name = name[strings.LastIndexByte(name, '/')+1:]
	if name == "" || len(name) == 2 && name[1] == ':' && IsWindows(p) {
		return p
	}
	return name
}

// Clean is the shortest path that means the same, with the separators of its
// kind.
func Clean(p string) string {
	if !IsWindows(p) {
		return path.Clean(p)
	}
	p = slashes(p)
	volume := p[:volumeLength(p)]
	rest := path.Clean("/" + p[len(volume):])
	if rest == "/" && strings.HasPrefix(volume, "//") {
		rest = ""
	}
	return strings.ReplaceAll(volume+rest, "/", `\`)
}

// Within reports whether a path is a folder or lies below it. Both are of one
// kind then. Windows paths are equal whatever the case of their letters.
func Within(folder, p string) bool {
	if IsWindows(folder) != IsWindows(p) {
		return false
	}
	if IsWindows(p) {
		folder, p = strings.ToLower(slashes(folder)), strings.ToLower(slashes(p))
	}
	rest, ok := strings.CutPrefix(strings.TrimRight(p, "/"), strings.TrimRight(folder, "/"))
	return ok && (rest == "" || rest[0] == '/')
}

// volumeLength is how much of a Windows path, with slashes, names its drive or
// its share.
func volumeLength(p string) int {
	if !strings.HasPrefix(p, "//") {
		return len("C:")
	}
	end := len(p)
	if server := strings.IndexByte(p[2:], '/'); server >= 0 {
		if share := strings.IndexByte(p[2+server+1:], '/'); share >= 0 {
			end = 2 + server + 1 + share
		}
	}
	return end
}

func slashes(p string) string { return strings.ReplaceAll(p, `\`, "/") }

func isSlash(b byte) bool { return b == '/' || b == '\\' }

func isLetter(b byte) bool { return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' }
