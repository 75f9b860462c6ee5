package main

import (
	"context"
	"runtime/debug"
	"time"
)

// quietAfter is how long a process makes so little garbage that none is
// collected, before it counts as quiet.
const quietAfter = 5 * time.Second

// giveBack returns memory to the system whenever the process has become quiet
// after work, such as the first import: by itself it would keep what it needed
// then. Until it works again it makes less garbage before it collects it. mapped
// gives back what the process has not allocated itself.
func giveBack(ctx context.Context, mapped func()) {
	tick := time.NewTicker(quietAfter)
	defer tick.Stop()
	var stats debug.GCStats
	for seen, given := int64(0), int64(0); ; seen = stats.NumGC {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if debug.ReadGCStats(&stats); stats.NumGC != seen {
			debug.SetGCPercent(workGarbage)
			continue
		}
		if stats.NumGC == given {
			continue
		}
		debug.SetGCPercent(restGarbage)
		debug.FreeOSMemory()
		mapped()
		debug.ReadGCStats(&stats)
		given = stats.NumGC
	}
}
