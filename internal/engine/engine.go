package engine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Defaults of Config.
const (
	DefaultRequestTimeout = 10 * time.Minute
	DefaultStopGrace      = 10 * time.Second
	DefaultMaxDepth       = 2
	DefaultWarm           = 10 * time.Minute

	leaseTTL     = 30 * time.Second
	bytesPerRun  = 400 << 20 // what a Claude Code process and its tools need
	maxMaxRuns   = 64
	maxAttempts  = 2 // starts of a turn whose prompt never arrived
	interruptFor = 5 * time.Second
)

// Config is what an Engine is made of. Store is required.
type Config struct {
	Store   sessionstore.Store
	Log     *slog.Logger // nil: nothing is logged
	Version string
	DataDir string // told to servers inside sessions, so that they join the same engine

	MaxRuns         int                             // processes at once; 0: as many as memory allows, at least 2
	RequestTimeout  time.Duration                   // until an unanswered request is denied; 0: DefaultRequestTimeout; negative: never
	Index           Index                           // of Store; nil: nothing can be searched for
	Archive         Archive                         // of which sessions transcripts are copied; "": ArchiveAll
	ArchiveMaxBytes int64                           // that copies may take on disk; the oldest of imported sessions are dropped then; 0: no limit
	Compact         func(ctx context.Context) error // frees what was dropped from Store; nil: nothing does
	StopGrace       time.Duration                   // how long turns may go on when the engine stops; 0: DefaultStopGrace

	Warm    time.Duration // how long a process stays after its turn; 0: DefaultWarm; negative: it ends at once
	MaxWarm int           // processes that stay at once; 0: as memory allows, at most 4; negative: none
	// Memory tells how much is left, in bytes; nil: what the system says. With
	// too little no process is kept warm.
	Memory func() uint64
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.MaxRuns <= 0 {
		c.MaxRuns = runsByMemory()
	}
	if c.RequestTimeout == 0 {
		c.RequestTimeout = DefaultRequestTimeout
	}
	if c.StopGrace == 0 {
		c.StopGrace = DefaultStopGrace
	}
	if c.Warm == 0 {
		c.Warm = DefaultWarm
	}
	if c.MaxWarm == 0 {
		c.MaxWarm = min(mostWarm, max(1, c.MaxRuns/4))
	}
	if c.Memory == nil {
		c.Memory = available
	}
	return c
}

func runsByMemory() int {
	return int(min(max(available()/bytesPerRun, 2), maxMaxRuns))
}

// Engine runs the sessions of one store. It is safe to use at once.
type Engine struct {
	cfg       Config
	store     sessionstore.Store
	log       *slog.Logger
	startedAt time.Time
	ctx       context.Context // ends when the grace of Close is over
	cancel    context.CancelFunc
	closing   chan struct{} // closed when Close begins
	wg        sync.WaitGroup

	mu        sync.Mutex // guards what follows, and the fields of live and job that say so
	closed    bool
	sessions  map[string]*live // those with work
	jobs      map[string]*job  // turns that have not ended, by id
	restored  map[string]bool  // sessions whose transcript was written back, for the next turn to tell
	running   int              // slots taken
	ahead     *spare           // how the last new session's process was started; it is not running
	spare     *spare           // nil: none
	preparing bool             // one is being started
	asking    asking
	promised  map[string]*spare // by the id of the session that is to have it

	importers map[string]*importer // by config folder
	passive   map[string]*importer // of the other folders: without workers

	corrections corrections

	acts acts // of turns that run

	outlines outlines // of long transcripts that are read

	logins logins
	pace   pace
}

// New makes an Engine and takes up what an earlier one left: queued turns, and
// turns whose process lives on without it.
func New(cfg Config) (*Engine, error) {
	cfg = cfg.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	e := &Engine{
		cfg: cfg, store: cfg.Store, log: cfg.Log, startedAt: time.Now(),
		ctx: ctx, cancel: cancel, closing: make(chan struct{}),
		sessions: map[string]*live{}, jobs: map[string]*job{}, promised: map[string]*spare{}, asking: newAsking(), importers: map[string]*importer{}, passive: map[string]*importer{},
		restored: map[string]bool{}, acts: newActs(uint64(time.Now().UnixMilli())),
	}
	if err := e.recover(ctx); err != nil {
		cancel()
		return nil, fmt.Errorf("taking up the turns of an earlier engine: %w", err)
	}
	if cfg.ArchiveMaxBytes > 0 {
		e.spawn(e.keepLimit)
	}
	e.wg.Go(e.weigh)
	e.spawn(e.correctAll)
	return e, nil
}

// Close lets running turns go on for the stop grace, ends those that take
// longer, and returns when no process of the engine is left. Queued turns stay
// queued. The store stays open: it is its opener's to close.
func (e *Engine) Close(ctx context.Context) error {
	e.mu.Lock()
	if !e.closed {
		e.closed = true
		close(e.closing)
	}
	e.mu.Unlock()
	done := make(chan struct{})
	go func() { e.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		e.cancel()
		<-done
	}
	e.cancel()
	return nil
}

// Busy tells whether a run is alive or a turn waits for its.
func (e *Engine) Busy() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.running > 0 || len(e.jobs) > 0
}

// Info tells how the engine is.
func (e *Engine) Info(ctx context.Context) (Info, error) {
	page, err := e.store.List(ctx, sessionstore.Query{Limit: 1, Archived: sessionstore.AnyArchived})
	if err != nil {
		return Info{}, e.fail("counting sessions", err)
	}
	space, err := e.store.Space(ctx)
	if err != nil {
		return Info{}, e.fail("measuring the store", err)
	}
	archive, over := e.archiveInfo(space)
	importing, passed := e.importing(), e.passedOver()
	e.mu.Lock()
	defer e.mu.Unlock()
	queued := 0
	for _, j := range e.jobs {
		if !j.taken {
			queued++
		}
	}
	return Info{
		PID: os.Getpid(), Version: e.cfg.Version, DataDir: e.cfg.DataDir, StartedAt: e.startedAt,
		Running: e.running, Warm: len(e.resting()), Spare: e.spare != nil, Queued: queued, MaxRuns: e.cfg.MaxRuns, Sessions: page.Total,
		Importing: importing, Corrections: e.corrections.told(), Passed: passed, Indexing: e.indexing(),
		Limits:  e.logins.all(e.store.Now()),
		Archive: archive, ArchiveOver: over,
	}, nil
}

// fail turns an error of the store into one for callers, and logs what they do
// not get to see.
func (e *Engine) fail(doing string, err error) error {
	known := storeError(err)
	if known.Code == Internal {
		e.log.Error(doing, "err", err, "stack", string(debug.Stack()))
	}
	return known
}

// spawn runs f on the engine's time; Close waits for it. It does nothing once
// the engine is closing.
func (e *Engine) spawn(f func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false
	}
	e.wg.Go(f)
	return true
}
