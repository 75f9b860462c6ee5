package loopmodel

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// object is a JSON object of the API.
type object = map[string]any

// A reply is one answer on its way to the client: events as they come when
// stream is set, else one JSON message at the end.
type reply struct {
	w      http.ResponseWriter
	stream bool
	model  string
	usage  usage

	begun   bool     // the header and message_start are out
	open    string   // type of the block that is being written, "" for none
	content []object // blocks so far, the open one included
}

// text adds to the text block that is open, or opens one. It goes out in a few
// deltas, cut between words.
func (r *reply) text(text string) {
	r.openBlock("text", object{"type": "text", "text": ""})
	r.grow("text", text)
	words := strings.SplitAfter(text, " ")
	for part := range slices.Chunk(words, (len(words)+3)/4) {
		r.delta(object{"type": "text_delta", "text": strings.Join(part, "")})
	}
}

func (r *reply) think(text string) {
	r.closeBlock()
	r.openBlock("thinking", object{"type": "thinking", "thinking": "", "signature": ""})
	r.grow("thinking", text)
	r.delta(object{"type": "thinking_delta", "thinking": text})
	r.grow("signature", "bG9vcG1vZGVs")
	r.delta(object{"type": "signature_delta", "signature": "bG9vcG1vZGVs"})
	r.closeBlock()
}

func (r *reply) tool(name string, input json.RawMessage) {
	r.closeBlock()
	r.openBlock("tool_use", object{"type": "tool_use", "id": "toolu_" + rand.Text(), "name": name, "input": object{}})
	r.content[len(r.content)-1]["input"] = input
	r.delta(object{"type": "input_json_delta", "partial_json": string(input)})
	r.closeBlock()
}

// end finishes the message.
func (r *reply) end(stop string) {
	r.closeBlock()
	r.begin()
	if !r.stream {
		message := r.message()
		message["content"], message["stop_reason"] = r.content, stop
		message["usage"].(object)["output_tokens"] = r.usage.out
		writeJSON(r.w, http.StatusOK, message)
		return
	}
	r.event("message_delta", object{
		"delta": object{"stop_reason": stop, "stop_sequence": nil},
		"usage": object{"output_tokens": r.usage.out},
	})
	r.event("message_stop", object{})
}

// fail ends the reply with an error of the API: as the HTTP answer, or as an
// event when the stream has begun.
func (r *reply) fail(code int, message string) {
	if r.stream && r.begun {
		r.event("error", object{"error": object{"type": errorType(code), "message": message}})
		return
	}
	writeError(r.w, code, message)
}

// begin sends what comes before the first block, once.
func (r *reply) begin() {
	if r.begun || !r.stream {
		return
	}
	r.begun = true
	r.w.Header().Set("Content-Type", "text/event-stream")
	r.w.Header().Set("Cache-Control", "no-cache")
	r.event("message_start", object{"message": r.message()})
}

func (r *reply) message() object {
	return object{
		"id": "msg_" + rand.Text(), "type": "message", "role": "assistant", "model": r.model,
		"content": []object{}, "stop_reason": nil, "stop_sequence": nil,
		"usage": object{
			"input_tokens": r.usage.in, "output_tokens": 1,
			"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
		},
	}
}

// openBlock makes an open block of the type, if there is none yet.
func (r *reply) openBlock(kind string, empty object) {
	if r.open == kind {
		return
	}
	r.begin()
	r.open, r.content = kind, append(r.content, empty)
	r.event("content_block_start", object{"index": len(r.content) - 1, "content_block": empty})
}

func (r *reply) closeBlock() {
	if r.open == "" {
		return
	}
	r.open = ""
	r.event("content_block_stop", object{"index": len(r.content) - 1})
}

func (r *reply) delta(delta object) {
	r.event("content_block_delta", object{"index": len(r.content) - 1, "delta": delta})
}

// grow adds to a text field of the open block.
func (r *reply) grow(field, text string) {
	b := r.content[len(r.content)-1]
	b[field] = b[field].(string) + text
}

// event writes one event of the stream and sends it off. A client that went
// away is noticed by the context of its request, not here.
func (r *reply) event(kind string, data object) {
	if !r.stream {
		return
	}
	data["type"] = kind
	b, err := json.Marshal(data)
	if err != nil {
		panic(err) // objects are made of strings, numbers and checked JSON
	}
	fmt.Fprintf(r.w, "event: %s\ndata: %s\n\n", kind, b)
	http.NewResponseController(r.w).Flush()
}
