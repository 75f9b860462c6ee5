package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// ErrNotOpen is returned by Allow and Deny for a request that does not wait:
// it was answered, cancelled, or never there.
var ErrNotOpen = errors.New("no such request is open")

type object = map[string]any

// Prompt asks for a turn. Its uuid comes back in the Result and names the
// prompt in the transcript. A prompt given while another turn runs waits, or,
// while that turn uses a tool, is folded into it: then one Result names both.
// That Prompt returned does not mean that Claude Code has read it.
func (r *Run) Prompt(uuid, text string) error {
	return r.in.send(object{
		"type":               "user",
		"message":            object{"role": "user", "content": text},
		"parent_tool_use_id": nil,
		"session_id":         "",
		"uuid":               uuid,
	})
}

// Allow lets a tool be used as a Permission asked. A nil updatedInput means
// the input that was asked for; updatedPermissions may be nil. The error is
// ErrNotOpen or ErrInputClosed.
func (r *Run) Allow(id string, updatedInput, updatedPermissions json.RawMessage) error {
	return r.answer(id, func(input json.RawMessage) object {
		if updatedInput != nil {
			input = updatedInput
		}
		allow := object{"behavior": "allow", "updatedInput": input}
		if updatedPermissions != nil {
			allow["updatedPermissions"] = updatedPermissions
		}
		return allow
	})
}

// Deny refuses a Permission. The message is for the model; "" gives it a plain
// one, as Claude Code takes no denial without. Errors are those of Allow.
func (r *Run) Deny(id, message string) error {
	if message == "" {
		message = "This use of the tool was denied."
	}
	return r.answer(id, func(json.RawMessage) object {
		return object{"behavior": "deny", "message": message}
	})
}

// answer sends the one answer that a request gets.
func (r *Run) answer(id string, response func(input json.RawMessage) object) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	input, open := r.open[id]
	if !open {
		return fmt.Errorf("request %s: %w", id, ErrNotOpen)
	}
	err := r.in.send(object{
		"type":     "control_response",
		"response": object{"subtype": "success", "request_id": id, "response": response(input)},
	})
	if err == nil {
		delete(r.open, id)
	}
	return err
}

func refusal(q unknownRequest) object {
	return object{
		"type":     "control_response",
		"response": object{"subtype": "error", "request_id": q.id, "error": "unsupported request: " + q.subtype},
	}
}

// Interrupt ends the running turn and returns when Claude Code has
// acknowledged it; the turn's Result follows, with CodeInterrupted. Without a
// running turn it does nothing. Prompts that it has and is not at yet stay: they
// come next. What holds for ctx and errors is said at control.
func (r *Run) Interrupt(ctx context.Context) error {
	_, err := r.control(ctx, object{"subtype": "interrupt"})
	return err
}

// SetModel changes the model of a living process, in mid-turn from the next
// request to the API on; "" is Claude Code's default. A name that Claude Code
// does not know it checks by a small request to the API first.
func (r *Run) SetModel(ctx context.Context, model string) error {
	if model == "" {
		model = "default"
	}
	_, err := r.control(ctx, object{"subtype": "set_model", "model": model})
	return err
}

// SetPermissionMode changes the permission mode of a living process at once.
// bypassPermissions is refused unless the process was started with it.
func (r *Run) SetPermissionMode(ctx context.Context, mode string) error {
	_, err := r.control(ctx, object{"subtype": "set_permission_mode", "mode": mode})
	return err
}

// Rename gives the session a title in Claude Code's own list, which the
// transcript keeps.
func (r *Run) Rename(ctx context.Context, title string) error {
	_, err := r.control(ctx, object{"subtype": "rename_session", "title": title, "source": "host"})
	return err
}

// Withdraw takes a prompt back that Claude Code is not at yet, and tells whether
// it did: false means that the prompt is being answered, or was, or is not known.
func (r *Run) Withdraw(ctx context.Context, promptUUID string) (bool, error) {
	raw, err := r.control(ctx, object{"subtype": "cancel_async_message", "message_uuid": promptUUID})
	if err != nil {
		return false, err
	}
	var answer struct {
		Cancelled bool `json:"cancelled"`
	}
	err = json.Unmarshal(raw, &answer)
	return answer.Cancelled, err
}

// ErrRefused is returned by control requests that Claude Code does not carry
// out; the error says why in its words.
var ErrRefused = errors.New("claude refused a request")

// control sends a request of ours and returns what Claude Code answers. Ctx
// bounds the wait, in which Events must be read: the answer comes in their
// order. Errors: ErrRefused, ErrInputClosed, or ctx's.
func (r *Run) control(ctx context.Context, request object) (json.RawMessage, error) {
	id := uuid.NewString()
	done := make(chan reply, 1)
	r.mu.Lock()
	r.replies[id] = done
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.replies, id)
		r.mu.Unlock()
	}()
	if err := r.in.send(object{"type": "control_request", "request_id": id, "request": request}); err != nil {
		return nil, err
	}
	select {
	case answer := <-done:
		if answer.err != "" {
			return nil, fmt.Errorf("%w (%s): %s", ErrRefused, request["subtype"], answer.err)
		}
		return answer.raw, nil
	case <-r.gone:
		return nil, ErrInputClosed
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the answer to %s: %w", request["subtype"], ctx.Err())
	}
}

// replied wakes who waits for an answer to a control request.
func (r *Run) replied(answer reply) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if done, waiting := r.replies[answer.id]; waiting {
		delete(r.replies, answer.id)
		done <- answer
	}
}

// CloseInput asks for the orderly end: Claude Code finishes the turns that it
// was asked for and exits. Open permission requests are denied by it, as
// nobody could answer them any more.
func (r *Run) CloseInput() error {
	r.in.close()
	return nil
}
