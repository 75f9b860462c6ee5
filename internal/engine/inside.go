package engine

import (
	"maps"
	"slices"
	"strings"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// ancestorsVar tells a server inside a session which sessions that one was
// started from, its own not among them: ids, parted by commas.
const ancestorsVar = "CLAUDE_SESSIONS_ANCESTORS"

// insideOf are the sessions that a client of this environment runs in, the
// outermost first. None can be taken away by what the client passes on.
func insideOf(env []string) []string {
	return strings.FieldsFunc(getenv(env, ancestorsVar)+","+getenv(env, agent.SessionVar), func(r rune) bool { return r == ',' })
}

// isInside tells whether the client runs in a session: what that may do, others
// decide.
func (c *Client) isInside(id string) bool { return slices.Contains(c.env.inside, id) }

// checkAnswerer refuses answers to what the client's own session asks.
func (c *Client) checkAnswerer(id string) error {
	if !c.isInside(id) {
		return nil
	}
	return Errorf(PermissionDenied, "Leave it to a person or to the client that runs the session, or go on without.",
		"a session cannot answer its own requests, or those of a session that it was started from.")
}

// checkWider refuses a change with which the client's own session could do more.
func (c *Client) checkWider(old, now sessionstore.Session) error {
	if !c.isInside(old.ID) {
		return nil
	}
	wider := widened(old.Settings, now.Settings)
	if old.Cwd != now.Cwd {
		wider = append(wider, "cwd")
	}
	if len(wider) == 0 {
		return nil
	}
	return Errorf(PermissionDenied, "Go on with what it may do, or end the turn and say what is needed: a person, or the client that runs the session, can change it.",
		"a session cannot widen its own permissions, or those of a session that it was started from (%s).", strings.Join(wider, ", "))
}

// widened names the settings with which a session may do more than before. What
// cannot be told to be narrower counts as wider.
func widened(old, now sessionstore.Settings) []string {
	wider := map[string]bool{
		"permission_mode":  now.PermissionMode != old.PermissionMode && !slices.Contains([]string{"", "default", "plan", "dontAsk"}, now.PermissionMode),
		"allowed_tools":    !among(now.AllowedTools, old.AllowedTools),
		"disallowed_tools": !among(old.DisallowedTools, now.DisallowedTools),
		"add_dirs":         !among(now.AddDirs, old.AddDirs),
		"mcp_servers":      string(now.MCPServers) != string(old.MCPServers),
		"setting_sources":  !slices.Equal(now.SettingSources, old.SettingSources),
		"pass_env":         !among(now.PassEnv, old.PassEnv),
	}
	maps.DeleteFunc(wider, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(wider))
}

func among(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}
