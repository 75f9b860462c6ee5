package daemon

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestNetworkFileSystems(t *testing.T) {
	for magic, want := range map[int64]bool{
		unix.NFS_SUPER_MAGIC:  true,
		unix.CIFS_SUPER_MAGIC: true,
		// A 32-bit field sign-extends it.
		int64(int32(-11317950)): true, // 0xff534d42 as CIFS has it
		unix.EXT4_SUPER_MAGIC:   false,
		unix.V9FS_MAGIC:         false,
	} {
		if got := isNetworkMagic(magic); got != want {
			t.Errorf("%#x: got %v, want %v", magic, got, want)
		}
	}
}
