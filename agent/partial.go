package agent

import "github.com/claude-sessions/claude-sessions/internal/jsonscan"

// streamEventHead begins a line that tells of a part of a message, of which
// there is one for each few words: they are not decoded as others are.
var streamEventHead = []byte(`{"type":"stream_event",`)

// streamEvent tells of a part of a message as it comes.
func streamEvent(line []byte) []Event {
	var e partialEvent
	jsonscan.Fields(line, e.line)
	switch {
	case e.kind == "content_block_start" && e.block == "thinking":
		return []Event{Activity{Text: thinking}}
	case e.kind == "content_block_start" && e.block == "text" && e.parent != "":
		return []Event{Activity{Text: writing}}
	case e.kind == "content_block_start" && e.block == "text":
		return []Event{Activity{Text: writing}, Writing{Anew: true, Message: e.message}}
	case e.kind == "content_block_delta" && e.text != "" && e.parent == "":
		return []Event{Writing{Text: e.text}}
	}
	return nil
}

// partialEvent is an event of the Messages API's stream, as far as it counts.
type partialEvent struct {
	parent  string // use of a tool that began the sub-agent whose event it is
	message string // id of the message
	kind    string
	block   string // type of the part that begins
	text    string // that is added to a text; that of thoughts has another name
}

func (e *partialEvent) line(name string, v jsonscan.Value) bool {
	switch name {
	case "parent_tool_use_id":
		e.parent = v.String()
	case "api_message_id":
		e.message = v.String()
	case "event":
		v.Fields(e.event)
	}
	return true
}

func (e *partialEvent) event(name string, v jsonscan.Value) bool {
	switch name {
	case "type":
		e.kind = v.String()
	case "content_block":
		e.block = jsonscan.String(v.Raw(), "type")
	case "delta":
		e.text = jsonscan.String(v.Raw(), "text")
	}
	return true
}
