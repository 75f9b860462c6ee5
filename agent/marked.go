package agent

import (
	"fmt"
	"os"
)

// A Marked is a process that carries the mark of a run.
type Marked struct {
	Process
	RunID  string
	Parent int // pid of its parent; 0: not told
}

// MarkedWith returns the processes that carry the mark of any run and have a
// variable ("NAME=value") in their environment. The calling process is never
// among them, nor is one of the run that it may belong to itself. Where a
// platform does not show the environment of processes, there are none.
func MarkedWith(variable string) ([]Marked, error) {
	pids, err := marked(variable)
	if err != nil {
		return nil, fmt.Errorf("looking for processes of runs: %w", err)
	}
	var found []Marked
	for _, pid := range pids {
		run := lookup(environ(pid), RunIDVar)
		if run == "" || run == os.Getenv(RunIDVar) || pid == os.Getpid() {
			continue
		}
		if p, err := Identify(pid); err == nil && Alive(p) {
			found = append(found, Marked{Process: p, RunID: run, Parent: parentOf(pid)})
		}
	}
	return found, nil
}
