package agent

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrNotFound is returned when there is no Claude Code where it was looked for.
var ErrNotFound = errors.New("Claude Code was not found")

// Find returns the path of the Claude Code binary. Command is its path or its
// name; "" means "claude". A name is looked up on the PATH of env, and then
// where Claude Code's own installers put it below the home folder, since
// programs started from a desktop often have a short PATH. The error is
// ErrNotFound.
func Find(command string, env []string) (string, error) {
	if command == "" {
		command = "claude"
	}
	if filepath.Base(command) != command {
		path, err := filepath.Abs(command)
		if err == nil {
			path, err = exec.LookPath(path)
		}
		if err != nil {
			return "", fmt.Errorf("%w: %s is no program", ErrNotFound, command)
		}
		return path, nil
	}
	for _, folder := range searchPath(env) {
		// A relative folder would depend on where the engine was started.
		if !filepath.IsAbs(folder) {
			continue
		}
		if path, err := exec.LookPath(filepath.Join(folder, command)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w: %s is not on PATH", ErrNotFound, command)
}

func searchPath(env []string) []string {
	folders := filepath.SplitList(lookupAny(env, "PATH", "Path"))
	if home := lookupAny(env, "HOME", "USERPROFILE"); home != "" {
		folders = append(folders, filepath.Join(home, ".local", "bin"), filepath.Join(home, ".claude", "local"))
	}
	return folders
}

// lookupAny returns the first of some variables that is set, or "".
func lookupAny(env []string, names ...string) string {
	for _, name := range names {
		if value := lookup(env, name); strings.TrimSpace(value) != "" {
			return value
		}
	}
	return ""
}
