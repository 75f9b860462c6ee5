//go:build unix

package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"sync"
)

// A seat is where a client sits: when its server was killed, another one comes.
type seat struct {
	*ledger
	name      string
	dir       string
	env, args []string

	mu     sync.Mutex
	client *mcpClient
	killed map[*mcpClient]bool
}

// take is the client that sits there now.
func (s *seat) take() (*mcpClient, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		return s.client, nil
	}
	c, err := connect(s.name, s.dir, filepath.Join(binaries, "mcp-server"), s.env, s.args)
	s.client = c
	return c, err
}

// call is false when the client was killed over it.
func (s *seat) call(tool string, args map[string]any) (reply, bool) {
	c, err := s.take()
	if err != nil {
		s.fault("connecting: %v", err)
		return reply{}, false
	}
	raw, err := json.Marshal(args)
	if err != nil {
		s.fault("arguments of %s: %v", tool, err)
	}
	r, err := c.call(tool, string(raw))
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.killed[c] {
			s.fault("%s %s: %v", tool, raw, err)
		}
		return reply{}, false
	}
	return s.heard(tool, string(raw), r), true
}

func (s *seat) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.client
	if c == nil {
		return
	}
	if s.killed == nil {
		s.killed = map[*mcpClient]bool{}
	}
	s.killed[c], s.client = true, nil
	_ = c.kill() // its pipe is broken then
	if log := c.stderr.String(); strings.Contains(log, "DATA RACE") {
		s.fault("the server has a data race:\n%s", log)
	}
}

func (s *seat) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == nil {
		return
	}
	if err := s.client.leave(); err != nil {
		s.fault("the client %s leaves: %v", s.name, err)
	}
}
