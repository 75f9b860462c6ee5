//go:build unix

package daemon

import (
	"os/exec"
	"syscall"
)

// detach makes cmd outlive this process, its terminal and its folder.
func detach(cmd *exec.Cmd, _ string) {
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}
