package tools

import (
	"encoding/json"
	"fmt"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

// message is as much of a JSON-RPC message as is needed to match a reply to
// its request.
type message struct {
	ID     any    `json:"id"`
	Method string `json:"method"`
}

// parse reads line. What is no message is the zero message.
func parse(line []byte) message {
	var m message
	if json.Unmarshal(line, &m) != nil {
		return message{}
	}
	return m
}

// replyTo is the id that a message of the library's answers; nil if it is no reply.
// Replies are long, and only their ends are of interest: they are not decoded.
func replyTo(line []byte) (id any) {
	jsonscan.Fields(line, func(name string, v jsonscan.Value) bool {
		switch name {
		case "id":
			_ = json.Unmarshal(v.Raw(), &id)
		case "method":
			id = nil
			return false
		}
		return true
	})
	return id
}

// key tells the ids 1 and "1" apart.
func (m message) key() string { return fmt.Sprintf("%T %v", m.ID, m.ID) }
