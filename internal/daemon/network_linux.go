package daemon

import "golang.org/x/sys/unix"

// onNetwork reports whether dir lies on a network file system.
func onNetwork(dir string) (bool, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return false, err
	}
	return isNetworkMagic(int64(st.Type)), nil
}

// isNetworkMagic knows the file systems by number. 9p and FUSE are not among
// them: sandboxes and encrypted homes, both local, look like that.
func isNetworkMagic(magic int64) bool {
	switch uint32(magic) {
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.AFS_SUPER_MAGIC:
		return true
	}
	return false
}
