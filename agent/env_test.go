package agent

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

func TestChildEnv(t *testing.T) {
	from := []string{
		"PATH=/old", "HOME=/h", "LC_ALL=C", "EDITOR=vi", "SECRET_TOKEN=x", "ANTHROPIC_API_KEY=k", "https_proxy=p",
		"CLAUDE_CONFIG_DIR=/c", "CLAUDE_CODE_USE_BEDROCK=1", "AWS_PROFILE=a", "DISABLE_TELEMETRY=1",
		"CLAUDECODE=1", "CLAUDE_PID=7", "CLAUDE_CODE_SESSION_ID=s", "CLAUDE_CODE_ENTRYPOINT=cli", "CLAUDE_CODE_SSE_PORT=1",
		"CLAUDE_CODE_CHILD_SESSION=1", "CLAUDE_CODE_MESSAGING_TOKEN=t", "CLAUDE_EFFORT=low", "CLAUDE_CODE_EXECPATH=/x",
		"CLAUDE_SESSIONS_RUN=r", "CLAUDE_SESSIONS_DATA_DIR=/d", "DATABASE_URL=u", "PATH=/new", "broken", "=C:=x", "EMPTY=",
	}
	want := []string{
		"HOME=/h", "LC_ALL=C", "ANTHROPIC_API_KEY=k", "https_proxy=p",
		"CLAUDE_CONFIG_DIR=/c", "CLAUDE_CODE_USE_BEDROCK=1", "AWS_PROFILE=a", "DISABLE_TELEMETRY=1", "DATABASE_URL=u", "PATH=/new", "EMPTY=",
	}
	if got := ChildEnv(from, []string{"DATABASE_URL", "EMPTY", "NOT_THERE", "CLAUDE_SESSIONS_RUN"}); !slices.Equal(got, want) {
		t.Errorf("ChildEnv =\n%q, want\n%q", got, want)
	}
	if got := ChildEnv(nil, nil); got == nil || len(got) != 0 {
		t.Errorf("ChildEnv of nothing = %#v, want empty and not nil", got)
	}
}

func TestLoginVars(t *testing.T) {
	env := []string{"PATH=/p", "ANTHROPIC_API_KEY=k", "HOME=/h", "CLAUDE_CODE_OAUTH_TOKEN=t", "CLAUDE_CODE_USE_VERTEX=1", "CLAUDE_CODE_DISABLE_X=1", "AWS_REGION=r", "CLAUDE_CONFIG_DIR=/c"}
	want := []string{"ANTHROPIC_API_KEY=k", "HOME=/h", "CLAUDE_CODE_OAUTH_TOKEN=t", "CLAUDE_CODE_USE_VERTEX=1", "AWS_REGION=r", "CLAUDE_CONFIG_DIR=/c"}
	if got := LoginVars(env); !slices.Equal(got, want) {
		t.Errorf("LoginVars = %q, want %q", got, want)
	}
}

// program makes something that can be run, as far as Find looks.
func program(t *testing.T, path string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	write(t, path, "#!/bin/sh\n")
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	first, second, home := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, filepath.Join(first, "claude"), "no program")
	onPath := program(t, filepath.Join(second, "claude"))
	other := program(t, filepath.Join(second, "claude-next"))
	installed := program(t, filepath.Join(home, ".local", "bin", "claude"))
	path := "PATH=" + first + string(filepath.ListSeparator) + second
	tests := []struct {
		name, command string
		env           []string
		want          string // "" for ErrNotFound
	}{
		{"on PATH", "", []string{path, "HOME=" + home}, onPath},
		{"by name", "claude-next", []string{path}, other},
		{"by path", other, nil, other},
		{"installed for the user", "", []string{"PATH=" + first, "HOME=" + home}, installed},
		{"nowhere", "", []string{"PATH=" + first}, ""},
		{"no PATH", "", nil, ""},
		{"relative PATH", "", []string{"PATH=."}, ""},
		{"a path to nothing", filepath.Join(first, "none"), []string{path}, ""},
		{"a folder", second, []string{path}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Find(test.command, test.env)
			if got != test.want || (test.want == "") != errors.Is(err, ErrNotFound) {
				t.Errorf("Find = %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestVersionAndLoginOfFakes(t *testing.T) {
	tests := []struct {
		fake, version string
		login         LoginState
	}{
		{"account", "2.1.330", LoginState{LoggedIn: true, Method: "claude.ai", Detail: "a@example.com, pro"}},
		{"nobody", "2.1.330", LoginState{Method: "none"}},
		{"ancient", "1.0.0", LoginState{LoggedIn: true, Method: "api_key", Detail: "ANTHROPIC_API_KEY"}},
	}
	for _, test := range tests {
		t.Run(test.fake, func(t *testing.T) {
			env := []string{fakeVar + "=" + test.fake, quickExit, "ANTHROPIC_API_KEY=k"}
			if got, err := Version(patient(t), os.Args[0], env); err != nil || got != test.version {
				t.Errorf("Version = %q, %v, want %q", got, err, test.version)
			}
			if got, err := Login(patient(t), os.Args[0], env); err != nil || got != test.login {
				t.Errorf("Login = %+v, %v, want %+v", got, err, test.login)
			}
		})
	}
}

func TestLoginWithoutClaude(t *testing.T) {
	if got, err := Login(patient(t), filepath.Join(t.TempDir(), "none"), nil); err == nil {
		t.Errorf("Login = %+v, want an error", got)
	}
}

func TestJudgeLogin(t *testing.T) {
	home := t.TempDir()
	if got := judgeLogin([]string{"HOME=" + home}); got.LoggedIn {
		t.Errorf("without anything: %+v", got)
	}
	write(t, filepath.Join(home, ".claude", ".credentials.json"), "{}")
	if got := judgeLogin([]string{"HOME=" + home}); !got.LoggedIn || got.Method != "claude.ai" {
		t.Errorf("with credentials: %+v", got)
	}
}

func TestIsTooOld(t *testing.T) {
	for version, want := range map[string]bool{
		OldestVersion: false, "2.1.109": true, "2.1.99": true, "2.2.0": false, "1.0.128": true, "3.0": false, "": false, "2.1.332 (Claude Code)": false, "2.1.9-beta": true,
	} {
		if got := IsTooOld(version); got != want {
			t.Errorf("IsTooOld(%q) = %v", version, got)
		}
	}
}
