package engine

import (
	"slices"
	"time"

	"github.com/shirou/gopsutil/v4/mem"

	"github.com/claude-sessions/claude-sessions/agent"
)

// A session rests when it has nothing to do and its process is kept warm, so
// that its next turn costs no start. It holds its lease then, and no slot.

const (
	// lookAtMemory is how often resting processes are weighed against the
	// memory that is left.
	lookAtMemory = 10 * time.Second
	// shortMemory is when less than this is left: then none is kept.
	shortMemory = 2 * bytesPerRun
	// mostWarm is how many are kept where memory is no bound.
	mostWarm = 4
)

// available is the memory that could be had now, in bytes. Where the platform
// does not tell, there is enough.
func available() uint64 {
	m, err := mem.VirtualMemory()
	if err != nil {
		return 1 << 40
	}
	return m.Available
}

// rest keeps the process warm until the session has a slot again, which it
// tells by true, or until the process is to end.
func (r *runner) rest() bool {
	if r.run == nil || r.spent || r.options.MaxBudgetUSD > 0 {
		return false
	}
	r.seen = r.transcriptSize()
	over := time.NewTimer(r.e.cfg.Warm)
	defer over.Stop()
	wake := r.e.lieDown(r.l)
	if wake == nil {
		return false
	}
	r.e.importAfter(r.l.id)
	r.e.prepareSpare()
	for {
		select {
		case slot := <-wake:
			return slot
		case ev := <-r.run.Events():
			if r.overhear(ev); r.own || r.spent {
				return r.e.getUp(r.l, wake, r.own)
			}
		case <-r.lease.lost:
			return r.e.getUp(r.l, wake, false)
		case <-r.e.closing:
			return r.e.getUp(r.l, wake, false)
		case <-over.C:
			return r.e.getUp(r.l, wake, false)
		}
	}
}

// overhear takes an event while no turn of ours runs.
func (r *runner) overhear(ev agent.Event) {
	switch ev := ev.(type) {
	case agent.Mirror:
		r.spent = r.spent || r.foreign(ev.SessionID)
		r.mirror(ev)
	case agent.Init:
		r.own, r.spent = !r.foreign(ev.SessionID), r.spent || r.foreign(ev.SessionID)
	case agent.Permission, agent.Cancelled:
		r.unheard = append(r.unheard, ev)
	case agent.Result:
		r.own = false
		r.extra = r.extra.Add(usage(ev.Usage))
	case agent.Exit, nil: // nil: the channel is closed
		r.spent = true
	}
}

// lieDown gives the slot of a session back. The channel tells when it has one
// again, or, by false, that it is to get up without; nil: it may not rest.
func (e *Engine) lieDown(l *live) <-chan bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || e.cfg.MaxWarm <= 0 || e.cfg.Warm <= 0 {
		return nil
	}
	wake := make(chan bool, 1)
	l.wake, l.restedAt = wake, time.Now()
	e.giveBack(l)
	e.kick()
	e.trim()
	return wake
}

// getUp ends a rest, with a slot if there is reason for one: it may be one more
// than MaxRuns, as when Claude Code begins a turn by itself.
func (e *Engine) getUp(l *live, wake <-chan bool, slot bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l.wake == nil { // somebody was quicker
		return <-wake
	}
	l.wake = nil
	if slot {
		e.grant(l)
	}
	return slot
}

// grant gives a session a slot, giveBack takes it. Engine.mu is held.
func (e *Engine) grant(l *live) {
	l.slot = true
	e.running++
}

func (e *Engine) giveBack(l *live) {
	if l.slot {
		l.slot = false
		e.running--
	}
}

// retire ends the rest of a session, and its process. Engine.mu is held.
func (e *Engine) retire(l *live) {
	if l.wake != nil {
		l.wake <- false
		l.wake = nil
	}
}

// trim retires those that rest longest, as many as are too many, and the spare
// process first when memory is short. One whose turns wait for a slot is wanted.
// Engine.mu is held.
func (e *Engine) trim() {
	limit := e.cfg.MaxWarm
	if e.cfg.Memory() < shortMemory {
		limit = 0
	}
	if limit == 0 {
		e.retireSpare()
	}
	warm := slices.DeleteFunc(e.resting(), func(l *live) bool { return len(l.queue) > 0 })
	for _, l := range warm[:max(0, len(warm)-limit)] {
		e.retire(l)
	}
}

// resting are the sessions that rest, the longest first. Engine.mu is held.
func (e *Engine) resting() []*live {
	var warm []*live
	for _, l := range e.sessions {
		if l.wake != nil {
			warm = append(warm, l)
		}
	}
	slices.SortFunc(warm, func(a, b *live) int { return a.restedAt.Compare(b.restedAt) })
	return warm
}

// weigh trims from time to time: memory may have become short since.
func (e *Engine) weigh() {
	tick := time.NewTicker(lookAtMemory)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			e.mu.Lock()
			e.trim()
			e.mu.Unlock()
		case <-e.closing:
			return
		}
	}
}

// disturbed ends the rest of a session whose transcript somebody else has
// written: its process does not know of it.
func (e *Engine) disturbed(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l := e.sessions[id]; l != nil {
		e.retire(l)
	}
}

// untouched tells whether nobody but the process itself has written the
// session's transcript since it rests. What it adds by itself after a turn is
// bookkeeping, or was mirrored.
func (r *runner) untouched() bool {
	has := r.e.store.Known(r.l.id, "")
	for line, err := range agent.ReadLines(r.path, r.seen) {
		if err != nil {
			return false
		}
		m, ok := agent.ParseMessage(line)
		if !ok || !m.Conversation() {
			continue
		}
		known, err := has(r.e.ctx, m.UUID)
		if err != nil || !known {
			return false
		}
	}
	size := r.transcriptSize()
	return size > 0 && size >= r.seen
}

// transcriptSize is the size of the session's own transcript; 0 if it is gone.
func (r *runner) transcriptSize() int64 {
	found, _ := agent.LookAt(r.path)
	if found == nil {
		return 0
	}
	return found.Size
}
