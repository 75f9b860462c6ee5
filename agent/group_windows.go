package agent

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// ownGroup keeps our console's Ctrl-C from the child.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// endSignal is one that ends processes. Windows knows but one way.
type endSignal int

const (
	terminate endSignal = iota
	kill
)

// signalGroup ends a process and its descendants.
func signalGroup(pid int, _ endSignal) error {
	err := exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(pid)).Run()
	if p, gone := os.FindProcess(pid); gone != nil {
		return nil
	} else {
		p.Release()
	}
	return err
}

// signalOne is signalGroup: a process on its own has no descendants.
func signalOne(pid int, s endSignal) error {
	if pid <= 0 {
		return errors.New("no process to signal")
	}
	return signalGroup(pid, s)
}
