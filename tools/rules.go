package tools

import (
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// rule is what the Go type of an argument cannot say.
type rule struct {
	choices   []string // of a string, or of each string of a list
	min, max  *float64 // of a number
	byDefault any      // what the engine does when the argument is left out
}

// rules gives the rule of each argument that has one. An argument has one
// meaning, whatever the tool.
func rules() map[string]rule {
	n := func(f float64) *float64 { return &f }
	return map[string]rule{
		"permission_mode":    {choices: []string{"default", "acceptEdits", "plan", "auto", "dontAsk", "bypassPermissions"}},
		"effort":             {choices: []string{"low", "medium", "high", "xhigh", "max"}},
		"setting_sources":    {choices: []string{"user", "project", "local"}},
		"max_turns":          {min: n(0)},
		"max_budget_usd":     {min: n(0)},
		"session_budget_usd": {min: n(0)},
		"wait_seconds":       {min: n(0), max: n(45), byDefault: 30},
		"if_busy":            {choices: words(engine.IfBusyQueue, engine.IfBusyFail, engine.IfBusyInterrupt, engine.IfBusySteer), byDefault: engine.IfBusyQueue},
		"decision":           {choices: words(engine.Allow, engine.AllowAlways, engine.Deny)},
		"status":             {choices: words(sessionstore.Statuses...)},
		"origin":             {choices: words(sessionstore.Managed, sessionstore.Imported)},
		"archived":           {choices: []string{"no", "yes", "any"}, byDefault: "no"},
		"sort":               {choices: []string{"updated", "created", "name"}, byDefault: "updated"},
		"view":               {choices: []string{"list", "tree"}, byDefault: "list"},
		"role":               {choices: []string{"user", "assistant", "title"}},
		"roles":              {choices: []string{"user", "assistant", "tool", "system"}},
		"include_tools":      {choices: []string{engine.ToolsNone, engine.ToolsSummary, engine.ToolsFull}, byDefault: engine.ToolsSummary},
		"format":             {choices: []string{engine.FormatMarkdown, engine.FormatJSON}, byDefault: engine.FormatMarkdown},
		"max_tokens":         {min: n(500), max: n(engine.MaxAskedTokens), byDefault: engine.DefaultReadTokens},
		"for":                {choices: []string{engine.ForTurnEnd, engine.ForRequest, engine.ForChange}, byDefault: engine.ForTurnEnd},
		"until":              {choices: []string{engine.UntilAny, engine.UntilAll}, byDefault: engine.UntilAny},
		"limit":              {min: n(1), max: n(200), byDefault: 20},
	}
}

// apply writes r into the schema of its argument.
func (r rule) apply(s *jsonschema.Schema) {
	s.Minimum, s.Maximum = r.min, r.max
	if r.byDefault != nil {
		s.Default = encode(r.byDefault)
	}
	if r.choices == nil {
		return
	}
	if s.Items != nil {
		s = s.Items
	}
	s.Enum = oneOf(r.choices...).Enum
}

// words returns values as plain strings.
func words[S ~string](values ...S) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
