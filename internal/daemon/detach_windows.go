package daemon

import (
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

// detach makes cmd outlive this process, its console and its folder.
func detach(cmd *exec.Cmd, dataDir string) {
	cmd.Dir = filepath.VolumeName(dataDir) + `\`
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.DETACHED_PROCESS | windows.CREATE_NEW_PROCESS_GROUP}
}
