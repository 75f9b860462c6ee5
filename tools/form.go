package tools

import (
	"fmt"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

// form asks a person what a session asks, and reads what they fill in.
type form struct {
	params mcp.ElicitationParams
	read   func(content map[string]any, to *engine.ReplyRequest) error
}

// unanswered is what a model is told when a person does not want its question.
const unanswered = "The user does not want to answer. Decide as you think best and go on, or end your turn with the question."

// formOf is the form of a request; lists tells whether the client knows
// choices of several. It is false for a question whose form is not known.
func formOf(r engine.Request, lists bool) (form, bool) {
	if !r.Question {
		return permissionForm(r), true
	}
	return questionForm(r, lists), len(r.Questions) > 0
}

func permissionForm(r engine.Request) form {
	choices, about := []engine.Decision{engine.Allow, engine.Deny}, "allow: this once."
	if r.Always != "" {
		choices = []engine.Decision{engine.Allow, engine.AllowAlways, engine.Deny}
		about += " allow_always: also adds to the session's settings: " + r.Always + "."
	}
	message := fmt.Sprintf("The Claude Code session %q asks for permission to use %s.\n\n%s", r.Session, r.Tool, r.Detail)
	return form{
		params: params(message, r, []string{"decision"}, map[string]any{
			"decision": map[string]any{"type": "string", "title": "Decision", "enum": choices, "description": about + " deny: no."},
			"message":  map[string]any{"type": "string", "title": "Message", "description": "With deny: why, and what to do instead."},
		}),
		read: func(content map[string]any, to *engine.ReplyRequest) error {
			decision, _ := content["decision"].(string)
			for _, d := range choices {
				if string(d) == decision {
					to.Decision = d
					to.Message, _ = content["message"].(string)
					return nil
				}
			}
			return fmt.Errorf("the decision is %q, which was no choice", oneline.Cut(decision, 40))
		},
	}
}

func questionForm(r engine.Request, lists bool) form {
	fields, required := map[string]any{}, []string{}
	for i, q := range r.Questions {
		fields[fieldName(i)] = questionField(q, lists)
		required = append(required, fieldName(i))
	}
	message := fmt.Sprintf("The Claude Code session %q asks:\n\n%s", r.Session, r.Detail)
	return form{
		params: params(message, r, required, fields),
		read: func(content map[string]any, to *engine.ReplyRequest) error {
			to.Answers = map[string]any{}
			for i, q := range r.Questions {
				if answer := content[fieldName(i)]; answer != nil && answer != "" {
					to.Answers[q.Question] = answer
				}
			}
			if len(to.Answers) == 0 {
				return fmt.Errorf("no question is answered")
			}
			return nil
		},
	}
}

func fieldName(i int) string { return fmt.Sprint("answer_", i+1) }

func questionField(q engine.Question, lists bool) map[string]any {
	title := q.Header
	if title == "" {
		title = oneline.Cut(q.Question, 60)
	}
	field := map[string]any{"type": "string", "title": title, "description": q.Question}
	labels := make([]string, len(q.Options))
	for i, o := range q.Options {
		labels[i] = o.Label
	}
	switch {
	case len(labels) == 0:
	case q.MultiSelect && lists:
		field["type"], field["minItems"] = "array", 1
		field["items"] = map[string]any{"type": "string", "enum": labels}
	case q.MultiSelect:
		field["description"] = fmt.Sprintf("%s (One or several of: %s)", q.Question, strings.Join(labels, ", "))
	default:
		field["enum"] = labels
	}
	return field
}

// params are those of an elicitation about r, with a flat schema, the only kind
// that clients know.
func params(message string, r engine.Request, required []string, fields map[string]any) mcp.ElicitationParams {
	message = strings.TrimSpace(message)
	if r.ExpiresAt != nil {
		message += fmt.Sprintf("\n\nWithout an answer until %s it is denied.", r.ExpiresAt.Local().Format("15:04"))
	}
	return mcp.ElicitationParams{
		Message:         message,
		RequestedSchema: map[string]any{"type": "object", "properties": fields, "required": required},
	}
}
