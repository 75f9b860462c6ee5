package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// statusPatience bounds Status.
const statusPatience = 3 * time.Second

// Status asks the engine of a data folder how it is, and starts none. running
// is false when there is none. An error means that something takes connections
// in its place but gives no answer.
func Status(ctx context.Context, dataDir string) (info engine.Info, running bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	return askUnnamed[engine.Info](ctx, dataDir, pathInfo, struct{}{})
}

// Checkup asks the engine of a data folder what was left behind, and starts
// none. running and err are as of Status; ctx bounds it.
func Checkup(ctx context.Context, dataDir string, req engine.CheckupRequest) (found engine.Checkup, running bool, err error) {
	return askUnnamed[engine.Checkup](ctx, dataDir, pathCheckup, req)
}

func askUnnamed[Res, Req any](ctx context.Context, dataDir, path string, req Req) (res Res, running bool, err error) {
	if !answers(ctx, dataDir) {
		return res, false, nil
	}
	cn := newConn(dataDir)
	defer cn.close()
	if res, err = exchange[Res](ctx, cn, path, envelope[Req]{Request: req}, nil); err != nil {
		return res, false, fmt.Errorf("asking the engine: %w", err)
	}
	return res, true, nil
}

// Alone does something while no engine can serve the data folder: one that is
// started meanwhile waits. ErrRunning if there is one.
func Alone(ctx context.Context, dataDir string, do func() error) (err error) {
	lock, err := lockEngine(ctx, dataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return do()
}
