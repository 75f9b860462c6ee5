package tools

import (
	"encoding/json"
	"fmt"
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

// key tells the ids 1 and "1" apart.
func (m message) key() string { return fmt.Sprintf("%T %v", m.ID, m.ID) }
