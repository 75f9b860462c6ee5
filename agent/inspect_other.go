//go:build !linux

package agent

import (
	"errors"
	"slices"
	"strconv"

	"github.com/shirou/gopsutil/v4/process"
)

// inspect tells when a process was started and whether it still runs.
func inspect(pid int) (started string, running bool, err error) {
	p, err := process.NewProcess(int32(pid))
	if errors.Is(err, process.ErrorProcessNotRunning) {
		return "", false, ErrNoProcess
	}
	if err != nil {
		return "", false, err
	}
	created, err := p.CreateTime()
	if err != nil {
		return "", false, err
	}
	state, err := p.Status() // not told on every platform
	running = err != nil || !slices.Contains(state, process.Zombie)
	return strconv.FormatInt(created, 10), running, nil
}

// environ returns the environment of a process, as far as it is shown.
func environ(pid int) []string {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return nil
	}
	env, _ := p.Environ() // not told on every platform
	return env
}

// parentOf returns the pid of a process's parent; 0: not told.
func parentOf(pid int) int {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return 0
	}
	parent, _ := p.Ppid()
	return int(parent)
}

// marked returns the pids of processes whose environment has a variable. An
// environment that the platform does not show has none.
func marked(variable string) ([]int, error) {
	all, err := process.Processes()
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, p := range all {
		env, err := p.Environ()
		if err == nil && slices.Contains(env, variable) {
			pids = append(pids, int(p.Pid))
		}
	}
	return pids, nil
}
