package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// EnvDataDir names the variable that moves the data folder.
const EnvDataDir = "CLAUDE_SESSIONS_DATA_DIR"

// DataDir returns the data folder, absolute and with links resolved, and makes
// it where it is missing. flag beats the variable, which beats the platform's
// folder for the user's data. getenv is os.Getenv in earnest.
//
// A folder that other users can get at, or that lies on a network file system,
// whose locks cannot be relied on, is refused with what to do about it.
func DataDir(flag string, getenv func(string) string) (string, error) {
	dir, err := chooseDataDir(flag, getenv)
	if err != nil {
		return "", err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", fmt.Errorf("finding data folder %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making data folder: %w", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", fmt.Errorf("resolving data folder: %w", err)
	}
	if err := checkPrivate(dir); err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	remote, err := onNetwork(dir)
	if err != nil {
		return "", fmt.Errorf("looking at the file system of data folder %s: %w", dir, err)
	}
	if remote {
		return "", fmt.Errorf("data folder %s is on a network file system, where locks do not hold: choose a local one with --data-dir or %s", dir, EnvDataDir)
	}
	return dir, nil
}

func chooseDataDir(flag string, getenv func(string) string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if dir := getenv(EnvDataDir); dir != "" {
		return dir, nil
	}
	base := userDataDir(runtime.GOOS, getenv)
	if base == "" {
		return "", errors.New("no home folder is known to keep data in: choose one with --data-dir or " + EnvDataDir)
	}
	return filepath.Join(base, "claude-sessions"), nil
}

// userDataDir returns where programs keep a user's data, "" if the environment
// does not tell.
func userDataDir(goos string, getenv func(string) string) string {
	if goos == "windows" {
		return getenv("LocalAppData")
	}
	// A relative XDG_DATA_HOME is to be passed over, says its specification.
	if dir := getenv("XDG_DATA_HOME"); goos != "darwin" && filepath.IsAbs(dir) {
		return dir
	}
	home := getenv("HOME")
	switch {
	case home == "":
		return ""
	case goos == "darwin":
		return filepath.Join(home, "Library", "Application Support")
	default:
		return filepath.Join(home, ".local", "share")
	}
}

// makePrivate makes dir, but not its parents, and checks that no other user
// can get at it.
func makePrivate(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return checkPrivate(dir)
}
