package fakeclaude

import (
	"fmt"
	"slices"
)

// controlRequest is a request of the driver's.
type controlRequest struct {
	Subtype string
	Model   string
	Mode    string
	Title   string
	Message string `json:"message_uuid"`
}

// control answers a control request, at once and whatever runs.
func (p *process) control(id string, r controlRequest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r.Subtype {
	case "initialize":
		p.respond(id, object{
			"commands": []object{}, "models": []object{{"value": p.model, "displayName": p.model}},
			"output_style": "default", "available_output_styles": []string{"default"},
			"account": object{"apiKeySource": "ANTHROPIC_API_KEY"},
		})
	case "interrupt":
		p.interrupt(id)
	case "set_model":
		p.setModel(id, r.Model)
	case "set_permission_mode":
		p.setMode(id, r.Mode)
	case "rename_session":
		p.session.rename(r.Title)
		p.respond(id, object{})
	case "cancel_async_message":
		p.withdraw(id, r.Message)
	case "get_context_usage":
		p.respond(id, p.contextUsage())
	default:
		p.respondError(id, "Unsupported control request subtype: "+r.Subtype, "unsupported_request")
	}
}

func (p *process) respond(id string, response object) {
	p.out.send(object{"type": "control_response", "response": object{
		"subtype": "success", "request_id": id, "response": response,
	}})
}

func (p *process) respondError(id, text, code string) {
	p.out.send(object{"type": "control_response", "response": object{
		"subtype": "error", "request_id": id, "error": text, "error_code": code,
	}})
}

// interrupt ends the running turn. Prompts that wait stay in the queue. The
// turn hears of it last, so that all it says comes after the response.
func (p *process) interrupt(id string) {
	for request := range p.waiting {
		delete(p.waiting, request)
		p.out.send(object{"type": "control_cancel_request", "request_id": request})
	}
	queued := []string{}
	for _, q := range p.queue {
		queued = append(queued, q.uuid)
	}
	p.respond(id, object{"still_queued": queued})
	if p.cancel != nil {
		p.cancel()
	}
}

func (p *process) setModel(id, model string) {
	p.model = model
	if model == "" || model == "default" {
		p.model = defaultModel
	}
	answer := func() { p.respond(id, object{"model": p.model}) }
	if p.onModel == "" {
		answer()
		return
	}
	p.onInit = answer
	p.beginOwn(p.onModel)
	p.onModel = ""
}

// withdraw takes a prompt out of the queue.
func (p *process) withdraw(id, message string) {
	i := slices.IndexFunc(p.queue, func(q prompt) bool { return q.uuid == message })
	if i < 0 {
		p.respond(id, object{"cancelled": false})
		return
	}
	p.lifecycle(p.queue[i], "cancelled")
	p.queue = slices.Delete(p.queue, i, i+1)
	p.respond(id, object{"cancelled": true, "message_uuid": message})
}

func (p *process) setMode(id, mode string) {
	if mode == "bypassPermissions" && p.flags.mode != mode {
		p.respondError(id, "Cannot set permission mode to bypassPermissions because the session was not launched with --dangerously-skip-permissions",
			"bypass_not_launched")
		return
	}
	if !isMode(mode) {
		p.respondError(id, fmt.Sprintf("Cannot set permission mode: must be one of %s",
			"acceptEdits, auto, bypassPermissions, default, dontAsk, plan"), "invalid_mode")
		return
	}
	p.mode = mode
	p.respond(id, object{"mode": mode})
	p.out.send(object{
		"type": "system", "subtype": "status", "status": nil, "permissionMode": mode,
		"uuid": newUUID(), "session_id": p.session.id,
	})
}

func (p *process) contextUsage() object {
	const window = 1_000_000
	used := p.costs.context()
	return object{
		"categories": []object{
			{"id": "messages", "name": "Messages", "tokens": used, "kind": "used"},
			{"id": "free_space", "name": "Free space", "tokens": window - used, "kind": "free"},
		},
		"totalTokens": used, "maxTokens": window, "rawMaxTokens": window,
		"percentage": used * 100 / window, "model": p.model,
	}
}
