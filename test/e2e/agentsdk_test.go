//go:build unix

package e2e

import (
	"os"
	"testing"

	"github.com/claude-sessions/claude-sessions/test/agentsdk"
)

// agentSDK calls functions of the Claude Agent SDK for a test.
type agentSDK struct {
	t   *testing.T
	sdk *agentsdk.SDK
}

// newAgentSDK starts the SDK in an environment: its sessions are those of the
// config folder that is named there.
func newAgentSDK(t *testing.T, env []string) *agentSDK {
	t.Helper()
	if os.Getenv(agentsdk.Var) == "" {
		t.Skip("the Claude Agent SDK is not there: make test gets it and names it with " + agentsdk.Var)
	}
	sdk, err := agentsdk.Start(env, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sdk.Close(); err != nil {
			t.Error(err)
		}
	})
	return &agentSDK{t: t, sdk: sdk}
}

// of is the same SDK, for a test that runs beside others.
func (s *agentSDK) of(t *testing.T) *agentSDK { return &agentSDK{t: t, sdk: s.sdk} }

// call calls a function of the SDK and reads what it returns into result,
// which may be nil.
func (s *agentSDK) call(result any, function string, args ...any) {
	s.t.Helper()
	if _, err := s.sdk.Call(result, function, args...); err != nil {
		s.t.Fatal(err)
	}
}
