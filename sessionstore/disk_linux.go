package sessionstore

import (
	"os"

	"golang.org/x/sys/unix"
)

// networkFolder names the network file system that dir lies on; "" if it is
// none that is known. FUSE and 9p are let pass: both serve local disks too.
func networkFolder(dir string) (string, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return "", err
	}
	return networkSystems()[uint32(st.Type)], nil
}

func networkSystems() map[uint32]string {
	return map[uint32]string{
		unix.NFS_SUPER_MAGIC:  "NFS",
		unix.SMB_SUPER_MAGIC:  "SMB",
		unix.SMB2_SUPER_MAGIC: "SMB",
		unix.CIFS_SUPER_MAGIC: "CIFS",
		unix.AFS_SUPER_MAGIC:  "AFS",
		unix.CODA_SUPER_MAGIC: "Coda",
		unix.CEPH_SUPER_MAGIC: "Ceph",
	}
}

func syncData(f *os.File) error { return unix.Fdatasync(int(f.Fd())) }
