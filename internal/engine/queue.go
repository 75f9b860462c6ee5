package engine

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// seqStep lies between the turns of a queue, so that a prompt that interrupts
// finds room in front of those that wait.
const seqStep = 1 << 16

// maxWords is how many runes are kept of what a turn said last.
const maxWords = 1000

// live is a session with work: turns that have not ended. Engine.mu guards its
// fields, but for commit.
type live struct {
	id     string
	commit sync.Mutex // held over a read and the write that follows from it; taken before Engine.mu

	users   int     // use cases that hold it now
	queue   []*job  // waiting turns in order
	running *job    // the turn that a run serves
	serving bool    // a goroutine serves it, up to the end of its process
	slot    bool    // it has one of the engine's
	pid     int     // of its process; 0: it has none
	blocked string  // why it cannot be served now; "" it can
	runner  *runner // while serving
	end     func()  // ends the earlier engine's process; nil when there is none
	lastSeq int64   // highest Seq given
	retold  bool    // its process was told to change since it was last made ready for a turn

	wake     chan<- bool // while it rests: true gives it a slot, false ends its process
	restedAt time.Time   // since when it rests
}

// job is a turn that has not ended. Engine.mu guards its fields, but for id,
// which is fixed; what serves the turn may read turn without it, as nobody else
// changes that.
type job struct {
	id       string
	turn     sessionstore.Turn // as stored
	env      *environment      // nil: its client is gone
	taken    bool              // it is no longer in a queue
	run      *agent.Run        // what has its prompt; nil: none has
	begun    bool              // Claude Code is at it
	sentTo   *agent.Run        // what has its prompt while it waits: it steers; nil: none has
	stopped  string            // why it is being interrupted; "" it is not
	activity string            // what it does now
	words    string            // what the model said last, shortened
	written  written           // what it says, as long as the transcript does not have it
	changed  chan struct{}     // closed and replaced with each change of what callers see
	done     chan struct{}     // closed when it ended; turn is final then
}

func newJob(turn sessionstore.Turn, env *environment) *job {
	return &job{id: turn.ID, turn: turn, env: env, changed: make(chan struct{}), done: make(chan struct{})}
}

// hold returns the live session of this id, made if need be. drop gives it back.
func (e *Engine) hold(id string) *live {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.sessions[id]
	if l == nil {
		l = &live{id: id}
		e.sessions[id] = l
	}
	l.users++
	return l
}

func (e *Engine) drop(l *live) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l.users--
	e.forget(l)
}

// forget removes a live session that has nothing left to do. Engine.mu is held.
func (e *Engine) forget(l *live) {
	if l.users == 0 && !l.busy() && !l.serving {
		delete(e.sessions, l.id)
	}
}

// busy tells whether a turn of the session waits or runs. Engine.mu is held.
func (l *live) busy() bool { return l.running != nil || len(l.queue) > 0 || l.blocked != "" }

// status is what the session is doing, or "" if nothing. Engine.mu is held.
func (l *live) status() sessionstore.Status {
	switch {
	case l.running != nil && l.running.turn.Status == sessionstore.TurnWaiting:
		return sessionstore.Waiting
	case l.running != nil:
		return sessionstore.Running
	case len(l.queue) > 0:
		return sessionstore.Queued
	}
	return ""
}

// nextSeq is the place in the queue for a new turn: the last, or before all
// that wait. last is the highest Seq stored. Engine.mu is held.
func (l *live) nextSeq(first bool) int64 {
	if first && len(l.queue) > 0 {
		return l.queue[0].turn.Seq - 1
	}
	l.lastSeq += seqStep
	return l.lastSeq
}

// enqueue lets a stored turn wait for its run.
func (e *Engine) enqueue(l *live, j *job) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.insert(l, j)
	e.kick()
}

// insert puts a job in its place. Engine.mu is held.
func (e *Engine) insert(l *live, j *job) {
	e.jobs[j.id] = j
	j.taken = false
	at, _ := slices.BinarySearchFunc(l.queue, j, func(a, b *job) int { return cmp.Compare(a.turn.Seq, b.turn.Seq) })
	l.queue = slices.Insert(l.queue, at, j)
	l.lastSeq = max(l.lastSeq, j.turn.Seq)
}

// kick starts what can be started. Engine.mu is held.
func (e *Engine) kick() {
	for !e.closed && e.running < e.cfg.MaxRuns {
		l := e.readySession()
		if l == nil {
			return
		}
		e.grant(l)
		if l.wake != nil {
			l.wake <- true
			l.wake = nil
			continue
		}
		l.serving = true
		e.wg.Go(func() { e.serve(l) })
	}
}

// readySession is the session whose first turn has waited longest of those
// that could start now. Engine.mu is held.
func (e *Engine) readySession() *live {
	var best *live
	for _, l := range e.sessions {
		if l.ready() && !e.waits(l.queue[0]) && (best == nil || l.queue[0].turn.QueuedAt.Before(best.queue[0].turn.QueuedAt)) {
			best = l
		}
	}
	return best
}

func (l *live) ready() bool {
	return (!l.serving || l.wake != nil) && l.blocked == "" && len(l.queue) > 0 && l.queue[0].env != nil
}

// take gives the next turn to the goroutine that serves l, or nil when it is
// to end its process: nothing waits, the client of what waits is gone, or
// another session has waited longer for a slot.
func (e *Engine) take(l *live) *job {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || len(l.queue) == 0 || l.queue[0].env == nil || e.waits(l.queue[0]) {
		return nil
	}
	if run := l.queue[0].sentTo; run != nil && run == l.runner.run { // Claude Code is at it by itself
		return e.takeFirst(l)
	}
	if other := e.readySession(); other != nil && e.running >= e.cfg.MaxRuns && l.runner.turns > 0 &&
		other.queue[0].turn.QueuedAt.Before(l.queue[0].turn.QueuedAt) {
		return nil
	}
	return e.takeFirst(l)
}

// takeFirst makes the first turn that waits the running one. Engine.mu is held.
func (e *Engine) takeFirst(l *live) *job {
	j := l.queue[0]
	l.queue = l.queue[1:]
	l.running, j.taken = j, true
	l.runner.turns++
	e.noteAll()
	return j
}

// served ends what kick began.
func (e *Engine) served(l *live) {
	defer e.importAfter(l.id)
	e.mu.Lock()
	defer e.mu.Unlock()
	l.serving, l.runner = false, nil
	e.giveBack(l)
	e.forget(l)
	e.kick()
}

// note tells those who wait for j that something about it changed. Engine.mu is held.
func (j *job) note() {
	close(j.changed)
	j.changed = make(chan struct{})
}

// noteAll tells all who wait in a queue that their position may have changed.
// Engine.mu is held.
func (e *Engine) noteAll() {
	for _, j := range e.jobs {
		if !j.taken {
			j.note()
		}
	}
}

// position is the place of a waiting job among all, 1 being the next to start.
// Engine.mu is held.
func (e *Engine) position(l *live, j *job) int {
	n := 1
	for _, other := range e.sessions {
		for _, q := range other.queue {
			if q == j {
				continue
			}
			if other == l && q.turn.Seq < j.turn.Seq || other != l && q.turn.QueuedAt.Before(j.turn.QueuedAt) {
				n++
			}
		}
	}
	return n
}

// act sets what a turn does now.
func (e *Engine) act(j *job, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if j.activity != text {
		j.activity = text
		j.note()
		e.acts.note(j.turn.SessionID)
	}
}

// ended tells whether the job has ended.
func (j *job) ended() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// endsWithin waits for the job's end.
func (j *job) endsWithin(d time.Duration) bool {
	select {
	case <-j.done:
		return true
	case <-time.After(d):
		return false
	}
}
