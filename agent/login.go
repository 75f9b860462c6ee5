package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// LoginState says whose account Claude Code would use.
type LoginState struct {
	LoggedIn bool
	Method   string    // Claude Code's word: "api_key", "oauth_token", "claude.ai", "third_party", "none"
	Detail   string    // account, plan or source of the key, for people; never a secret
	Expires  time.Time // when it will end, some days sooner or later; zero: not told
}

// OldestVersion is the oldest version of Claude Code that is supported: the tests
// play their short stories with it. It is the first that npm has for one platform.
const OldestVersion = "2.1.110"

// IsTooOld reports whether a version is older than OldestVersion. A version of
// another shape than 1.2.3 is not.
func IsTooOld(version string) bool {
	numbers := func(version string) (n [3]int, ok bool) {
		read, err := fmt.Sscanf(version, "%d.%d.%d", &n[0], &n[1], &n[2])
		return n, err == nil && read == 3
	}
	have, ok := numbers(version)
	oldest, _ := numbers(OldestVersion)
	return ok && slices.Compare(have[:], oldest[:]) < 0
}

// Version asks a Claude Code binary for its version: "2.1.330". Ctx bounds it.
func Version(ctx context.Context, path string, env []string) (string, error) {
	out, err := ask(ctx, path, env, "--version")
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w", path, err)
	}
	version, _, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if version == "" || version[0] < '0' || version[0] > '9' {
		return "", fmt.Errorf("asking %s for its version: it says %q", path, clip(string(out), activityWidth))
	}
	return version, nil
}

// Login asks Claude Code who is logged in, without a request to the API: a key
// that is there may still be refused. Versions that cannot tell are judged by
// their environment and whether there are credentials.
func Login(ctx context.Context, path string, env []string) (LoginState, error) {
	// It exits with 1 when nobody is logged in, and says so in its output. An
	// old version does not know --json and stops at that.
	out, err := ask(ctx, path, env, "auth", "status", "--json")
	if ctx.Err() != nil {
		return LoginState{}, fmt.Errorf("asking %s for its login: %w", path, ctx.Err())
	}
	var s struct {
		LoggedIn *bool  `json:"loggedIn"`
		Method   string `json:"authMethod"`
		Provider string `json:"apiProvider"`
		KeyFrom  string `json:"apiKeySource"`
		Email    string `json:"email"`
		Org      string `json:"orgName"`
		Plan     string `json:"subscriptionType"`
		Expires  string `json:"loginExpiresAt"`
	}
	if json.Unmarshal(out, &s) == nil && s.LoggedIn != nil {
		detail := join(", ", s.Email, s.Org, s.Plan, s.KeyFrom)
		if s.Provider != "firstParty" {
			detail = join(", ", s.Provider, detail)
		}
		expires, _ := time.Parse(time.RFC3339, s.Expires) // zero if it is not told
		return LoginState{LoggedIn: *s.LoggedIn, Method: s.Method, Detail: detail, Expires: expires}, nil
	}
	if err != nil && len(out) == 0 && !started(err) {
		return LoginState{}, fmt.Errorf("asking %s for its login: %w", path, err)
	}
	return judgeLogin(env), nil
}

// judgeLogin looks for what a login needs. It reads no secret.
func judgeLogin(env []string) LoginState {
	for _, way := range []struct{ variable, method string }{
		{"CLAUDE_CODE_USE_BEDROCK", "third_party"},
		{"CLAUDE_CODE_USE_VERTEX", "third_party"},
		{"CLAUDE_CODE_USE_FOUNDRY", "third_party"},
		{"ANTHROPIC_AUTH_TOKEN", "oauth_token"},
		{"CLAUDE_CODE_OAUTH_TOKEN", "oauth_token"},
		{"ANTHROPIC_API_KEY", "api_key"},
	} {
		if lookup(env, way.variable) != "" {
			return LoginState{LoggedIn: true, Method: way.method, Detail: way.variable}
		}
	}
	credentials := filepath.Join(ConfigDir(env), ".credentials.json")
	if info, err := os.Stat(credentials); err == nil && info.Size() > 0 {
		return LoginState{LoggedIn: true, Method: "claude.ai", Detail: ".credentials.json"}
	}
	return LoginState{Method: "none"}
}

// ask runs Claude Code for a short answer, which is returned also when the
// exit status is not 0.
func ask(ctx context.Context, path string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(markedEnv(Options{Env: env}), "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "DISABLE_AUTOUPDATER=1")
	ownGroup(cmd)
	cmd.Cancel = func() error { return signalGroup(cmd.Process.Pid, kill) }
	cmd.WaitDelay = time.Second
	out := &tail{limit: 64 << 10}
	cmd.Stdout = out
	err := cmd.Run()
	return bytes.TrimSpace([]byte(out.String())), err
}

// started tells whether an error is that of a program that ran.
func started(err error) bool {
	_, ok := err.(*exec.ExitError)
	return ok
}

// join joins what is not empty.
func join(sep string, parts ...string) string {
	var full []string
	for _, part := range parts {
		if part != "" {
			full = append(full, part)
		}
	}
	return strings.Join(full, sep)
}
