package fakeclaude

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"
)

// A turn is what answers a prompt, or several that came at once. Only the
// goroutine that runs it uses it.
type turn struct {
	p       *process
	prompts []string // uuids of all that it answers
	own     bool     // no prompt of the driver's began it
	folded  []prompt // those that came while it ran
	awaited int      // how many of these the script has waited for
	script  []directive
	model   string
	mode    string
	started time.Time

	step     *step
	messages int // user messages so far
	steps    int // ended ones
	usage    tokens
	denials  []object
	answer   string // text of the newest step
	stop     any    // its stop reason; nil before the first
}

// A failure ends a turn without an answer.
type failure struct {
	subtype string // of the result
	reason  string // its terminal_reason
	text    string
	status  int // of the API; 0 if it is not to blame
}

func (f *failure) Error() string { return f.text }

// interruptNote begins what the CLI notes of an interrupt.
const interruptNote = "[Request interrupted by user"

// turn runs a turn from its prompts to its result.
func (p *process) turn(ctx context.Context, prompts []prompt) {
	t := p.newTurn(prompts)
	t.begin(prompts)
	err := t.play(ctx)
	if errors.Is(err, context.Canceled) {
		err = t.interrupted()
	}
	t.end(prompts, err)
}

func (p *process) newTurn(prompts []prompt) *turn {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := &turn{p: p, model: p.model, mode: p.mode, started: time.Now(), messages: 1}
	for _, q := range prompts {
		t.prompts = append(t.prompts, q.uuid)
		t.own = q.own
	}
	return t
}

// begin announces the turn. Several prompts are one entry, under the uuid of the last.
func (t *turn) begin(prompts []prompt) {
	p := t.p
	joined := prompts[len(prompts)-1]
	texts := make([]string, len(prompts))
	for i, q := range prompts {
		texts[i] = q.text
		p.lifecycle(q, "started")
	}
	joined.text = strings.Join(texts, "\n")
	p.log.add(Record{Event: "turn_start", Session: p.session.id, Prompts: t.prompts, Text: promptLine(joined.text), Mode: t.mode})
	if p.flags.fork && p.results == 0 {
		p.session.beginFork()
	}
	p.out.send(t.init())
	if p.onInit != nil {
		p.onInit()
		p.onInit = nil
	}
	p.session.prompt(joined, len(prompts), t.mode)
	t.script = scriptOf(p.session.prompts)
}

func (t *turn) init() object {
	p := t.p
	return object{
		"type": "system", "subtype": "init", "session_id": p.session.id, "uuid": newUUID(),
		"cwd": p.session.cwd, "model": t.model, "permissionMode": t.mode,
		"tools":       []string{"AskUserQuestion", "Bash", "Edit", "Read", "Write"},
		"mcp_servers": []object{}, "slash_commands": []string{}, "agents": []string{}, "skills": []string{},
		"plugins": []object{}, "capabilities": []string{"interrupt_receipt_v1"}, "output_style": "default",
		"apiKeySource": "ANTHROPIC_API_KEY", "claude_code_version": p.settings.version,
		"user_message_uuids": t.prompts,
	}
}

// interrupted keeps what was said, and notes the interrupt.
func (t *turn) interrupted() *failure {
	f := &failure{subtype: "error_during_execution", reason: "aborted_streaming"}
	note := interruptNote + "]"
	if t.step != nil && t.step.tool != "" {
		f.reason, note = "aborted_tools", interruptNote+" for tool use]"
	} else {
		t.abandonStep()
	}
	uuid, content := newUUID(), []object{{"type": "text", "text": note}}
	t.user(uuid, content, nil, nil)
	f.text = "[ede_diagnostic] result_type=user last_content_type=n/a"
	return f
}

// user tells of a message that stands in the user's name.
func (t *turn) user(uuid string, content []object, message, entry object) {
	t.messages++
	m := object{
		"type": "user", "message": object{"role": "user", "content": content}, "parent_tool_use_id": nil,
		"session_id": t.p.session.id, "uuid": uuid, "timestamp": now(),
	}
	for k, v := range message {
		m[k] = v
	}
	e := object{"message": object{"role": "user", "content": content}}
	for k, v := range entry {
		e[k] = v
	}
	t.p.out.send(m)
	t.p.session.add("user", uuid, e)
}

// fold takes all prompts that wait into this turn.
func (t *turn) fold() {
	p := t.p
	p.mu.Lock()
	queue := p.queue
	p.queue = nil
	p.mu.Unlock()
	for _, q := range queue {
		p.lifecycle(q, "started")
		p.session.fold(q)
		t.prompts = append(t.prompts, q.uuid)
		t.folded = append(t.folded, q)
		t.script = slices.Concat(t.script, parseScript(q.text, len(p.session.prompts)))
	}
}

// end writes the result. The log has the end before the driver has it, so that
// a turn which the driver starts then does not seem to overlap.
func (t *turn) end(prompts []prompt, err error) {
	p := t.p
	p.session.endTurn()
	result, state := t.result(err), "completed"
	if err != nil && result["subtype"] != "error_max_turns" {
		state = "cancelled"
	}
	for _, q := range t.folded {
		p.lifecycle(q, "completed")
	}
	subtype, _ := result["subtype"].(string)
	p.log.add(Record{Event: "turn_end", Session: p.session.id, Prompts: t.prompts, Outcome: subtype})
	p.out.send(result)
	for _, q := range prompts {
		p.lifecycle(q, state)
	}
	p.out.releaseMirror()
	p.done(err != nil)
}

func (t *turn) result(err error) object {
	p := t.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.denials == nil {
		t.denials = []object{}
	}
	ms := time.Since(t.started).Milliseconds()
	r := object{
		"type": "result", "subtype": "success", "is_error": err != nil, "session_id": p.session.id,
		"uuid": newUUID(), "num_turns": t.messages, "duration_ms": ms, "duration_api_ms": ms,
		"stop_reason": t.stop, "terminal_reason": "completed", "usage": t.usage.wire(),
		"total_cost_usd": p.costs.total, "modelUsage": p.costs.byModel(),
		"model_usage_since_last_result": p.costs.sinceLastResult(), "permission_denials": t.denials,
		"user_message_uuid": t.prompts[0], "user_message_uuids": t.prompts,
		"result_index": p.results, "queued_turn_count": 0,
	}
	if expires := p.settings.loginExpires; expires != "" {
		r["credential_expires_at"] = expires
	}
	if t.own {
		delete(r, "user_message_uuid")
		delete(r, "user_message_uuids")
		r["origin"] = object{"kind": "task-notification"}
		if uuids := t.prompts[1:]; len(uuids) > 0 {
			r["user_message_uuids"] = uuids
		}
	}
	var f *failure
	switch {
	case !errors.As(err, &f):
		r["result"], r["api_error_status"] = t.answer, nil
	case f.subtype == "success":
		r["result"], r["terminal_reason"], r["api_error_status"] = f.text, f.reason, nil
		if f.status != 0 {
			r["api_error_status"] = f.status
		}
	default:
		r["subtype"], r["terminal_reason"], r["errors"] = f.subtype, f.reason, []string{f.text}
	}
	return r
}

// touch creates a file.
func touch(path string) error { return os.WriteFile(path, nil, 0o600) }
