package engine

import (
	"sync"
	"time"
)

// How far the starts of processes lie apart.
const (
	startGap  = 30 * time.Millisecond // when all is well: a start takes most of a core
	slowGap   = time.Second           // once the API has too many requests
	slowest   = 15 * time.Second      // while it keeps having too many
	calmAfter = 20 * time.Second      // without such news the gap is halved
)

// pace says when the next process may start. Starts are staggered; when the API
// is overloaded they are slowed down, more with each piece of such news, and less
// again as time goes by without. The zero value is ready; it is safe to use at
// once.
type pace struct {
	mu   sync.Mutex
	next time.Time     // before which nothing starts
	gap  time.Duration // when it was last raised; 0: all is well
	at   time.Time     // when that was
}

// reserve gives a caller the time at which it may start: now, or later.
func (p *pace) reserve(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now
	if p.next.After(now) {
		at = p.next
	}
	p.next = at.Add(max(startGap, p.slowed(at)))
	return at
}

// overloaded slows down the starts to come. What several runs tell at the same
// time is one piece of news.
func (p *pace) overloaded(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gap := p.slowed(now)
	if gap > 0 && now.Sub(p.at) < gap {
		return
	}
	p.gap, p.at = min(max(2*gap, slowGap), slowest), now
	if next := now.Add(p.gap); next.After(p.next) {
		p.next = next
	}
}

// slow tells whether starts are slowed down now.
func (p *pace) slow(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.slowed(now) > 0
}

// slowed is the gap that is kept for the API's sake; 0: none. mu is held.
func (p *pace) slowed(now time.Time) time.Duration {
	gap := p.gap
	for t := p.at.Add(calmAfter); gap >= slowGap && !t.After(now); t = t.Add(calmAfter) {
		gap /= 2
	}
	if gap < slowGap {
		return 0
	}
	return gap
}

// awaitStart waits until the process of a session may be started, or its turn is
// not to begin any more.
func (e *Engine) awaitStart(l *live) {
	now := time.Now()
	at := e.pace.reserve(now)
	if !at.After(now) {
		return
	}
	e.mu.Lock()
	j := l.running
	e.mu.Unlock()
	if j == nil {
		return
	}
	if e.pace.slow(now) {
		e.act(j, "waiting to start: the API has too many requests, so processes start one after the other")
		defer e.act(j, "")
	}
	timer := time.NewTimer(at.Sub(now))
	defer timer.Stop()
	for {
		e.mu.Lock()
		stopped, changed := j.stopped, j.changed
		e.mu.Unlock()
		if stopped != "" {
			return
		}
		select {
		case <-timer.C:
			return
		case <-changed:
		case <-e.closing:
			return
		}
	}
}
