//go:build unix

package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// agentSDKVar names the folder in which the Claude Agent SDK is installed.
const agentSDKVar = "CLAUDE_SESSIONS_TEST_AGENTSDK"

// agentSDK calls functions of the Claude Agent SDK, in a Node of its own.
type agentSDK struct {
	t   *testing.T
	mu  *sync.Mutex // held during a call
	in  io.Writer
	out *bufio.Reader
}

// newAgentSDK starts the SDK in an environment: its sessions are those of the
// config folder that is named there.
func newAgentSDK(t *testing.T, env []string) *agentSDK {
	t.Helper()
	dir := os.Getenv(agentSDKVar)
	if dir == "" {
		t.Skip("the Claude Agent SDK is not there: make test gets it and names it with " + agentSDKVar)
	}
	cmd := exec.Command("node", filepath.Join(dir, "call.mjs"))
	cmd.Env, cmd.Stderr = env, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("starting the Agent SDK: %v", err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the Agent SDK ends: %v", err)
		}
	})
	return &agentSDK{t: t, mu: &sync.Mutex{}, in: in, out: bufio.NewReader(out)}
}

// of is the same SDK, for a test that runs beside others.
func (sdk *agentSDK) of(t *testing.T) *agentSDK {
	mine := *sdk
	mine.t = t
	return &mine
}

// call calls a function of the SDK and reads what it returns into result,
// which may be nil.
func (sdk *agentSDK) call(result any, function string, args ...any) {
	sdk.t.Helper()
	sdk.mu.Lock()
	defer sdk.mu.Unlock()
	raw, err := json.Marshal(append([]any{function}, args...))
	if err == nil {
		_, err = sdk.in.Write(append(raw, '\n'))
	}
	var line []byte
	if err == nil {
		line, err = sdk.out.ReadBytes('\n')
	}
	var answer struct {
		Result json.RawMessage
		Error  string
	}
	if err == nil {
		err = json.Unmarshal(line, &answer)
	}
	if err == nil && answer.Error == "" && result != nil {
		err = json.Unmarshal(answer.Result, result)
	}
	if err != nil || answer.Error != "" {
		sdk.t.Fatalf("the Agent SDK's %s%v: %v %s", function, args, err, answer.Error)
	}
}
