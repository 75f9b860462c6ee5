package fakeclaude

import (
	"os"
	"os/exec"
	"syscall"
)

// ownSession makes the command begin a process group.
func ownSession(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// killGroup ends the process; Windows has no signal to a group.
func killGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = cmd.Process.Kill() // gone already: as wanted
	}
}

func killSelf() error {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	if err := self.Kill(); err != nil {
		return err
	}
	select {}
}

// brokenPipe never comes on Windows.
const brokenPipe = syscall.SIGPIPE
