package agent

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// inspect reads /proc itself. What gopsutil computes from it, a wall-clock
// time, moves when the clock is set, and reads more files than one.
//
// The start time is that of the boot and the ticks since: a process of before
// a restart of the machine is never taken for one of now.
func inspect(pid int) (started string, running bool, err error) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return "", false, ErrNoProcess
	}
	if err != nil {
		return "", false, err
	}
	// The second field, a name in parentheses, may hold anything; the third is
	// the state, the twenty-second the start time.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 {
		return "", false, errors.New("/proc/…/stat is too short")
	}
	state := fields[0]
	return bootID() + "." + fields[19], state != "Z" && state != "X", nil
}

// bootID is the start of the boot's random name; "" where there is none.
var bootID = sync.OnceValue(func() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return string(id[:min(len(id), 8)])
})

// marked returns the pids of processes whose environment has a variable.
func marked(variable string) ([]int, error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		// Another user's process, or one that has ended meanwhile, is not ours.
		env, err := os.ReadFile(filepath.Join("/proc", name, "environ"))
		if err == nil && hasVariable(env, variable) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// environ returns the environment of a process, as far as it is shown.
func environ(pid int) []string {
	raw, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	return strings.Split(string(raw), "\x00")
}

// parentOf returns the pid of a process's parent; 0: not told.
func parentOf(pid int) int {
	stat, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // as in inspect
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(fields[1])
	return parent
}

// hasVariable looks for a whole "NAME=value" among NUL-separated ones.
func hasVariable(env []byte, variable string) bool {
	for v := range bytes.SplitSeq(env, []byte{0}) {
		if string(v) == variable {
			return true
		}
	}
	return false
}
