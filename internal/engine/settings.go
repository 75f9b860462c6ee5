package engine

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/anypath"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

const bypassPermissions = "bypassPermissions"

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// apply returns s with the changes of p.
func (p SettingsPatch) apply(s sessionstore.Settings) (sessionstore.Settings, error) {
	s = s.Clone()
	set(&s.Model, p.Model)
	set(&s.FallbackModel, p.FallbackModel)
	set(&s.PermissionMode, p.PermissionMode)
	set(&s.AppendSystemPrompt, p.AppendSystemPrompt)
	set(&s.Effort, p.Effort)
	set(&s.MaxTurns, p.MaxTurns)
	set(&s.MaxBudgetUSD, p.MaxBudgetUSD)
	set(&s.SessionBudgetUSD, p.SessionBudgetUSD)
	setList(&s.AllowedTools, p.AllowedTools)
	setList(&s.DisallowedTools, p.DisallowedTools)
	setList(&s.AddDirs, p.AddDirs)
	setList(&s.SettingSources, p.SettingSources)
	setList(&s.PassEnv, p.PassEnv)
	if p.MCPServers != nil {
		raw, err := json.Marshal(p.MCPServers)
		if err != nil {
			return s, fmt.Errorf("mcp_servers: %w", err)
		}
		s.MCPServers = raw
		if len(p.MCPServers) == 0 {
			s.MCPServers = nil
		}
	}
	return s, nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func setList(to *[]string, from []string) {
	if from != nil {
		*to = slices.Clone(from)
	}
}

// settings applies a patch and checks the outcome against what Claude Code
// takes and what the caller's operator allows.
func (c *Client) settings(p SettingsPatch, old sessionstore.Settings) (sessionstore.Settings, error) {
	s, err := p.apply(old)
	if err != nil {
		return s, Errorf(InvalidArgument, "", "%v.", err)
	}
	if err := checkSettings(s); err != nil {
		return s, err
	}
	if s.PermissionMode == bypassPermissions && !c.caller.Policy.AllowBypass {
		return s, Errorf(PermissionDenied, "Choose another permission_mode and name what is needed in allowed_tools, or ask the operator to start the server with --allow-bypass-permissions.",
			"the operator has not allowed permission_mode bypassPermissions.")
	}
	for i, dir := range s.AddDirs {
		if !filepath.IsAbs(dir) {
			dir = c.absolute(dir)
		}
		if anypath.IsForeign(dir) {
			return s, Errorf(InvalidArgument, "Give folders of this machine in add_dirs.", "%s is no folder of this machine: it is a path of another system.", dir)
		}
		s.AddDirs[i] = dir
		if err := c.caller.Policy.checkFolder(dir); err != nil {
			return s, err
		}
	}
	return s, nil
}

func checkSettings(s sessionstore.Settings) error {
	for _, name := range s.PassEnv {
		if !envName.MatchString(name) {
			return Errorf(InvalidArgument, "Give names only; the values are taken from the server's environment.",
				"pass_env: %q is no name of an environment variable.", name)
		}
	}
	if s.MaxTurns < 0 || s.MaxBudgetUSD < 0 || s.SessionBudgetUSD < 0 {
		return Errorf(InvalidArgument, "0 is no limit.", "max_turns, max_budget_usd and session_budget_usd must not be negative.")
	}
	if err := agent.Check(options(s)); err != nil {
		return Errorf(InvalidArgument, "", "%v.", err)
	}
	return nil
}

// options are the settings in the agent's words.
func options(s sessionstore.Settings) agent.Options {
	mode := s.PermissionMode
	if mode == "" {
		mode = "default" // a person's settings file may say something wider
	}
	return agent.Options{
		Model: s.Model, FallbackModel: s.FallbackModel, PermissionMode: mode,
		AllowedTools: s.AllowedTools, DisallowedTools: s.DisallowedTools,
		AppendSystemPrompt: s.AppendSystemPrompt, AddDirs: s.AddDirs, MCPServers: s.MCPServers,
		Effort: s.Effort, MaxTurns: s.MaxTurns, MaxBudgetUSD: s.MaxBudgetUSD,
		SettingSources: s.SettingSources,
	}
}

// samePrompt refuses a change that Claude Code would not take: a conversation
// keeps the system prompt that it began with, whatever a resume or a fork is
// given (seen with 2.1.330, whose transcripts hold a snapshot of it).
func samePrompt(old, now sessionstore.Settings) error {
	if old.AppendSystemPrompt == now.AppendSystemPrompt {
		return nil
	}
	return Errorf(InvalidArgument, "Say it in the prompt, or start a new session with it.",
		"append_system_prompt cannot be changed: Claude Code keeps the one that a conversation began with.")
}
