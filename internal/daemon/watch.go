package daemon

import (
	"context"
	"time"
)

// watch returns the reason to stop, once there is one. From then on the
// registry is closed.
func (s *server) watch(ctx context.Context) string {
	tick := time.NewTicker(min(max(s.Idle/10, time.Millisecond), time.Second))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.registry.close()
			return "told to stop"
		case <-s.taken:
			return "a newer build takes over"
		case <-s.registry.quiet:
		case <-tick.C:
			s.keepDoor()
		}
		if reason := s.reasonToStop(); reason != "" {
			return reason
		}
	}
}

func (s *server) reasonToStop() string {
	if s.backend.Busy() {
		s.registry.touch()
		return ""
	}
	if s.succession.Load() && s.registry.closeIfResting(s.backend.Busy) {
		return "a newer build waits to take over"
	}
	if s.registry.closeIfIdle(s.backend.Busy, s.Idle) {
		return "nothing to do"
	}
	return ""
}

// keepDoor opens another door when the system swept the socket away: without
// it no client could reach this engine, and none could start another.
func (s *server) keepDoor() {
	if !s.door.gone() {
		return
	}
	d, err := openDoor(s.DataDir, s.paths())
	if err != nil {
		s.Log.Warn("socket is gone and cannot be made again", "error", err)
		return
	}
	s.Log.Info("socket was gone and is made again", "socket", d.path)
	s.door.close()
	s.door = d
	s.serveDoor()
}
