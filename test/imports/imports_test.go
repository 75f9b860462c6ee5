// Package imports holds the direction of the project's imports.
package imports

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/claude-sessions/claude-sessions/"

// allowed says which packages of ours each package may import. Imports run
// downward only; sessionstore and agent never see each other; the stand-ins for
// tests are for tests and the demo.
var allowed = map[string][]string{
	"internal/anypath":       {},
	"internal/jsonscan":      {},
	"internal/oneline":       {},
	"agent":                  {"internal/anypath", "internal/jsonscan", "internal/oneline"},
	"sessionstore":           {"internal/anypath", "internal/jsonscan"},
	"sessionstore/storetest": {"sessionstore"},
	"internal/engine":        {"agent", "internal/anypath", "internal/oneline", "sessionstore"},
	"internal/daemon":        {"internal/engine"},
	"internal/render":        {"agent", "internal/engine", "internal/oneline"},
	"internal/search":        {"agent", "sessionstore"},
	"tools":                  {"internal/engine", "internal/jsonscan", "internal/oneline", "internal/render", "sessionstore"},
	"internal/loopmodel":     {},
	"internal/fakeclaude":    {},
	"cmd/mcp-server":         {"agent", "internal/daemon", "internal/engine", "internal/loopmodel", "internal/render", "internal/search", "sessionstore", "tools"},
}

func TestImportsRunDownward(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		if strings.HasPrefix(pkg, "test/") {
			return nil
		}
		seen[pkg] = true
		checkFile(t, path, pkg)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range allowed {
		if !seen[pkg] {
			t.Errorf("the rules name %s, which has no Go files", pkg)
		}
	}
}

func checkFile(t *testing.T, path, pkg string) {
	t.Helper()
	may, known := allowed[pkg]
	if !known {
		t.Errorf("%s: package %s has no rule: say what it may import", path, pkg)
		return
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if ours, ok := strings.CutPrefix(name, module); ok && !slices.Contains(may, ours) {
			t.Errorf("%s: package %s must not import %s", path, pkg, ours)
		}
	}
}
