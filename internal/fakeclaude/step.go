package fakeclaude

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A step is one message of the model, made of blocks. Each block becomes a
// message to the driver and an entry of the transcript.
type step struct {
	id    string   // of the message
	usage tokens   // for the whole step
	stop  string   // why it will end
	count int      // of blocks that are out
	lines []string // of the answer, not streamed yet
	text  string   // of the open block, streamed but not a message yet
	texts []string // of all text blocks
	tool  string   // the tool that runs

	headers map[string]string // of the API's answer
}

// beginStep looks ahead in the script for what holds for the whole step.
func (t *turn) beginStep() {
	s := &step{id: "msg_" + strings.ReplaceAll(newUUID(), "-", ""), usage: tokens{1000, 100}, stop: "end_turn"}
	for _, d := range t.script {
		if d.verb == "tokens" {
			fmt.Sscan(d.arg, &s.usage.in, &s.usage.out) // checked when its turn comes
		}
		if d.verb == "header" {
			s.header(d.arg)
		}
		if d.verb == "tool" {
			s.stop = "tool_use"
			break
		}
	}
	t.step = s
	t.event(object{"type": "message_start", "message": t.message([]object{}, nil, tokens{s.usage.in, 1})})
}

// stream sends the gathered lines as part of the open text block.
func (t *turn) stream() {
	s := t.step
	if len(s.lines) == 0 {
		return
	}
	more := strings.Join(s.lines, "\n")
	if s.text != "" {
		more = "\n" + more
	} else {
		t.event(object{"type": "content_block_start", "index": s.count, "content_block": object{"type": "text", "text": ""}})
	}
	s.lines = nil
	s.text += more
	t.event(object{"type": "content_block_delta", "index": s.count, "delta": object{"type": "text_delta", "text": more}})
}

// closeText makes the open text block a message.
func (t *turn) closeText(stop any) {
	s := t.step
	if s.text == "" {
		return
	}
	text := s.text
	s.text = ""
	s.texts = append(s.texts, text)
	t.event(object{"type": "content_block_stop", "index": s.count})
	t.block(object{"type": "text", "text": text}, stop)
}

// block sends a block of the model's message and writes it down. In the
// transcript, unlike in the stream, it tells how its message ended.
func (t *turn) block(block object, stop any) {
	p, s, uuid := t.p, t.step, newUUID()
	s.count++
	content := []object{block}
	p.out.send(object{
		"type": "assistant", "message": t.message(content, nil, tokens{s.usage.in, 1}), "parent_tool_use_id": nil,
		"session_id": p.session.id, "uuid": uuid, "timestamp": now(),
		"user_message_uuid": t.prompts[0], "user_message_uuids": t.prompts,
	})
	p.session.add("assistant", uuid, object{"message": t.message(content, stop, s.usage), "requestedModel": t.model})
}

// message is the model's message with some of its content.
func (t *turn) message(content []object, stop any, u tokens) object {
	return object{
		"id": t.step.id, "type": "message", "role": "assistant", "model": t.model,
		"content": content, "stop_reason": stop, "usage": u.wire(),
	}
}

// event sends an event of the model's stream to a driver that wants to see it.
func (t *turn) event(event object) {
	if t.p.flags.partial {
		t.p.out.send(object{
			"type": "stream_event", "event": event, "session_id": t.p.session.id,
			"parent_tool_use_id": nil, "uuid": newUUID(), "api_message_id": t.step.id,
		})
	}
}

// endStep books the step. It fails when the budget is used up.
func (t *turn) endStep() error {
	s := t.step
	t.steps++
	t.answer, t.stop = strings.Join(s.texts, "\n"), s.stop
	t.book(s.usage)
	t.p.mu.Lock()
	spent := t.p.costs.own
	t.p.mu.Unlock()
	if limit := t.p.flags.maxBudget; limit > 0 && spent >= limit {
		return &failure{subtype: "error_max_budget_usd", reason: "budget_exhausted",
			text: fmt.Sprintf("Reached maximum budget ($%v)", limit)}
	}
	return nil
}

// abandonStep ends a step that was interrupted: what was streamed is kept.
func (t *turn) abandonStep() {
	if t.step == nil {
		return
	}
	t.stop = nil
	t.closeText(nil)
	t.book(tokens{t.step.usage.in, 1})
	t.step = nil
}

func (t *turn) book(u tokens) {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	t.usage = t.usage.plus(u)
	t.p.costs.add(t.model, u)
}

// toolBlock is the model's wish to use a tool.
func (t *turn) toolBlock(id, name string, input json.RawMessage) {
	t.block(object{"type": "tool_use", "id": id, "name": name, "input": input}, "tool_use")
}
