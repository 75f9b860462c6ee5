//go:build unix

package daemon

import (
	"fmt"
	"os"
	"syscall"
)

// checkPrivate returns an error unless dir is a folder, not a link to one,
// that belongs to this user and is closed to all others.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", dir)
	}
	if owner := info.Sys().(*syscall.Stat_t).Uid; int(owner) != os.Geteuid() {
		return fmt.Errorf("%s belongs to another user (uid %d)", dir, owner)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s is open to other users (mode %04o): run chmod 700 on it", dir, mode)
	}
	return nil
}
