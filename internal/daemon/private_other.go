//go:build !unix

package daemon

import (
	"fmt"
	"os"
)

// checkPrivate returns an error unless dir is a folder. Who may use it is not
// checked: a Windows user's own folders are closed to others by what they
// inherit, and file modes say nothing there.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", dir)
	}
	return nil
}
