package agent

import (
	"encoding/json"
	"strings"
	"unicode"

	"github.com/claude-sessions/claude-sessions/internal/anypath"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

// What a run does when it uses no tool.
const (
	thinking = "thinking"
	writing  = "writing"
)

// activityWidth bounds an Activity, in characters.
const activityWidth = 80

// telling names the field of a tool's input that says most about its use. For
// other tools, the first of the fallback fields that is there is taken.
var telling = map[string]string{
	"Bash":         "command",
	"Read":         "file_path",
	"Write":        "file_path",
	"Edit":         "file_path",
	"NotebookEdit": "notebook_path",
	"Glob":         "pattern",
	"Grep":         "pattern",
	"WebFetch":     "url",
	"WebSearch":    "query",
	"Task":         "description",
	"Agent":        "description",
	"Skill":        "skill",
}

var fallback = []string{"description", "command", "file_path", "path", "query", "url", "pattern", "name", "prompt"}

// Describe says in one line what a tool is used for: "Bash: go test ./…". An
// input that is not known, or no JSON, leaves the tool's name.
func Describe(tool string, input json.RawMessage) string {
	what := detail(tool, input, activityWidth)
	if what == "" {
		return clip(tool, activityWidth)
	}
	return clip(tool+": "+what, activityWidth)
}

// detail is the telling part of a tool's input, on one line of at most width
// characters; "" if there is none.
func detail(tool string, input json.RawMessage, width int) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(input, &fields) != nil {
		return ""
	}
	if tool == "AskUserQuestion" {
		return clip(firstQuestion(fields["questions"]), width)
	}
	for _, name := range append([]string{telling[tool]}, fallback...) {
		var value string
		if json.Unmarshal(fields[name], &value) != nil || value == "" {
			continue
		}
		if strings.HasSuffix(name, "_path") {
			value = anypath.Base(value) // it may have been recorded on another system
		}
		return clip(value, width)
	}
	return ""
}

func firstQuestion(questions json.RawMessage) string {
	var asked []struct {
		Question string `json:"question"`
	}
	if json.Unmarshal(questions, &asked) != nil || len(asked) == 0 {
		return ""
	}
	return asked[0].Question
}

// clip puts text on one line of at most width characters. Control characters,
// which could play tricks on a terminal, become spaces.
func clip(text string, width int) string {
	if end := 8 * width; len(text) > end {
		text = text[:end]
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return oneline.Cut(text, width)
}
