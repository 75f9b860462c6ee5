package tools

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// ReadmeTable returns the tools and their arguments as Markdown, for the
// README. Required arguments are bold.
func ReadmeTable() string {
	var b strings.Builder
	settings := inputSchema[engine.SettingsPatch]()
	b.WriteString("| tool | what it does | arguments |\n|---|---|---|\n")
	for _, t := range registry() {
		first, _, _ := strings.Cut(t.description, "\n")
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", t.name, first, argumentsCell(t.in, settings.PropertyOrder))
	}
	cells := make([]string, len(settings.PropertyOrder))
	for i, name := range settings.PropertyOrder {
		cells[i] = argument(name, settings.Properties[name])
	}
	fmt.Fprintf(&b, "\n*Settings*, kept with the session: %s.\n", strings.Join(cells, ", "))
	return b.String()
}

// argumentsCell lists the arguments of a tool; all settings are one word.
func argumentsCell(in *jsonschema.Schema, settings []string) string {
	var cells []string
	for _, name := range in.PropertyOrder {
		switch {
		case name == settings[0]:
			cells = append(cells, "any *setting*")
		case slices.Contains(settings, name):
		case slices.Contains(in.Required, name):
			cells = append(cells, "**"+argument(name, in.Properties[name])+"**")
		default:
			cells = append(cells, argument(name, in.Properties[name]))
		}
	}
	return strings.Join(cells, ", ")
}

// argument is a name with its choices or range and its default.
func argument(name string, s *jsonschema.Schema) string {
	var notes []string
	choices := s.Enum
	if s.Items != nil {
		choices = s.Items.Enum
	}
	for _, c := range choices {
		notes = append(notes, fmt.Sprint(c))
	}
	if s.Maximum != nil {
		notes = append(notes, fmt.Sprintf("%v–%v", *s.Minimum, *s.Maximum))
	}
	var byDefault any
	if json.Unmarshal(s.Default, &byDefault) == nil {
		notes = append(notes, fmt.Sprintf("default %v", byDefault))
	}
	if len(notes) == 0 {
		return "`" + name + "`"
	}
	return fmt.Sprintf("`%s` (%s)", name, strings.Join(notes, ", "))
}
