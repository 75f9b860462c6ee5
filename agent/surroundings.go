package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// What Claude Code reads once, when it starts: of the working directory and the
// ones above it, and of the config folder.
var (
	readHere   = []string{"CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", ".mcp.json"}
	readBelow  = []string{"CLAUDE.md", "settings.json", "settings.local.json", ".credentials.json"}
	readTrees  = []string{"agents", "commands", "skills", "rules", "output-styles"}
	importedBy = regexp.MustCompile(`(?m)(?:^|\s)@([^\s@]+)`) // "@docs/style.md" in a CLAUDE.md
)

const (
	maxSurroundings = 2000    // files that are looked at
	maxImports      = 5       // how deep an imported file may import others
	maxMemoryFile   = 1 << 20 // bytes of a CLAUDE.md that is read for what it imports
)

// Surroundings identifies the state of the files that Claude Code reads once,
// when it starts, for a process that works in dir: instructions, with what they
// import, settings, agents, commands, skills, rules, and the login. A process
// does not know what has become of them since (seen with 2.1.330, which has read
// CLAUDE.md before its first prompt; what git says it asks for at the prompt).
// It looks at sizes and times only. Where another process changed a file twice
// in the granularity of the file system's clock, it may not tell.
func Surroundings(dir, configDir string) string {
	l := looker{seen: map[string]bool{}, home: filepath.Dir(configDir)}
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		for _, name := range readHere {
			l.look(filepath.Join(at, name), 0)
		}
		l.folder(filepath.Join(at, ".claude"))
		if filepath.Dir(at) == at {
			break
		}
	}
	l.folder(configDir)
	sum := sha256.Sum256([]byte(l.found.String()))
	return hex.EncodeToString(sum[:12])
}

// looker writes down the state of files.
type looker struct {
	found strings.Builder
	seen  map[string]bool
	home  string // what ~ stands for
}

func (l *looker) folder(dir string) {
	for _, name := range readBelow {
		l.look(filepath.Join(dir, name), 0)
	}
	for _, name := range readTrees {
		_ = filepath.WalkDir(filepath.Join(dir, name), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				l.look(path, maxImports) // imports nothing
			}
			return nil
		})
	}
}

// look writes down the state of a file, and of those that it imports.
func (l *looker) look(path string, depth int) {
	if l.seen[path] || len(l.seen) >= maxSurroundings {
		return
	}
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return
	}
	l.seen[path] = true
	fmt.Fprintf(&l.found, "%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
	if filepath.Ext(path) != ".md" || depth >= maxImports || info.Size() > maxMemoryFile {
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	for _, match := range importedBy.FindAllSubmatch(text, -1) {
		name := strings.TrimRight(string(match[1]), ".,;:)]")
		l.look(l.resolve(filepath.Dir(path), name), depth+1)
	}
}

func (l *looker) resolve(dir, name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		return filepath.Join(l.home, rest)
	}
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(dir, name)
}
