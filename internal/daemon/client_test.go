package daemon_test

import (
	"github.com/claude-sessions/claude-sessions/internal/daemon"
	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/tools"
)

// An engine in this process and one behind a socket look the same.
var (
	_ tools.Sessions = (*daemon.Client)(nil)
	_ daemon.API     = (*engine.Client)(nil)
)
