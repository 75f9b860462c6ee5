package tools

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// line reads the server's next message as it is.
func (w *wire) line() map[string]any {
	w.t.Helper()
	raw, err := w.out.ReadBytes('\n')
	if err != nil {
		w.t.Fatalf("reading a message: %v", err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		w.t.Fatalf("message %s: %v", raw, err)
	}
	return m
}

// greetAs does a handshake of a version and with capabilities.
func (w *wire) greetAs(version, capabilities string) {
	w.t.Helper()
	w.send(`{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":%q,"capabilities":%s,"clientInfo":{"name":"c","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}`, version, capabilities)
	w.read()
}

// TestElicitationOnTheWire holds what is said on the wire: the request with
// what is to be decided and a flat schema, and its end when somebody else was
// first; an answer that is late is nobody's.
func TestElicitationOnTheWire(t *testing.T) {
	d := newDesk()
	w := serve(t.Context(), t, d)
	w.greetAs("2025-11-25", `{"elicitation":{}}`)
	d.put(permission("p"))
	w.start(1) // only now are there turns of this client
	var ask map[string]any
	for range 2 { // the reply, and the request
		if m := w.line(); m["method"] == "elicitation/create" {
			ask = m
		}
	}
	params, _ := ask["params"].(map[string]any)
	message, _ := params["message"].(string)
	if !strings.Contains(message, "touch x\nin /src") || !strings.Contains(message, `"main"`) {
		t.Errorf("the message does not show what is asked: %q", message)
	}
	schema, _ := json.Marshal(params["requestedSchema"])
	const want = `{"properties":{"decision":{"description":"allow: this once. allow_always: also adds to the session's settings: Bash(touch *). deny: no.",` +
		`"enum":["allow","allow_always","deny"],"title":"Decision","type":"string"},` +
		`"message":{"description":"With deny: why, and what to do instead.","title":"Message","type":"string"}},"required":["decision"],"type":"object"}`
	if string(schema) != want {
		t.Errorf("schema is %s, want %s", schema, want)
	}
	d.settle("p")
	end := w.line()
	if p, _ := end["params"].(map[string]any); end["method"] != "notifications/cancelled" || p["requestId"] != ask["id"] {
		t.Errorf("when somebody else was first came %v", end)
	}
	w.send(`{"jsonrpc":"2.0","id":%q,"result":{"action":"accept","content":{"decision":"allow"}}}`, ask["id"])
	w.send(`{"jsonrpc":"2.0","id":2,"method":"ping"}`)
	if m := w.line(); m["id"] != 2.0 {
		t.Errorf("after a late answer came %v", m)
	}
	if len(d.replies) > 0 {
		t.Errorf("a late answer was passed on: %s", d.replied())
	}
}

// TestInstantAnswerOnTheWire holds that the time is measured where it is
// said: an answer at once counts for nothing.
func TestInstantAnswerOnTheWire(t *testing.T) {
	d := newDesk()
	w := serve(t.Context(), t, d)
	w.greetAs("2025-06-18", `{"elicitation":{"form":{}}}`)
	d.put(permission("p"))
	w.start(1)
	for range 2 {
		if m := w.line(); m["method"] == "elicitation/create" {
			w.send(`{"jsonrpc":"2.0","id":%q,"error":{"code":-32601,"message":"no"}}`, m["id"])
		}
	}
	d.put(permission("q"))
	w.send(`{"jsonrpc":"2.0","id":2,"method":"ping"}`)
	if m := w.line(); m["id"] != 2.0 {
		t.Errorf("after an answer that came too fast came %v", m)
	}
	if len(d.replies) > 0 {
		t.Errorf("replied %s", d.replied())
	}
}

// TestNobodyIsAskedUnasked holds that clients which have not declared
// elicitation with forms are sent nothing, nor are those without a turn, nor
// those of the era in which servers send no requests.
func TestNobodyIsAskedUnasked(t *testing.T) {
	const modern = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"new","version":"2"},"io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}},`
	for name, c := range map[string]struct{ capabilities, tool, meta string }{
		"none":    {`{}`, "start_session", ""},
		"url":     {`{"elicitation":{"url":{}}}`, "start_session", ""},
		"no turn": {`{"elicitation":{}}`, "list_sessions", ""},
		"modern":  {`{}`, "start_session", modern},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk()
			d.put(permission("p"))
			w := serve(t.Context(), t, d)
			w.greetAs("2025-11-25", c.capabilities)
			arguments := map[string]string{"start_session": `{"prompt":"p"}`}[c.tool]
			if arguments == "" {
				arguments = "{}"
			}
			w.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{%s"name":%q,"arguments":%s}}`, c.meta, c.tool, arguments)
			w.line()
			time.AfterFunc(300*time.Millisecond, func() { w.in.Close() })
			if raw, err := w.out.ReadBytes('\n'); err == nil {
				t.Errorf("the client was sent %s", raw)
			}
		})
	}
}

// TestQuestionForms holds the fields of questions.
func TestQuestionForms(t *testing.T) {
	options := []engine.Option{{Label: "A", Description: "the first"}, {Label: "B"}}
	for name, c := range map[string]struct {
		q     engine.Question
		lists bool
		want  string
	}{
		"one":      {engine.Question{Question: "Which?", Header: "Way", Options: options}, false, `{"description":"Which?","enum":["A","B"],"title":"Way","type":"string"}`},
		"several":  {engine.Question{Question: "Which?", Options: options, MultiSelect: true}, true, `{"description":"Which?","items":{"enum":["A","B"],"type":"string"},"minItems":1,"title":"Which?","type":"array"}`},
		"no lists": {engine.Question{Question: "Which?", Options: options, MultiSelect: true}, false, `{"description":"Which? (One or several of: A, B)","title":"Which?","type":"string"}`},
		"free":     {engine.Question{Question: "Why?"}, true, `{"description":"Why?","title":"Why?","type":"string"}`},
	} {
		if got := string(encode(questionField(c.q, c.lists))); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
