// Package agentsdk calls the Claude Agent SDK, which tests and benchmarks hold
// the server against. The SDK is in the folder of this package, where
// test/get-agentsdk.sh puts it, and runs in a Node process of its own.
package agentsdk

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Var names the folder in which the SDK is installed. It is not there where Var
// is not set.
const Var = "CLAUDE_SESSIONS_TEST_AGENTSDK"

// SDK is a Node with the SDK. It is safe to use at once: calls wait for each
// other.
type SDK struct {
	cmd *exec.Cmd
	mu  sync.Mutex // held during a call
	in  io.WriteCloser
	out *bufio.Reader
}

// Start starts the SDK in an environment: its sessions are those of the config
// folder that is named there. With descriptors it may have only so many files
// open.
func Start(env []string, descriptors int) (*SDK, error) {
	command := "exec node call.mjs"
	if descriptors > 0 {
		command = fmt.Sprintf("ulimit -n %d; %s", descriptors, command)
	}
	s := &SDK{cmd: exec.Command("sh", "-c", command)}
	s.cmd.Dir, s.cmd.Env, s.cmd.Stderr = filepath.Clean(os.Getenv(Var)), env, os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		s.in, err = s.cmd.StdinPipe()
	}
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("starting the Agent SDK: %w", err)
	}
	s.out = bufio.NewReader(out)
	return s, nil
}

// Call calls a function of the SDK, reads what it returns into result, which
// may be nil, and tells how long the function took. Names of our own are told in
// call.mjs.
func (s *SDK) Call(result any, function string, args ...any) (took time.Duration, err error) {
	raw, err := json.Marshal(append([]any{function}, args...))
	if err != nil {
		return 0, fmt.Errorf("calling %s: %w", function, err)
	}
	var answer struct {
		Result json.RawMessage
		Error  string
		MS     float64
	}
	if err := s.exchange(raw, &answer); err != nil {
		return 0, fmt.Errorf("calling %s: the Agent SDK's process: %w", function, err)
	}
	if answer.Error != "" {
		return 0, fmt.Errorf("calling %s with %s: %s", function, strings.TrimSpace(string(raw)), answer.Error)
	}
	if result != nil {
		err = json.Unmarshal(answer.Result, result)
	}
	return time.Duration(answer.MS * float64(time.Millisecond)), err
}

// exchange sends a line and reads the one that answers it.
func (s *SDK) exchange(line []byte, answer any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.in.Write(append(line, '\n')); err != nil {
		return err
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, answer)
}

// Close ends the process. The error tells that it ended badly.
func (s *SDK) Close() error {
	_ = s.in.Close()
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the Agent SDK's process: %w", err)
	}
	return nil
}
