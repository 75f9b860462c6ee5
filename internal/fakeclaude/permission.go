package fakeclaude

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A use is one use of a tool.
type use struct {
	id, name string
	input    json.RawMessage
}

const (
	invalidAnswer = "The canUseTool callback returned an invalid permission result. Expected " +
		"{behavior: 'allow', updatedInput?: object} or {behavior: 'deny', message: string}."
	rejected = "The user doesn't want to proceed with this tool use. The tool use was rejected " +
		"(eg. if it was a file edit, the new_string was NOT written to the file). " +
		"STOP what you are doing and wait for the user to tell you how to proceed."
)

// permitted tells whether the tool may be used, with the input to use. If not,
// the text says why. An error ends the turn.
func (t *turn) permitted(ctx context.Context, u *use) (ok bool, text string, err error) {
	p := t.p
	p.mu.Lock()
	mode, rules := p.mode, slices.Clone(p.rules)
	p.mu.Unlock()
	question := u.name == "AskUserQuestion"
	switch {
	case covers(p.flags.denied, u):
		return false, fmt.Sprintf("Permission to use %s has been denied.", u.name), nil
	case !question && (isFree(mode, u.name) || covers(rules, u)):
		return true, "", nil
	case mode == "dontAsk":
		return false, t.dontAsk(u), nil
	case !p.flags.asks:
		return false, fmt.Sprintf("Claude requested permissions to use %s, but you haven't granted it yet.", u.name), nil
	}
	a, err := p.ask(ctx, u, question)
	if err != nil {
		return false, rejected, err
	}
	return t.verdict(u, a)
}

// isFree tells which tools a mode lets the model use without asking.
func isFree(mode, tool string) bool {
	switch {
	case mode == "bypassPermissions" || tool == "Read":
		return true
	case mode == "acceptEdits":
		return tool == "Write" || tool == "Edit"
	}
	return false
}

// covers tells whether a rule names the use: "Bash", or "Bash(git status:*)".
func covers(rules []string, u *use) bool {
	var input struct{ Command string }
	_ = json.Unmarshal(u.input, &input) // without a command no rule in parentheses fits
	return slices.ContainsFunc(rules, func(rule string) bool {
		name, pattern, some := strings.Cut(strings.TrimSuffix(rule, ")"), "(")
		if name != u.name || !some {
			return name == u.name
		}
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			return strings.HasPrefix(input.Command, strings.TrimRight(prefix, ": "))
		}
		return pattern == input.Command
	})
}

func (t *turn) dontAsk(u *use) string {
	text := fmt.Sprintf("Permission to use %s has been denied because Claude Code is running in don't ask mode.", u.name)
	t.p.out.send(object{
		"type": "system", "subtype": "permission_denied", "tool_name": u.name, "tool_use_id": u.id,
		"decision_reason_type": "mode", "message": text, "uuid": newUUID(), "session_id": t.p.session.id,
	})
	return text
}

// ask puts the request to the driver and waits for its answer.
func (p *process) ask(ctx context.Context, u *use, question bool) (answer, error) {
	id, ch := newUUID(), make(chan answer, 1)
	request := object{
		"subtype": "can_use_tool", "tool_name": u.name, "display_name": u.name, "input": u.input,
		"tool_use_id": u.id, "permission_suggestions": suggestions(u.name),
	}
	if question {
		request["requires_user_interaction"] = true
	}
	p.mu.Lock()
	if err := ctx.Err(); err != nil {
		p.mu.Unlock()
		return answer{}, err
	}
	p.out.send(object{"type": "control_request", "request_id": id, "request": request})
	p.waiting[id] = ch
	ended := p.ended
	p.mu.Unlock()
	if ended {
		p.endOfInput()
	}
	select {
	case a := <-ch:
		return a, nil
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

func suggestions(tool string) []object {
	if tool == "Write" || tool == "Edit" {
		return []object{{"type": "setMode", "mode": "acceptEdits", "destination": "session"}}
	}
	return []object{}
}

// verdict reads the driver's answer.
func (t *turn) verdict(u *use, a answer) (ok bool, text string, err error) {
	if a.err != "" {
		return false, "Tool permission request failed: " + a.err, nil
	}
	var v struct {
		Behavior           string
		Message            *string
		Interrupt          bool
		UpdatedInput       json.RawMessage
		UpdatedPermissions []permissionUpdate
	}
	bad := json.Unmarshal(a.body, &v) != nil
	switch {
	case !bad && v.Behavior == "allow":
		if len(v.UpdatedInput) > 0 && string(v.UpdatedInput) != "null" {
			u.input = v.UpdatedInput
		}
		t.p.update(v.UpdatedPermissions)
		return true, "", nil
	case !bad && v.Behavior == "deny" && v.Message != nil && v.Interrupt:
		return false, rejected, context.Canceled
	case !bad && v.Behavior == "deny" && v.Message != nil:
		return false, *v.Message, nil
	}
	return false, invalidAnswer, nil
}

// permissionUpdate is a change of permissions that came with an answer.
type permissionUpdate struct {
	Type, Mode, Behavior string
	Rules                []struct{ ToolName, RuleContent string }
}

func (p *process) update(updates []permissionUpdate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range updates {
		switch {
		case u.Type == "setMode" && isMode(u.Mode):
			p.mode = u.Mode
		case u.Type == "addRules" && u.Behavior == "allow":
			for _, r := range u.Rules {
				rule := r.ToolName
				if r.RuleContent != "" {
					rule += "(" + r.RuleContent + ")"
				}
				p.rules = append(p.rules, rule)
			}
		}
	}
}
