package fakeclaude

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// defaultModel answers when none is asked for.
const defaultModel = "claude-opus-5-5"

// flags are the command line, as far as the fake goes by it.
type flags struct {
	sessionID, resume, resumeAt string
	fork                        bool

	model, mode     string
	allowed, denied []string // rules: "Bash", "Bash(git status:*)"
	maxTurns        int
	maxBudget       float64

	asks    bool // permission requests go to the driver
	mirror  bool
	partial bool
}

// The flags that have no value, and those that have one but do not change what
// the fake does. Any other is an error, as it is to the real CLI.
const (
	switches = " --verbose --fork-session --strict-mcp-config --include-partial-messages --session-mirror" +
		" --print -p --replay-user-messages --include-hook-events --dangerously-skip-permissions" +
		" --allow-dangerously-skip-permissions "
	ignored = " --tools --fallback-model --effort --append-system-prompt --system-prompt --add-dir --mcp-config" +
		" --settings --setting-sources --json-schema --name -n --agents --betas --plugin-dir "
)

const permissionModes = "acceptEdits, auto, bypassPermissions, manual, dontAsk, plan"

func parseFlags(args []string) (flags, error) {
	f := flags{model: defaultModel, mode: "default"}
	var formats []string
	for len(args) > 0 {
		name, value, values, rest := nextFlag(args)
		args = rest
		if name == "--input-format" || name == "--output-format" {
			formats = append(formats, value)
			continue
		}
		if err := f.set(name, value, values); err != nil {
			return flags{}, err
		}
	}
	if !slices.Equal(formats, []string{"stream-json", "stream-json"}) {
		return flags{}, fmt.Errorf("error: the fake speaks stream-json only, in both directions")
	}
	return f, f.check()
}

// nextFlag takes the first flag off the arguments, with its value, or all its
// values for those that take several.
func nextFlag(args []string) (name, value string, values, rest []string) {
	name, value, joined := strings.Cut(args[0], "=")
	rest = args[1:]
	if joined {
		return name, value, []string{value}, rest
	}
	if strings.Contains(switches, " "+name+" ") {
		return name, "", nil, rest
	}
	for len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		values, rest = append(values, rest[0]), rest[1:]
	}
	if len(values) > 0 {
		value = values[0]
	}
	return name, value, values, rest
}

func (f *flags) set(name, value string, values []string) error {
	var err error
	switch name {
	case "--session-id":
		f.sessionID = value
	case "--resume", "-r":
		f.resume = value
	case "--resume-session-at":
		f.resumeAt = value
	case "--fork-session":
		f.fork = true
	case "--model":
		f.model = value
	case "--max-turns":
		f.maxTurns, err = strconv.Atoi(value)
	case "--max-budget-usd":
		f.maxBudget, err = strconv.ParseFloat(value, 64)
	case "--session-mirror":
		f.mirror = true
	case "--include-partial-messages":
		f.partial = true
	default:
		return f.setPermission(name, value, values)
	}
	if err != nil {
		return fmt.Errorf("error: option '%s' argument '%s' is invalid", name, value)
	}
	return nil
}

func (f *flags) setPermission(name, value string, values []string) error {
	switch name {
	case "--permission-mode":
		if !isMode(value) {
			return fmt.Errorf("error: option '--permission-mode <mode>' argument '%s' is invalid. "+
				"Allowed choices are %s.", value, permissionModes)
		}
		f.mode = value
	case "--dangerously-skip-permissions":
		f.mode = "bypassPermissions"
	case "--permission-prompt-tool":
		f.asks = value == "stdio"
	case "--allowedTools", "--allowed-tools":
		f.allowed = append(f.allowed, splitRules(values)...)
	case "--disallowedTools", "--disallowed-tools":
		f.denied = append(f.denied, splitRules(values)...)
	default:
		if !strings.Contains(switches+ignored, " "+name+" ") {
			return fmt.Errorf("error: unknown option '%s'", name)
		}
	}
	return nil
}

func isMode(s string) bool {
	return s == "default" || slices.Contains(strings.Split(permissionModes, ", "), s)
}

func (f *flags) check() error {
	switch {
	case f.sessionID != "" && !isUUID(f.sessionID):
		return fmt.Errorf("Error: Invalid session ID. Must be a valid UUID.")
	case f.sessionID != "" && f.resume != "" && !f.fork:
		return fmt.Errorf("Error: --session-id with --continue or --resume also needs --fork-session.")
	}
	return nil
}

// splitRules cuts lists at commas and spaces that are not in parentheses.
func splitRules(lists []string) []string {
	var rules []string
	for _, list := range lists {
		depth, start := 0, 0
		for i, r := range list + "," {
			switch {
			case r == '(':
				depth++
			case r == ')':
				depth--
			case depth == 0 && (r == ',' || r == ' '):
				if rule := list[start:i]; rule != "" {
					rules = append(rules, rule)
				}
				start = i + 1
			}
		}
	}
	return rules
}
