package sessionstore

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// networkFolder tells whether dir lies on a network drive; "" if not.
func networkFolder(dir string) (string, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	root, err := windows.UTF16PtrFromString(filepath.VolumeName(full) + `\`)
	if err != nil {
		return "", err
	}
	if windows.GetDriveType(root) == windows.DRIVE_REMOTE {
		return "a network drive", nil
	}
	return "", nil
}

// freeBytes is how many bytes this user may still write to the disk of dir.
func freeBytes(dir string) (free uint64, err error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	err = windows.GetDiskFreeSpaceEx(path, &free, nil, nil)
	return free, err
}

func syncData(f *os.File) error { return f.Sync() }

// syncFolder has nothing to do: NTFS journals its folders.
func syncFolder(string) error { return nil }
