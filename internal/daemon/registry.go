package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
)

// attendGrace is how long a caller that said hello may take to attend.
const attendGrace = 10 * time.Second

// registry knows the callers of an engine and the calls in flight, and is
// where it is decided, at one moment for all, that no more are let in.
type registry struct {
	quiet chan struct{}   // gets a token when the last call in flight ended
	life  context.Context // ends when the registry is closed
	end   context.CancelFunc

	mu        sync.Mutex
	callers   map[string]*caller
	attending int       // connections held open by callers
	calls     int       // in flight
	closed    bool      // nobody is let in any more
	active    time.Time // when a caller or a call of one was last seen
}

// caller is a client of the engine. It is forgotten, and with it the
// environment that api holds, when it no longer attends, is not expected to,
// and its calls have ended. Guarded by registry.mu.
type caller struct {
	api       API
	attending int
	calls     int
	expected  *time.Timer // runs until the caller attends; nil when it did or ran out
}

func newRegistry() *registry {
	life, end := context.WithCancel(context.Background())
	return &registry{
		quiet: make(chan struct{}, 1), life: life, end: end,
		callers: map[string]*caller{}, active: time.Now(),
	}
}

// add makes a caller known and returns its id. It is refused when the registry
// is closed.
func (r *registry) add(api API) (id string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return "", refusedStopping
	}
	id = uuid.NewString()
	c := &caller{api: api}
	c.expected = time.AfterFunc(attendGrace, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		c.expected = nil
		r.forget(id)
	})
	r.callers[id] = c
	r.active = time.Now()
	return id, nil
}

// attend counts a caller as present until leave is called.
func (r *registry) attend(id string) (leave func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, err := r.find(id)
	if err != nil {
		return nil, err
	}
	if c.expected != nil {
		c.expected.Stop()
		c.expected = nil
	}
	c.attending++
	r.attending++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		c.attending--
		r.attending--
		r.active = time.Now()
		r.forget(id)
	}, nil
}

// begin lets a call of a caller in, until end is called.
func (r *registry) begin(id string) (api API, end func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, err := r.find(id)
	if err != nil {
		return nil, nil, err
	}
	c.calls++
	r.calls++
	return c.api, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		c.calls--
		r.forget(id)
		r.active = time.Now()
		r.ended()
	}, nil
}

// follow lets a call of a caller in that nothing waits for; it is to end when
// closed does.
func (r *registry) follow(id string) (api API, closed context.Context, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, err := r.find(id)
	if err != nil {
		return nil, nil, err
	}
	return c.api, r.life, nil
}

// beginUnnamed lets a call in that any client may make, until end is called. It
// does not keep an idle engine alive: who asks how it is does not need it.
func (r *registry) beginUnnamed() (end func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, refusedStopping
	}
	r.calls++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ended()
	}, nil
}

// find looks up a caller. The caller of find holds mu.
func (r *registry) find(id string) (*caller, error) {
	if r.closed {
		return nil, refusedStopping
	}
	c, ok := r.callers[id]
	if !ok {
		return nil, refusedUnknown
	}
	return c, nil
}

// forget drops a caller that nothing holds. The caller of forget holds mu.
func (r *registry) forget(id string) {
	c := r.callers[id]
	if c != nil && c.attending == 0 && c.calls == 0 && c.expected == nil {
		delete(r.callers, id)
	}
}

// ended counts a call as over. The caller of ended holds mu.
func (r *registry) ended() {
	r.calls--
	if r.calls > 0 {
		return
	}
	select {
	case r.quiet <- struct{}{}:
	default:
	}
}

// touch notes that something is going on.
func (r *registry) touch() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active = time.Now()
}

// closeIfResting closes the registry if no call is in flight and busy says no,
// and reports whether it did.
func (r *registry) closeIfResting(busy func() bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closeIf(r.calls == 0 && !busy())
}

// closeIfIdle does so if, moreover, nobody was there for a time.
func (r *registry) closeIfIdle(busy func() bool, idle time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closeIf(r.calls == 0 && r.attending == 0 && time.Since(r.active) >= idle && !busy())
}

// close closes the registry whatever goes on.
func (r *registry) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closeIf(true)
}

// isClosed reports whether the engine is on its way out.
func (r *registry) isClosed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// closeIf reports whether this call closed the registry. Its caller holds mu.
func (r *registry) closeIf(ok bool) bool {
	if r.closed || !ok {
		return false
	}
	r.closed = true
	r.end()
	for _, c := range r.callers {
		if c.expected != nil {
			c.expected.Stop()
		}
	}
	return true
}
