package loopmodel

import (
	"os"
	"path/filepath"
	"runtime"
)

// FakeKey is the API key that [Env] sets. No service knows it.
const FakeKey = "fake-key-for-loopmodel"

// Env returns the whole environment for a Claude Code child that talks to the
// server at url and has its settings, its login and its transcripts below home.
// It takes nothing from this process but PATH (and what Windows needs to start
// a program). What the child keeps in the system's directory for temporary
// files stays there; CLAUDE_CODE_TMPDIR, added by the caller, moves it.
func Env(url, home string) []string {
	env := []string{
		"HOME=" + home,
		"CLAUDE_CONFIG_DIR=" + filepath.Join(home, ".claude"),
		"PATH=" + os.Getenv("PATH"),
		"ANTHROPIC_BASE_URL=" + url,
		"ANTHROPIC_API_KEY=" + FakeKey,
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
		"DISABLE_AUTOUPDATER=1",
	}
	if runtime.GOOS != "windows" {
		return env
	}
	env = append(env, "USERPROFILE="+home)
	for _, name := range []string{"SystemRoot", "ComSpec", "PATHEXT", "TEMP", "TMP"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}
