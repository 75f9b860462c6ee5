package agent

import (
	"slices"
	"strings"
)

// passed are the variables that a child takes from its client. One that ends
// in "*" stands for all that begin so.
var passed = []string{
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TERM", "COLORTERM", "TMPDIR", "TEMP", "TMP", "TZ",
	"XDG_*", "SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS",
	"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
	"NODE_EXTRA_CA_CERTS", "SSL_CERT_*",
	"ANTHROPIC_*", "CLAUDE_*", "AWS_*", "GOOGLE_*", "AZURE_*", "CLOUD_ML_REGION", "VERTEX_*", "IS_SANDBOX",
	"DISABLE_*", "BASH_DEFAULT_TIMEOUT_MS", "BASH_MAX_TIMEOUT_MS", "BASH_MAX_OUTPUT_LENGTH",
	"MAX_THINKING_TOKENS", "MAX_MCP_OUTPUT_TOKENS", "MCP_TIMEOUT", "MCP_TOOL_TIMEOUT",
	"SystemRoot", "SYSTEMROOT", "SystemDrive", "ComSpec", "COMSPEC", "PATHEXT", "WINDIR", "windir", "Path",
	"USERPROFILE", "USERNAME", "USERDOMAIN", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "ProgramData", "ProgramFiles", "ProgramFiles(x86)",
}

// kept are the variables among those that are not passed on: what a Claude
// Code session sets for its own children, which would make the child believe
// it were part of that session, and what belongs to ourselves.
var kept = []string{
	"CLAUDECODE", "CLAUDE_PID", "CLAUDE_EFFORT",
	"CLAUDE_CODE_SESSION_ID", "CLAUDE_CODE_SESSION_ATTENDED", "CLAUDE_CODE_CHILD_*", "CLAUDE_CODE_ENTRYPOINT",
	"CLAUDE_CODE_EXECPATH", "CLAUDE_CODE_SSE_PORT", "CLAUDE_CODE_MESSAGING_*",
	"CLAUDE_SESSIONS_*",
}

// login are the variables that decide whose account is used.
var login = []string{
	"HOME", "USERPROFILE", "CLAUDE_CONFIG_DIR", "ANTHROPIC_*",
	"CLAUDE_CODE_OAUTH_*", "CLAUDE_CODE_USE_*", "CLAUDE_CODE_SKIP_*_AUTH", "CLAUDE_CODE_API_KEY_*",
	"AWS_*", "GOOGLE_*", "AZURE_*", "CLOUD_ML_REGION", "VERTEX_*",
}

// ChildEnv is the environment that a child gets from its client's: variables
// that programs in general and Claude Code need, and those named in pass. The
// order is kept; the last of several with one name is taken.
func ChildEnv(from, pass []string) []string {
	return pick(from, func(name string) bool {
		if matches(name, pass) {
			return !strings.HasPrefix(name, "CLAUDE_SESSIONS_")
		}
		return matches(name, passed) && !matches(name, kept)
	})
}

// LoginVars are the variables of env that decide whose account is used, in
// env's order. They hold secrets.
func LoginVars(env []string) []string {
	return pick(env, func(name string) bool { return matches(name, login) })
}

// pick returns the variables whose name is wanted; never nil.
func pick(env []string, wanted func(name string) bool) []string {
	picked := []string{}
	for i, v := range env {
		name, _, ok := strings.Cut(v, "=")
		later := func(w string) bool { return strings.HasPrefix(w, name+"=") }
		if ok && name != "" && wanted(name) && !slices.ContainsFunc(env[i+1:], later) {
			picked = append(picked, v)
		}
	}
	return picked
}

// matches tells whether a name is among names, of which each may hold one "*".
func matches(name string, names []string) bool {
	return slices.ContainsFunc(names, func(pattern string) bool {
		head, rest, wild := strings.Cut(pattern, "*")
		if !wild {
			return name == pattern
		}
		return len(name) >= len(head)+len(rest) && strings.HasPrefix(name, head) && strings.HasSuffix(name, rest)
	})
}

// lookup returns the value of a variable, or "".
func lookup(env []string, name string) string {
	for _, v := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}
