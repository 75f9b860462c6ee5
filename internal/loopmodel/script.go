package loopmodel

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A directive is one line of a script. Verb says which of the others it uses.
type directive struct {
	verb  string
	text  string          // say, partial, think: the text; status: the message
	name  string          // tool, also, hold, header: the name; waitfile, sayfile: the path
	input json.RawMessage // tool, also
	wait  time.Duration   // delay
	usage usage           // tokens
	value string          // header: the value of the one that is named
	code  int             // status
	times int             // status: 0 means always
	key   string          // names this line of this prompt
}

// usage is what an answer is said to have cost.
type usage struct{ in, out int }

// A step is the script of one answer.
type step []directive

var directiveLine = regexp.MustCompile(`^!([a-z]+)(?:[ \t]+(.*))?$`)

// script returns the steps of the current turn. Each but the last ends in a
// tool call, and the last has none.
func (c conversation) script() ([]step, error) {
	steps := []step{nil}
	for i, prompt := range c.prompts[min(c.first, len(c.prompts)):] {
		directives, err := parsePrompt(c.meant(c.first + i))
		if err != nil {
			return nil, err
		}
		if len(directives) == 0 {
			directives = []directive{{verb: "say", text: plainAnswer(prompt, c.first+i+1)}}
		}
		for _, d := range directives {
			last := len(steps) - 1
			steps[last] = append(steps[last], d)
			if d.verb == "tool" {
				steps = append(steps, nil)
			}
		}
	}
	return steps, nil
}

// askedAgain is part of a prompt that has the model do once more what the one
// before had it do.
const askedAgain = "Call the same tool with the very same input again"

// meant is the prompt whose script holds for one: itself, or the one before.
func (c conversation) meant(i int) string {
	for i > 0 && strings.Contains(c.prompts[i], askedAgain) {
		i--
	}
	return c.prompts[i]
}

// due returns the step that the request asks for; it is empty after the last.
func (c conversation) due() (step, error) {
	steps, err := c.script()
	if err != nil || c.answers >= len(steps) {
		return nil, err
	}
	return steps[c.answers], nil
}

func parsePrompt(prompt string) ([]directive, error) {
	var directives []directive
	for line := range strings.Lines(prompt) {
		line = strings.TrimRight(line, "\r\n")
		m := directiveLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		d, err := parseDirective(m[1], strings.TrimSpace(m[2]))
		if err != nil {
			return nil, fmt.Errorf("reading %q: %w", line, err)
		}
		d.key = fmt.Sprintf("%d of %s", len(directives), prompt)
		directives = append(directives, d)
	}
	return directives, nil
}

func parseDirective(verb, arg string) (directive, error) {
	d := directive{verb: verb}
	var err error
	switch verb {
	case "say", "partial", "think":
		d.text = arg
	case "recall":
	case "hold", "waitfile", "sayfile":
		if d.name = arg; arg == "" {
			err = fmt.Errorf("a name is missing")
		}
	case "delay":
		d.wait, err = time.ParseDuration(arg)
	case "tokens":
		_, err = fmt.Sscan(arg, &d.usage.in, &d.usage.out)
	case "header":
		err = d.parseHeader(arg)
	case "tool", "also":
		err = d.parseTool(arg)
	case "status":
		err = d.parseStatus(arg)
	default:
		err = fmt.Errorf("unknown directive")
	}
	return d, err
}

func (d *directive) parseTool(arg string) error {
	name, input, _ := strings.Cut(arg, " ")
	if name == "" {
		return fmt.Errorf("a name is missing")
	}
	if input = strings.TrimSpace(input); input == "" {
		input = "{}"
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(input), &object); err != nil {
		return fmt.Errorf("the input must be a JSON object: %w", err)
	}
	d.name, d.input = name, json.RawMessage(input)
	return nil
}

// parseHeader takes a time as an offset from now, as headers of limits tell
// when they are reset: "+5h" becomes seconds since 1970.
func (d *directive) parseHeader(arg string) error {
	name, value, _ := strings.Cut(arg, " ")
	if d.name, d.value = name, strings.TrimSpace(value); name == "" || d.value == "" {
		return fmt.Errorf("a name and a value are needed")
	}
	offset, isTime := strings.CutPrefix(d.value, "+")
	if in, err := time.ParseDuration(offset); isTime && err == nil {
		d.value = strconv.FormatInt(time.Now().Add(in).Unix(), 10)
	}
	return nil
}

func (d *directive) parseStatus(arg string) error {
	code, rest, _ := strings.Cut(arg, " ")
	var err error
	if d.code, err = strconv.Atoi(code); err != nil || d.code < 400 || d.code > 599 {
		return fmt.Errorf("the code must be from 400 to 599")
	}
	rest = strings.TrimSpace(rest)
	word, after, _ := strings.Cut(rest, " ")
	if n, ok := strings.CutPrefix(word, "x"); ok {
		if times, err := strconv.Atoi(n); err == nil && times > 0 {
			d.times, rest = times, strings.TrimSpace(after)
		}
	}
	if d.text = rest; rest == "" {
		d.text = fmt.Sprintf("scripted error %d %s", d.code, http.StatusText(d.code))
	}
	return nil
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

func plainAnswer(prompt string, n int) string {
	return fmt.Sprintf("You said: \"%s\" (prompt %d of this conversation).", promptLine(prompt), n)
}

// recall lists the prompts, one a line.
func recall(prompts []string) string {
	lines := make([]string, len(prompts))
	for i, p := range prompts {
		lines[i] = fmt.Sprintf("%d. %s", i+1, promptLine(p))
	}
	return strings.Join(lines, "\n")
}
