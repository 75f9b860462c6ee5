package agent

import "strings"

// A slashCommand is a command as a transcript has it.
type slashCommand struct {
	name    string // with its slash
	args    string
	message string // what Claude Code shows while it runs
	plain   bool   // the name is written without a slash
	output  bool   // its output stands in the same entry
}

func parseCommand(text string) slashCommand {
	c := slashCommand{message: oneTag(text, "command-message"), args: oneTag(text, "command-args")}
	name := strings.TrimSpace(oneTag(text, "command-name"))
	if name == "" {
		name, _, _ = strings.Cut(c.message, " ")
	}
	c.plain = !strings.HasPrefix(name, "/")
	c.name = "/" + strings.TrimPrefix(name, "/")
	c.output = strings.Contains(text, "<local-command-stdout>") || strings.Contains(text, "<local-command-stderr>")
	return c
}

// oneTag is what stands between a tag and its first end.
func oneTag(text, tag string) string {
	_, rest, _ := strings.Cut(text, "<"+tag+">")
	value, _, closed := strings.Cut(rest, "</"+tag+">")
	if !closed {
		return ""
	}
	return strings.TrimSpace(value)
}

// skill reports whether it only tells that the model has loaded a skill.
func (c *slashCommand) skill() bool {
	return c.plain && strings.HasSuffix(strings.TrimRight(c.message, ".…"), "skill is loading")
}

// localCommands are those that Claude Code itself carries out, in any of its
// versions. Others may be, too: their output tells. /compact is one: Claude Code
// tells the model that it is no request, and does not take it for a prompt.
// /init, /review, /statusline and commands of people's own ask the model.
var localCommands = func() map[string]bool {
	all := map[string]bool{}
	for name := range strings.FieldsSeq(`
		add-dir agents allowed-tools approved-tools app artifacts autocompact auto-mode-setup bashes branch bug cd checkpoint
		clear color compact config context continue copy cost daemon desktop diff doctor effort exit export extra-usage fast
		feedback fork heapdump help hooks ide install install-github-app install-slack-app keybindings list-agents login logout
		marketplace mcp memory migrate-installer mobile model new output-style output-style:new passes pause-memory permissions
		plugin plugins powerup privacy-settings quit radio rate-limit-options release-notes reload-plugins reload-skills
		remote-control remote-env rename reset restart resume rewind sandbox sandbox-toggle scroll-speed settings setup-bedrock
		setup-vertex skill-doctor skills stats status stickers tag tasks teleport terminal-setup theme think-back todos tui undo
		upgrade usage usage-credits version vim voice web-setup wellbeing`) {
		all["/"+name] = true
	}
	return all
}()
