package agent

import "strings"

// A pendingCommand is a slash command; the lines after it tell whether it was a
// turn: Claude Code carries out many itself, and its output follows.
type pendingCommand struct {
	UUID    string `json:"uuid"`
	Text    string `json:"text"`
	Counted bool   `json:"counted,omitempty"` // as a turn, until its output shows that it was none

	// What the Summary had before it was counted.
	FirstPrompt string `json:"first_prompt,omitempty"`
	LastPrompt  string `json:"last_prompt,omitempty"`
	Command     bool   `json:"command,omitempty"`
}

// command adds a slash command: as a turn, unless Claude Code is known to carry
// it out itself.
func (s *Summary) command(m Message, is classified) {
	p := &pendingCommand{UUID: m.UUID, Text: keep(is.shown())}
	local := is.kind == localCommandLine || s.Caveat != "" && s.Caveat == m.Parent
	s.Caveat, s.Undecided = "", p
	if !local {
		s.count(p)
	}
}

// count makes a command a turn.
func (s *Summary) count(p *pendingCommand) {
	p.Counted, p.FirstPrompt, p.LastPrompt, p.Command = true, s.FirstPrompt, s.LastPrompt, s.Command
	s.prompt(p.Text, true)
}

// carriedOut takes back the command whose output follows.
func (s *Summary) carriedOut() {
	if p := s.Undecided; p != nil && p.Counted {
		s.Turns--
		s.FirstPrompt, s.LastPrompt, s.Command = p.FirstPrompt, p.LastPrompt, p.Command
	}
	s.Undecided = nil
}

// resumed is what Claude Code writes for the model when a session goes on.
const resumed = "Continue from where you left off."

// expanded takes words for the model below a command: they are what the command
// stands for, as one of people's own that has the name of one of Claude Code's.
func (s *Summary) expanded(m Message) {
	if p := s.Undecided; p == nil || p.UUID != m.Parent || strings.HasPrefix(m.Text, resumed) {
		return
	}
	s.sent()
}

// answeredCommand takes a message of the model.
func (s *Summary) answeredCommand(m Message) {
	if p := s.Undecided; p != nil && p.UUID == m.Parent {
		s.sent()
	}
}

// sent decides that the model was given a command.
func (s *Summary) sent() {
	if !s.Undecided.Counted {
		s.count(s.Undecided)
	}
	s.Undecided = nil
}
