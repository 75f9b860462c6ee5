package loopmodel

import (
	"context"
	"sync"
)

// gates are the names under which requests are held.
type gates struct {
	mu     sync.Mutex
	byName map[string]*gate
}

type gate struct {
	open     chan struct{} // closed by release
	released bool          // open is closed
	waiting  int           // requests that are held now
	arrived  chan struct{} // closed, and made anew, when one comes
}

// locked calls f with the gate of that name under the lock.
func (g *gates) locked(name string, f func(*gate)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.byName == nil {
		g.byName = make(map[string]*gate)
	}
	if g.byName[name] == nil {
		g.byName[name] = &gate{open: make(chan struct{}), arrived: make(chan struct{})}
	}
	f(g.byName[name])
}

// hold blocks until the name is released or ctx ends.
func (g *gates) hold(ctx context.Context, name string) error {
	var open chan struct{}
	g.locked(name, func(x *gate) {
		open = x.open
		x.waiting++
		close(x.arrived)
		x.arrived = make(chan struct{})
	})
	defer g.locked(name, func(x *gate) { x.waiting-- })
	select {
	case <-open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gates) release(name string) {
	g.locked(name, func(x *gate) {
		if !x.released {
			x.released = true
			close(x.open)
		}
	})
}

// held blocks until a request waits at the gate or ctx ends.
func (g *gates) held(ctx context.Context, name string) error {
	for {
		var waiting int
		var arrived chan struct{}
		g.locked(name, func(x *gate) { waiting, arrived = x.waiting, x.arrived })
		if waiting > 0 {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
