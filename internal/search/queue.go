package search

import (
	"context"
	"sync"
)

// queue is which sessions are to be looked at. Those that have changed come
// before the backlog, the newest change first.
type queue struct {
	mu      sync.Mutex
	changed []string
	waits   map[string]bool // those in changed
	backlog []string        // the next one last
	first   int             // what the backlog was at first
	total   int             // how many were put into the queue since it was empty
	seen    uint64          // the newest change that was put into changed
	settled uint64          // all changes up to here are indexed
	moved   chan struct{}   // closed when settled rises
}

func (q *queue) reset() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.changed, q.backlog, q.waits = nil, nil, map[string]bool{}
	q.first, q.total, q.seen, q.settled = 0, 0, 0, 0
	if q.moved == nil {
		q.moved = make(chan struct{})
	}
}

// begin puts a backlog, newest first, into the queue; changes count from seq on.
func (q *queue) begin(backlog []string, seq uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.backlog = make([]string, 0, len(backlog))
	for i := len(backlog) - 1; i >= 0; i-- {
		q.backlog = append(q.backlog, backlog[i])
	}
	q.first, q.total, q.seen = len(backlog), len(backlog), seq
	q.settle()
}

// settle tells those who wait that all changes that were seen are indexed, but
// for the backlog's. mu is held.
func (q *queue) settle() {
	if q.settled != q.seen {
		q.settled = q.seen
		close(q.moved)
		q.moved = make(chan struct{})
	}
}

// add puts sessions that have changed into the queue.
func (q *queue) add(ids []string, seq uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, id := range ids {
		if !q.waits[id] {
			q.waits[id] = true
			q.changed = append(q.changed, id)
			q.total++
		}
	}
	q.seen = seq
}

// next takes the session that is to be looked at now.
func (q *queue) next() (id string, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.changed); n > 0 {
		id, q.changed = q.changed[n-1], q.changed[:n-1]
		delete(q.waits, id)
		return id, true
	}
	if n := len(q.backlog); n > 0 {
		id, q.backlog = q.backlog[n-1], q.backlog[:n-1]
		return id, true
	}
	return "", false
}

// written tells the queue that all it gave out is in the index. It returns the
// change up to which the index is complete, 0 as long as there is a backlog.
func (q *queue) written() (complete uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.changed) > 0 {
		return 0
	}
	q.settle()
	if len(q.backlog) > 0 {
		return 0
	}
	q.total = 0
	return q.seen
}

// state is the newest change that was taken, and whether nothing is left to do.
func (q *queue) state() (seen uint64, empty bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.seen, len(q.changed)+len(q.backlog) == 0
}

// waiting is how many sessions that have changed are to be looked at.
func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.changed)
}

// size is how many sessions the backlog had at first.
func (q *queue) size() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.first
}

func (q *queue) progress() (done, total int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.total - len(q.backlog) - len(q.changed), q.total
}

// await waits until all changes up to seq are indexed, or ctx ends.
func (q *queue) await(ctx context.Context, seq uint64) {
	for {
		q.mu.Lock()
		ready, moved := q.settled >= seq, q.moved
		q.mu.Unlock()
		if ready {
			return
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return
		}
	}
}
