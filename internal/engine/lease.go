package engine

import (
	"context"
	"sync"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// lease keeps a session's lease alive until close. Every write of a run goes
// under its token.
type lease struct {
	engine *Engine
	lost   chan struct{} // closed when somebody else has taken it
	stop   context.CancelFunc
	done   chan struct{}

	mu    sync.Mutex
	now   sessionstore.Lease
	taken bool // lost is closed
}

func (e *Engine) lease(ctx context.Context, sessionID string) (*lease, error) {
	now, err := e.store.Acquire(ctx, sessionID, e.store.Instance(), leaseTTL)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	l := &lease{engine: e, now: now, lost: make(chan struct{}), done: make(chan struct{}), stop: stop}
	go l.keep(ctx)
	return l, nil
}

// token is what writes go under. A lease that ran out while the machine slept
// is renewed first.
func (l *lease) token() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.engine.store.Now().After(l.now.ExpiresAt) {
		l.renew(context.WithoutCancel(l.engine.ctx))
	}
	return l.now.Token
}

// keep renews the lease. A store that cannot write for a while is no loss as
// long as nobody else takes the lease.
func (l *lease) keep(ctx context.Context) {
	defer close(l.done)
	tick := time.NewTicker(leaseTTL / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.lost:
			return
		case <-tick.C:
			l.mu.Lock()
			l.renew(ctx)
			l.mu.Unlock()
		}
	}
}

// renew prolongs the lease, also when it ran out and nobody has had it since.
// mu is held.
func (l *lease) renew(ctx context.Context) {
	now, err := l.engine.store.Renew(ctx, l.now, leaseTTL)
	switch {
	case err == nil:
		l.now = now
	case isStale(err) && !l.taken:
		l.taken = true
		l.engine.log.Error("a session's lease was taken", "session", l.now.SessionID)
		close(l.lost)
	}
}

func (l *lease) close() {
	l.stop()
	<-l.done
	if err := l.engine.store.Release(context.Background(), l.now); err != nil {
		l.engine.log.Warn("releasing a lease", "session", l.now.SessionID, "err", err)
	}
}
