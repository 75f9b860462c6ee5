package daemon

import (
	"context"
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
	if !answers(ctx, dataDir) {
		return engine.Info{}, false, nil
	}
	cn := newConn(dataDir)
	defer cn.close()
	if err := cn.exchange(ctx, pathInfo, envelope[struct{}]{}, nil, &info); err != nil {
		return engine.Info{}, false, fmt.Errorf("asking the engine: %w", err)
	}
	return info, true, nil
}
