//go:build linux || darwin

package sessionstore

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// freeBytes is how many bytes an ordinary user may still write to the disk of dir.
func freeBytes(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return uint64(st.Bavail) * uint64(st.Bsize), nil
}

// syncFolder makes the creations and renames in a folder last.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
