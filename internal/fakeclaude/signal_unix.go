//go:build unix

package fakeclaude

import (
	"os"
	"os/exec"
	"syscall"
)

// ownSession makes the command begin a session and a process group.
func ownSession(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// killGroup ends a process of ownSession and all of its group.
func killGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // gone already: as wanted
	}
}

func killSelf() error {
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		return err
	}
	select {}
}

// brokenPipe is the signal that would end the process when its reader is gone.
const brokenPipe = syscall.SIGPIPE
