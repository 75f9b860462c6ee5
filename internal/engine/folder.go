package engine

import (
	"os"
	"path/filepath"

	"github.com/claude-sessions/claude-sessions/internal/anypath"
)

// absolute is a path that a caller gives: one that is relative is taken from
// where the caller runs. A path of another system stays what it is.
func (c *Client) absolute(path string) string {
	switch {
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	case anypath.IsAbs(path):
		return anypath.Clean(path)
	}
	return filepath.Join(c.caller.Cwd, path)
}

// folder is where a session is to work: absolute, there, and allowed.
func (c *Client) folder(dir string) (string, error) {
	if dir = c.absolute(dir); anypath.IsForeign(dir) {
		return "", Errorf(CwdMissing, "Give a folder of this machine as cwd.", "%s is no folder of this machine: it is a path of another system.", dir)
	}
	if err := c.caller.Policy.checkFolder(dir); err != nil {
		return "", err
	}
	return dir, checkFolderExists(dir)
}

// sessionFolder is the folder that a session goes on in: the one that the caller
// wants, else the one that was recorded, which is never taken as relative.
func (c *Client) sessionFolder(wanted, recorded string) (string, error) {
	if wanted != "" {
		return c.folder(wanted)
	}
	if recorded != "" && !filepath.IsAbs(recorded) {
		return "", Errorf(CwdMissing, "Call again with cwd, a folder of this machine to work in from now on.",
			"the session was recorded in %s, which is no folder of this machine.", recorded)
	}
	return c.folder(recorded)
}

func checkFolderExists(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return Errorf(CwdMissing, "Give its folder as cwd.", "%s is a file.", dir)
	}
	if err != nil {
		return Errorf(CwdMissing, "Make it, or give another folder as cwd.", "the folder %s is not there.", dir)
	}
	return nil
}
