package fakeclaude

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf16"
)

// workingDir is the real path of the working directory.
func workingDir() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	return dir
}

// projectFolder is the name of the folder for transcripts of this directory.
func projectFolder() string { return folderName(workingDir()) }

// folderName makes a folder's name of a path: every UTF-16 unit that is no
// letter or digit becomes a dash, and a long name is cut and gets a hash.
func folderName(dir string) string {
	units := utf16.Encode([]rune(dir))
	var b strings.Builder
	var hash int32
	for _, u := range units {
		hash = 31*hash + int32(u)
		if u < 128 && strings.ContainsRune(alphanumerics, rune(u)) {
			b.WriteByte(byte(u))
		} else {
			b.WriteByte('-')
		}
	}
	if len(units) <= 200 {
		return b.String()
	}
	abs := int64(hash)
	if abs < 0 {
		abs = -abs
	}
	return b.String()[:200] + "-" + strconv.FormatInt(abs, 36)
}

const alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// findTranscript returns the path itself if there is a file, else that of a
// file with its name in another project's folder.
func findTranscript(path string) string {
	if _, err := os.Stat(path); err == nil {
		return path
	}
	projects := filepath.Dir(filepath.Dir(path))
	folders, _ := os.ReadDir(projects) // none: the path itself is as good as any
	for _, folder := range folders {
		other := filepath.Join(projects, folder.Name(), filepath.Base(path))
		if _, err := os.Stat(other); err == nil {
			return other
		}
	}
	return path
}
