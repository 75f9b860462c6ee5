package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// PermissionModes are the modes that Claude Code knows. "default" is the older
// name of "manual", which it still takes.
func PermissionModes() []string {
	return []string{"default", "manual", "acceptEdits", "auto", "bypassPermissions", "dontAsk", "plan"}
}

// Efforts are the levels of effort that Claude Code knows, in rising order.
func Efforts() []string { return []string{"low", "medium", "high", "xhigh", "max"} }

// SettingSources are the sources of settings that Claude Code knows.
func SettingSources() []string { return []string{"user", "project", "local"} }

// maxArgument bounds a single argument: Linux refuses one of 128 KiB.
const maxArgument = 120 << 10

// Check finds settings that Claude Code would refuse, or worse, pass over: all
// of o but the session and where and how it runs.
func Check(o Options) error {
	return errors.Join(
		oneOf("permission mode", o.PermissionMode, PermissionModes()),
		oneOf("effort", o.Effort, Efforts()),
		o.checkSources(),
		o.checkServers(),
		atLeastZero("max turns", float64(o.MaxTurns)),
		atLeastZero("budget", o.MaxBudgetUSD),
		o.checkArguments(),
	)
}

// checkSession finds ids that make no sense, or not together.
func (o *Options) checkSession() error {
	for _, id := range []string{o.SessionID, o.Resume, o.ResumeAt} {
		if id != "" && !isUUID(id) {
			return fmt.Errorf("session or message id %q is no UUID", id)
		}
	}
	switch {
	case o.SessionID == "":
		return errors.New("there is no session id")
	case o.Resume == "" && (o.Fork || o.ResumeAt != ""):
		return errors.New("a fork or a message to resume at needs a session to resume")
	case o.Fork && o.Resume == o.SessionID:
		return errors.New("a fork needs a session id of its own")
	case o.Resume != "" && !o.Fork && o.Resume != o.SessionID:
		return errors.New("a resumed session keeps its id, unless it is a fork")
	}
	return nil
}

func (o *Options) checkSources() error {
	for _, source := range o.SettingSources {
		if err := oneOf("setting source", source, SettingSources()); err != nil {
			return err
		}
	}
	return nil
}

func (o *Options) checkServers() error {
	if o.MCPServers == nil {
		return nil
	}
	var servers map[string]map[string]json.RawMessage
	if err := json.Unmarshal(o.MCPServers, &servers); err != nil {
		return errors.New("MCP servers must be an object of server names and their configurations")
	}
	return nil
}

func (o *Options) checkArguments() error {
	for _, arg := range args(*o) {
		if len(arg) > maxArgument {
			return fmt.Errorf("setting %.30s… is longer than %d bytes", arg, maxArgument)
		}
		if strings.IndexByte(arg, 0) >= 0 {
			return fmt.Errorf("setting %.30s… holds a NUL character", arg)
		}
	}
	return nil
}

// isUUID takes only the plain form, as Claude Code does.
func isUUID(id string) bool { return len(id) == 36 && uuid.Validate(id) == nil }

func oneOf(what, value string, known []string) error {
	if value == "" || slices.Contains(known, value) {
		return nil
	}
	return fmt.Errorf("%s %q is none of %q", what, value, known)
}

func atLeastZero(what string, value float64) error {
	if value < 0 {
		return fmt.Errorf("%s is negative", what)
	}
	return nil
}

// args returns the command line for o, but for MCP servers, which may hold
// secrets and so are no argument. Values are joined to their flags, as they
// may begin with a dash; lists repeat theirs, as an item may hold a comma.
func args(o Options) []string {
	list := []string{
		"--output-format=stream-json", "--verbose", "--input-format=stream-json",
		"--permission-prompt-tool=stdio", "--session-mirror", "--include-partial-messages",
	}
	add := func(flag string, values ...string) {
		for _, value := range values {
			if value != "" {
				list = append(list, flag+"="+value)
			}
		}
	}
	add("--resume", o.Resume)
	if o.Fork {
		list = append(list, "--fork-session")
	}
	if o.Fork || o.Resume == "" {
		add("--session-id", o.SessionID)
	}
	add("--resume-session-at", o.ResumeAt)
	add("--model", o.Model)
	add("--fallback-model", o.FallbackModel)
	add("--permission-mode", o.PermissionMode)
	add("--allowedTools", o.AllowedTools...)
	add("--disallowedTools", o.DisallowedTools...)
	add("--append-system-prompt", o.AppendSystemPrompt)
	add("--add-dir", o.AddDirs...)
	add("--effort", o.Effort)
	if o.MaxTurns > 0 {
		add("--max-turns", strconv.Itoa(o.MaxTurns))
	}
	if o.MaxBudgetUSD > 0 {
		add("--max-budget-usd", strconv.FormatFloat(o.MaxBudgetUSD, 'f', -1, 64))
	}
	if len(o.SettingSources) > 0 {
		add("--setting-sources", strings.Join(o.SettingSources, ","))
	}
	return list
}
