package engine

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// grant is what an allow_always adds to a session's settings. Claude Code
// suggests several things at once; of those the narrowest is taken: its rules if
// there are any, else the folders and the mode.
type grant struct {
	rules []string // "Bash(npm test *)"
	dirs  []string
	mode  string
	over  string            // the mode that it replaces: that of the turn which has asked
	raw   []json.RawMessage // the suggestions themselves, for this process alone
}

// suggestion is one of Claude Code's permission_suggestions (2.1.330).
type suggestion struct {
	Type     string `json:"type"` // addRules, addDirectories, setMode, …
	Behavior string `json:"behavior"`
	Rules    []struct {
		Tool    string `json:"toolName"`
		Content string `json:"ruleContent"`
	} `json:"rules"`
	Directories []string `json:"directories"`
	Mode        string   `json:"mode"`
}

// suggested reads suggestions. What is not known is passed over.
func suggested(raw json.RawMessage) grant {
	var each []json.RawMessage
	_ = json.Unmarshal(raw, &each) // none: the grant is empty
	var rules, others grant
	for _, item := range each {
		var s suggestion
		if json.Unmarshal(item, &s) != nil {
			continue
		}
		switch {
		case s.Type == "addRules" && s.Behavior == "allow":
			for _, r := range s.Rules {
				rules.rules = append(rules.rules, ruleOf(r.Tool, r.Content))
			}
			rules.raw = append(rules.raw, forSession(item))
		case s.Type == "addDirectories":
			others.dirs = append(others.dirs, s.Directories...)
			others.raw = append(others.raw, forSession(item))
		case s.Type == "setMode":
			others.mode = s.Mode
			others.raw = append(others.raw, forSession(item))
		}
	}
	if len(rules.rules) > 0 {
		return rules
	}
	return others
}

func ruleOf(tool, content string) string {
	if content == "" {
		return tool
	}
	return tool + "(" + content + ")"
}

// forSession keeps Claude Code from writing a suggestion into a settings file:
// it is this session that it is for.
func forSession(raw json.RawMessage) json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return raw
	}
	fields["destination"] = json.RawMessage(`"session"`)
	out, _ := json.Marshal(fields) // it was JSON
	return out
}

func (g grant) empty() bool { return len(g.rules) == 0 && len(g.dirs) == 0 && g.mode == "" }

// String says what is added: "Bash(npm test *)"; "" for nothing.
func (g grant) String() string {
	parts := slices.Clone(g.rules)
	for _, dir := range g.dirs {
		parts = append(parts, "folder "+dir)
	}
	if g.mode != "" {
		parts = append(parts, "permission_mode "+g.mode)
	}
	return strings.Join(parts, ", ")
}

// apply adds the grant to settings. A mode that was chosen since stays.
func (g grant) apply(s *sessionstore.Settings) {
	s.AllowedTools = added(s.AllowedTools, g.rules)
	s.AddDirs = added(s.AddDirs, g.dirs)
	if g.mode != "" && s.PermissionMode == g.over {
		s.PermissionMode = g.mode
	}
}

// added is list with those of more that it lacks.
func added(list, more []string) []string {
	list = slices.Clone(list)
	for _, item := range more {
		if !slices.Contains(list, item) {
			list = append(list, item)
		}
	}
	return list
}

// checkGrant makes sure that the operator of a caller allows what a grant adds.
func (c *Client) checkGrant(g grant) error {
	if g.empty() {
		return Errorf(InvalidArgument, "Allow it once, or give the session a rule with update_session (allowed_tools).",
			"Claude Code suggests no rule that would allow the like of it for good.")
	}
	_, err := c.settings(SettingsPatch{PermissionMode: &g.mode, AddDirs: g.dirs}, sessionstore.Settings{})
	return err
}
