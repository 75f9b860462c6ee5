// Package workdir handles folders that another machine may have recorded: a
// session of Windows is read on Linux, and the other way round. Such a path is
// kept as it is. It is never joined to a folder of this machine, and its parts are
// told by the separators of its own kind. All functions are safe for concurrent use.
package workdir

import (
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// windows matches an absolute path of Windows: with a drive, or of a share.
var windows = regexp.MustCompile(`^(?:[A-Za-z]:[\\/]|\\\\[^\\/])`)

// IsWindows reports whether a path is an absolute one of Windows.
func IsWindows(p string) bool { return windows.MatchString(p) }

// IsForeign reports whether a path is an absolute one of another kind of machine
// than this one. No file of this machine is meant by it.
func IsForeign(p string) bool {
	if runtime.GOOS == "windows" {
		return strings.HasPrefix(p, "/")
	}
	return IsWindows(p)
}

// Base returns the last element of a path of either kind; "" for no path.
func Base(p string) string {
	if p == "" {
		return ""
	}
	if !IsWindows(p) {
		return path.Base(filepath.ToSlash(p))
	}
	trimmed := strings.TrimRight(p, `\/`)
	return trimmed[strings.LastIndexAny(trimmed, `\/`)+1:]
}

// Abs returns a path as it is if it is absolute, on this machine or another kind
// of machine, and else joined to dir. The path of this machine is cleaned; of
// that of another only separators at its end are removed.
func Abs(dir, p string) string {
	switch {
	case IsForeign(p):
		return trim(p)
	case !filepath.IsAbs(p):
		p = filepath.Join(dir, p)
	}
	return filepath.Clean(p)
}

// Within reports whether a path is that of a folder or below it. Paths of Windows
// are compared without case, and with either separator.
func Within(dir, p string) bool {
	if IsWindows(dir) {
		dir, p = canonical(dir), canonical(p)
	}
	rest, ok := strings.CutPrefix(p, strings.TrimRight(dir, `\/`))
	return ok && (rest == "" || rest[0] == '/' || rest[0] == '\\')
}

func canonical(p string) string { return strings.ToLower(strings.ReplaceAll(p, "/", `\`)) }

// trim removes separators at the end of a path, but for that of a root.
func trim(p string) string {
	trimmed := strings.TrimRight(p, `\/`)
	if strings.HasSuffix(trimmed, ":") || trimmed == "" {
		return p
	}
	return trimmed
}
