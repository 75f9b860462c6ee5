package fakeclaude

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// tool ends the step with the use of a tool, and begins the next one.
func (t *turn) tool(ctx context.Context, arg string) error {
	u, err := parseUse(arg)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	t.stream()
	t.closeText("tool_use")
	t.toolBlock(u.id, u.name, u.input)
	if err := t.endStep(); err != nil {
		return err
	}
	t.step.tool = u.name
	if err := t.use(ctx, u); err != nil {
		return err
	}
	if limit := t.p.flags.maxTurns; limit > 0 && t.steps >= limit {
		return &failure{subtype: "error_max_turns", reason: "max_turns",
			text: fmt.Sprintf("Reached maximum number of turns (%d)", limit)}
	}
	t.fold()
	t.beginStep()
	return nil
}

func parseUse(arg string) (*use, error) {
	name, input, _ := strings.Cut(arg, " ")
	if name == "" {
		return nil, errors.New("a name is missing")
	}
	if input = strings.TrimSpace(input); input == "" {
		input = "{}"
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(input), &fields); err != nil {
		return nil, fmt.Errorf("the input must be a JSON object: %w", err)
	}
	id := "toolu_" + strings.ReplaceAll(newUUID(), "-", "")
	return &use{id: id, name: name, input: json.RawMessage(input)}, nil
}

// use gets the permission, runs the tool and tells of its result. Its error is
// the turn's: an interrupt.
func (t *turn) use(ctx context.Context, u *use) error {
	ok, text, err := t.permitted(ctx, u)
	if !ok {
		t.denials = append(t.denials, object{"tool_name": u.name, "tool_use_id": u.id, "tool_input": u.input})
		t.toolResult(u, text, true)
		return err
	}
	text, failed := t.run(ctx, u)
	if ctx.Err() != nil {
		t.toolResult(u, rejected+" This call was stopped while running.", true)
		return ctx.Err()
	}
	t.toolResult(u, text, failed)
	return nil
}

func (t *turn) toolResult(u *use, text string, failed bool) {
	result := text
	if failed {
		result = "Error: " + text
	}
	content := []object{{"type": "tool_result", "tool_use_id": u.id, "content": text, "is_error": failed}}
	t.user(newUUID(), content, object{"tool_use_result": result}, object{"toolUseResult": result})
}

// toolInput is what the tools take.
type toolInput struct {
	FilePath  string `json:"file_path"`
	Content   string
	OldString string `json:"old_string"`
	NewString string `json:"new_string"`
	Command   string
	Answers   map[string]string
}

// run uses the tool.
func (t *turn) run(ctx context.Context, u *use) (text string, failed bool) {
	var in toolInput
	if err := json.Unmarshal(u.input, &in); err != nil {
		return fmt.Sprintf("InputValidationError: %v", err), true
	}
	var err error
	switch u.name {
	case "Write":
		text, err = writeTool(in)
	case "Edit":
		text, err = editTool(in)
	case "Read":
		var b []byte
		b, err = os.ReadFile(in.FilePath)
		text = string(b)
	case "Bash":
		text, err = t.p.bash(ctx, in.Command)
	case "AskUserQuestion":
		text = answered(in.Answers)
	default:
		err = fmt.Errorf("No such tool available: %s", u.name)
	}
	if err != nil {
		return err.Error(), true
	}
	return text, false
}

func writeTool(in toolInput) (string, error) {
	_, err := os.Stat(in.FilePath)
	existed := err == nil
	if err := os.MkdirAll(filepath.Dir(in.FilePath), 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(in.FilePath, []byte(in.Content), 0o644); err != nil {
		return "", err
	}
	if existed {
		return fmt.Sprintf("The file %s has been updated successfully.", in.FilePath), nil
	}
	return fmt.Sprintf("File created successfully at: %s", in.FilePath), nil
}

func editTool(in toolInput) (string, error) {
	b, err := os.ReadFile(in.FilePath)
	if err != nil {
		return "", err
	}
	if strings.Count(string(b), in.OldString) != 1 {
		return "", errors.New("String to replace not found in file, or found more than once.")
	}
	text := strings.Replace(string(b), in.OldString, in.NewString, 1)
	if err := os.WriteFile(in.FilePath, []byte(text), 0o644); err != nil {
		return "", err
	}
	return fmt.Sprintf("The file %s has been updated successfully.", in.FilePath), nil
}

func answered(answers map[string]string) string {
	var list []string
	for _, question := range slices.Sorted(maps.Keys(answers)) {
		list = append(list, fmt.Sprintf("%q=%q", question, answers[question]))
	}
	return "Your questions have been answered: " + strings.Join(list, ", ") +
		". You can now continue with these answers in mind."
}
