//go:build unix

package agent

import (
	"errors"
	"os/exec"
	"syscall"
)

// ownGroup puts the child into a process group of its own, so that a signal
// reaches its children too and our terminal's signals do not reach it.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// endSignal is one that ends processes.
type endSignal = syscall.Signal

const (
	terminate = syscall.SIGTERM
	kill      = syscall.SIGKILL
)

// signalGroup signals all processes of a group; none is no error.
func signalGroup(pgid int, s endSignal) error {
	if pgid <= 1 {
		return errors.New("no process group to signal")
	}
	return unlessGone(syscall.Kill(-pgid, s))
}

// signalOne signals the group that pid leads, else pid alone.
func signalOne(pid int, s endSignal) error {
	if pgid, err := syscall.Getpgid(pid); err == nil && pgid == pid {
		return signalGroup(pid, s)
	}
	if pid <= 1 {
		return errors.New("no process to signal")
	}
	return unlessGone(syscall.Kill(pid, s))
}

func unlessGone(err error) error {
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}
