package fakeclaude

import (
	"fmt"
	"regexp"
	"strings"
)

// A directive is one line of a script.
type directive struct{ verb, arg string }

var directiveLine = regexp.MustCompile(`^!([a-z]+)(?:[ \t]+(.*))?$`)

// parseScript reads the directives of a prompt, which is the nth of its
// conversation. There is always one at least.
func parseScript(prompt string, n int) []directive {
	var script []directive
	for line := range strings.Lines(prompt) {
		if m := directiveLine.FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil {
			script = append(script, directive{verb: m[1], arg: strings.TrimSpace(m[2])})
		}
	}
	if len(script) == 0 {
		answer := fmt.Sprintf("You said: \"%s\" (prompt %d of this conversation).", promptLine(prompt), n)
		script = []directive{{verb: "say", arg: answer}}
	}
	return script
}

// askedAgain is part of a prompt that has the model do once more what the one
// before had it do.
const askedAgain = "Call the same tool with the very same input again"

// scriptOf reads the script of the newest of prompts.
func scriptOf(prompts []string) []directive {
	i := len(prompts) - 1
	for i > 0 && strings.Contains(prompts[i], askedAgain) {
		i--
	}
	return parseScript(prompts[i], i+1)
}

// promptLine is the first line of a prompt that is no directive, or just the
// first if all are.
func promptLine(prompt string) string {
	for line := range strings.Lines(prompt) {
		line = strings.TrimSpace(line)
		if line != "" && !directiveLine.MatchString(line) {
			return line
		}
	}
	line, _, _ := strings.Cut(prompt, "\n")
	return strings.TrimSpace(line)
}

// recall lists the prompts, one a line.
func recall(prompts []string) string {
	lines := make([]string, len(prompts))
	for i, p := range prompts {
		lines[i] = fmt.Sprintf("%d. %s", i+1, promptLine(p))
	}
	return strings.Join(lines, "\n")
}
