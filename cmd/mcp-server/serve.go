package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/internal/daemon"
	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/search"
	"github.com/claude-sessions/claude-sessions/sessionstore"
	"github.com/claude-sessions/claude-sessions/tools"
)

// Bounds of an engine's own memory, for which Badger's caches are sized: a soft
// limit in bytes, and how far garbage may make the heap grow, in percent: at
// work, when to collect it costs time, and at rest, in which the engine makes
// little for its size and stays for days.
const (
	engineMemory = 96 << 20
	workGarbage  = 60
	restGarbage  = 33
)

// waiting is how many threads of an engine wait for the disk, at times, in a way
// that Go does not see: for pages of files that Badger maps. Others run instead.
const waiting = 2

// stdio serves one MCP client.
func (p program) stdio(ctx context.Context, c config) error {
	return p.withSessions(ctx, c, func(ctx context.Context, sessions exporter, log *slog.Logger) error {
		return tools.Serve(ctx, sessions, p.in, p.out, tools.Options{Version: versionName(), Log: log})
	})
}

// withSessions lets use have an engine for as long as it runs.
func (p program) withSessions(ctx context.Context, c config, use func(context.Context, exporter, *slog.Logger) error) (err error) {
	log := slog.New(slog.NewTextHandler(p.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	dataDir, err := daemon.DataDir(c.dataDir, p.getenv)
	if err != nil {
		return err
	}
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	sessions, closeSessions, err := p.sessions(ctx, c, dataDir, log, giveUp)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSessions()) }()
	return use(ctx, sessions, log)
}

// sessions is the engine that the tools call: a shared one behind its socket,
// or one of this process's own.
func (p program) sessions(ctx context.Context, c config, dataDir string, log *slog.Logger, giveUp func()) (exporter, func() error, error) {
	caller, err := p.caller(c)
	if err != nil {
		return nil, nil, err
	}
	if !c.embedded {
		client := p.client(c, dataDir, caller, log)
		return client, client.Close, nil
	}
	b, err := openBackend(ctx, c, dataDir, log, giveUp)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the data folder %s (an embedded engine needs it for itself): %w", dataDir, err)
	}
	return b.engine.For(caller), func() error { return b.Close(context.Background()) }, nil
}

func (p program) caller(c config) (engine.Caller, error) {
	cwd, err := os.Getwd()
	return engine.Caller{ID: uuid.NewString(), Cwd: cwd, Env: p.env, Claude: c.claude, Policy: c.policy}, err
}

func (p program) client(c config, dataDir string, caller engine.Caller, log *slog.Logger) *daemon.Client {
	return daemon.NewClient(daemon.ClientOptions{
		DataDir: dataDir, Version: versionName(), Build: build, Caller: caller, Log: log,
		Spawn: func(context.Context) (*exec.Cmd, error) {
			self, err := os.Executable()
			if err != nil {
				return nil, fmt.Errorf("finding this program: %w", err)
			}
			cmd := exec.Command(self, c.engineArgs(dataDir)...)
			cmd.Env = p.engineEnv()
			return cmd, nil
		},
	})
}

// engineEnv is what an engine needs of its first client's environment: where
// things are, and no secret. Each client's own goes with its calls.
func (p program) engineEnv() []string {
	var env []string
	for _, name := range []string{"HOME", "PATH", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "LANG", "TZ",
		"USERPROFILE", "LOCALAPPDATA", "APPDATA", "SystemRoot", "TEMP", "TMP"} {
		if value := p.getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// engine is the process that all servers of the user share.
func (p program) engine(ctx context.Context, c config) error {
	dataDir, err := daemon.DataDir(c.dataDir, p.getenv)
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(engineMemory)
	debug.SetGCPercent(workGarbage)
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + waiting)
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	out := daemon.OpenLog(dataDir)
	defer out.Close()
	log := slog.New(slog.NewTextHandler(out, nil))
	return daemon.Serve(ctx, daemon.ServeOptions{
		DataDir: dataDir, Version: versionName(), Build: build, Idle: c.idleTimeout, Log: log,
		Open: func(ctx context.Context) (daemon.Backend, error) { return openBackend(ctx, c, dataDir, log, giveUp) },
	})
}

// backend is an engine with its store, in the form that the daemon serves.
type backend struct {
	engine *engine.Engine
	store  *sessionstore.DB
	log    *slog.Logger
	upkeep sync.WaitGroup
	end    context.CancelFunc // of the upkeep
	giveUp func()             // ends the process

	maintain   func(ctx context.Context) error
	closeIndex func() error
}

// upkeepEvery is how often the store is looked after, if the engine has nothing
// better to do then.
const upkeepEvery = 10 * time.Minute

func openBackend(ctx context.Context, c config, dataDir string, log *slog.Logger, giveUp func()) (*backend, error) {
	store, err := sessionstore.Open(filepath.Join(dataDir, "store"), sessionstore.Options{Log: log})
	if err != nil {
		return nil, err
	}
	var upkeep sync.Mutex
	maintain := func(ctx context.Context) error {
		upkeep.Lock()
		defer upkeep.Unlock()
		return store.Maintain(ctx)
	}
	index, closeIndex := openIndex(search.Options{Dir: filepath.Join(dataDir, "search"), Store: store, Log: log})
	eng, err := engine.New(engine.Config{
		Store: store, Index: index, Log: log, Version: versionName(), DataDir: dataDir,
		MaxRuns: c.maxRuns, Warm: c.warm, MaxWarm: c.maxWarm, RequestTimeout: c.requestTimeout, StopGrace: max(c.stopGrace, time.Millisecond), Archive: c.archive,
		ArchiveMaxBytes: c.archiveMax, Compact: maintain,
	})
	if err != nil {
		return nil, errors.Join(err, closeIndex(), store.Close())
	}
	b := &backend{engine: eng, store: store, maintain: maintain, closeIndex: closeIndex, log: log, giveUp: giveUp}
	ctx, b.end = context.WithCancel(context.WithoutCancel(ctx))
	b.upkeep.Go(func() { b.lookAfter(ctx) })
	b.upkeep.Go(func() { giveBack(ctx, store.GiveBack) })
	return b, nil
}

func (b *backend) lookAfter(ctx context.Context) {
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.store.Broken():
			b.log.Error("the store must be opened anew: this engine ends, the next call starts another")
			b.giveUp()
			return
		case <-tick.C:
		}
		if b.engine.Busy() {
			continue
		}
		if err := b.maintain(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn("looking after the store", "err", err)
		}
	}
}

func (b *backend) For(caller engine.Caller) daemon.API           { return b.engine.For(caller) }
func (b *backend) Info(ctx context.Context) (engine.Info, error) { return b.engine.Info(ctx) }
func (b *backend) Checkup(ctx context.Context, req engine.CheckupRequest) (engine.Checkup, error) {
	return b.engine.Checkup(ctx, req)
}
func (b *backend) Busy() bool { return b.engine.Busy() }

// Close ends the runs and the store. A store that does not close in ctx's time,
// as when its folder was deleted, is left to the end of the process.
func (b *backend) Close(ctx context.Context) error {
	b.end()
	b.upkeep.Wait()
	err := errors.Join(b.engine.Close(ctx), b.closeIndex())
	closed := make(chan error, 1)
	go func() { closed <- b.store.Close() }()
	select {
	case storeErr := <-closed:
		return errors.Join(err, storeErr)
	case <-ctx.Done():
		return errors.Join(err, fmt.Errorf("closing the store: %w", ctx.Err()))
	}
}
