package tools

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

// check returns what is wrong with the value v of an argument, or "".
func check(name string, s *jsonschema.Schema, v any) string {
	switch {
	case !fits(s, v):
		return fmt.Sprintf("%q must be %s, not %s.", name, expected(s), given(v))
	case s.Type == "array":
		for i, item := range v.([]any) {
			if fault := check(fmt.Sprintf("%s[%d]", name, i), s.Items, item); fault != "" {
				return fault
			}
		}
	case len(s.Enum) > 0 && v != "": // the empty string is the default, everywhere
		return checkChoice(name, s, v.(string))
	}
	return ""
}

// fits tells whether v has the type of s and is in its range.
func fits(s *jsonschema.Schema, v any) bool {
	switch s.Type {
	case "string":
		_, ok := v.(string)
		return ok
	case "array":
		_, ok := v.([]any)
		return ok
	case "object":
		_, ok := v.(map[string]any)
		return ok
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "integer", "number":
		n, ok := v.(json.Number)
		return ok && fitsNumber(s, n)
	}
	return s.Type == ""
}

func fitsNumber(s *jsonschema.Schema, n json.Number) bool {
	f, err := n.Float64()
	if _, whole := wholeNumber(n); err != nil || s.Type == "integer" && !whole {
		return false
	}
	return (s.Minimum == nil || f >= *s.Minimum) && (s.Maximum == nil || f <= *s.Maximum)
}

func checkChoice(name string, s *jsonschema.Schema, v string) string {
	choices := make([]string, len(s.Enum))
	for i, c := range s.Enum {
		choices[i] = fmt.Sprint(c)
	}
	if slices.Contains(choices, v) {
		return ""
	}
	return fmt.Sprintf("%q must be %s, not %s.%s", name, expected(s), given(v), didYouMean(v, choices))
}

// expected says in words what a value of s is.
func expected(s *jsonschema.Schema) string {
	switch {
	case len(s.Enum) > 0:
		return "one of " + list(s.Enum)
	case s.Type == "array" && len(s.Items.Enum) > 0:
		return "a list of any of " + list(s.Items.Enum)
	case s.Type == "array":
		return "a list of strings"
	case s.Type == "integer":
		return "a whole number" + span(s)
	case s.Type == "number":
		return "a number" + span(s)
	case s.Type == "object":
		return "an object"
	case s.Type == "boolean":
		return "true or false"
	}
	return "a " + s.Type
}

func span(s *jsonschema.Schema) string {
	switch {
	case s.Minimum != nil && s.Maximum != nil:
		return fmt.Sprintf(" from %v to %v", *s.Minimum, *s.Maximum)
	case s.Minimum != nil:
		return fmt.Sprintf(", %v or more", *s.Minimum)
	}
	return ""
}

// given says in words what v is.
func given(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("the string %q", oneline.Cut(v, 60))
	case json.Number:
		return oneline.Cut(v.String(), 60)
	case bool:
		return fmt.Sprint(v)
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "null"
}

func list[T any](words []T) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = fmt.Sprintf("%q", fmt.Sprint(w))
	}
	return strings.Join(quoted, ", ")
}
