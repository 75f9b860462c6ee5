package fakeclaude

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Environment variables of the fake. A test gives them to [Command] or
// [Install], as a driver may not pass them on.
const (
	LogVar        = "FAKECLAUDE_LOG"         // file that gets a Record for each start and turn
	StartDelayVar = "FAKECLAUDE_START_DELAY" // how long a start takes (Go syntax)
	VersionVar    = "FAKECLAUDE_VERSION"     // version to claim; default 2.1.330
	LoggedOutVar  = "FAKECLAUDE_LOGGED_OUT"  // not empty: there is no login
	LoginEndsVar  = "FAKECLAUDE_LOGIN_ENDS"  // time (RFC 3339) at which the login ends; default: it does not
	GatesVar      = "FAKECLAUDE_GATES"       // folder for !hold
)

const activeVar = "FAKECLAUDE"

// A binary that was built with the race detector sleeps a second before an
// orderly exit unless this variable says otherwise.
const (
	raceVar = "GORACE"
	noSleep = "atexit_sleep_ms=0"
)

// Active tells whether this process was started by a program of [Command] or
// [Install], and so is to be the fake.
func Active() bool { return os.Getenv(activeVar) != "" }

// Main is the fake CLI: it takes the arguments, the streams and the environment
// of this process and returns the exit status.
func Main() int {
	s := readSettings()
	args := os.Args[1:]
	s.log.started(args)
	time.Sleep(s.startDelay)
	switch {
	case slices.Contains(args, "--version") || slices.Contains(args, "-v"):
		fmt.Printf("%s (Claude Code)\n", s.version)
		return 0
	case len(args) >= 2 && args[0] == "auth" && args[1] == "status":
		return authStatus(s)
	}
	f, err := parseFlags(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return newProcess(f, s).run()
}

// settings are what the environment says.
type settings struct {
	log        journal
	startDelay time.Duration
	version    string
	loggedOut  bool

	loginExpires string
	gates        string
	configDir    string
}

// readSettings also takes what the program of Install added out of the
// environment, so that a tool which starts the same binary does not get the fake.
func readSettings() settings {
	os.Unsetenv(activeVar)
	os.Unsetenv(raceVar)
	delay, _ := time.ParseDuration(os.Getenv(StartDelayVar)) // none if it cannot be read
	s := settings{
		log:        journal{path: os.Getenv(LogVar)},
		startDelay: delay,
		version:    os.Getenv(VersionVar),
		loggedOut:  os.Getenv(LoggedOutVar) != "",

		loginExpires: os.Getenv(LoginEndsVar),
		gates:        os.Getenv(GatesVar),
		configDir:    os.Getenv("CLAUDE_CONFIG_DIR"),
	}
	if s.version == "" {
		s.version = "2.1.330"
	}
	if s.configDir == "" {
		home, _ := os.UserHomeDir() // without one, below the working directory
		s.configDir = filepath.Join(home, ".claude")
	}
	return s
}

// tester is what Command needs of a *testing.T or *testing.B.
type tester interface {
	Helper()
	TempDir() string
	Fatalf(format string, args ...any)
}

// Command is [Install] into a folder of the test's own.
func Command(t tester, env ...string) string {
	t.Helper()
	path, err := Install(t.TempDir(), env...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return path
}

// Install writes a program named claude into dir and returns its path. The
// program runs this test binary as the fake, in the environment that its caller
// gives it and with env ("NAME=value") added.
func Install(dir string, env ...string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("installing the fake in %s: %w", dir, err)
	}
	name, text := "claude", shellScript(self, env)
	if runtime.GOOS == "windows" {
		name, text = "claude.cmd", batchFile(self, env)
	}
	path := filepath.Join(dir, name)
	if err := writeProgram(path, text); err != nil {
		return "", fmt.Errorf("installing the fake: %w", err)
	}
	return path, nil
}

// writeProgram writes a file that is to be executed. No child of this process
// may be forked while it is open: it would hold it open for writing for a
// moment, and executing it would fail as "text file busy".
func writeProgram(path, text string) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, []byte(text), 0o755)
}

func shellScript(self string, env []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/sh\nexport %s=1 %s=%s\n", activeVar, raceVar, noSleep)
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		fmt.Fprintf(&b, "export %s=%s\n", name, quote(value))
	}
	fmt.Fprintf(&b, "exec %s \"$@\"\n", quote(self))
	return b.String()
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func batchFile(self string, env []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "@set \"%s=1\"\r\n@set \"%s=%s\"\r\n", activeVar, raceVar, noSleep)
	for _, v := range env {
		fmt.Fprintf(&b, "@set \"%s\"\r\n", v)
	}
	fmt.Fprintf(&b, "@\"%s\" %%*\r\n", self)
	return b.String()
}
