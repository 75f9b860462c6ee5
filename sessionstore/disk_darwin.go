package sessionstore

import (
	"os"

	"golang.org/x/sys/unix"
)

// networkFolder names the network file system that dir lies on; "" if it is
// none that is known.
func networkFolder(dir string) (string, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return "", err
	}
	if st.Flags&unix.MNT_LOCAL != 0 {
		return "", nil
	}
	return unix.ByteSliceToString(st.Fstypename[:]), nil
}

func syncData(f *os.File) error { return f.Sync() }
