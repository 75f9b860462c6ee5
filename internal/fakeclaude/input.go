package fakeclaude

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// message is a line of stdin.
type message struct {
	Type      string
	UUID      string
	Message   struct{ Content content }
	RequestID string `json:"request_id"`
	Request   controlRequest
	Response  struct {
		Subtype   string
		RequestID string `json:"request_id"`
		Error     string
		Response  json.RawMessage
	}
}

// content is the text of a message: a string, or the text blocks of a list.
type content string

func (c *content) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, (*string)(c)) == nil {
		return nil
	}
	var blocks []struct{ Type, Text string }
	if err := json.Unmarshal(b, &blocks); err != nil {
		return err
	}
	var texts []string
	for _, block := range blocks {
		if block.Type == "text" {
			texts = append(texts, block.Text)
		}
	}
	*c = content(strings.Join(texts, "\n"))
	return nil
}

// answer is what the driver said to a permission request.
type answer struct {
	body json.RawMessage
	err  string // not empty: the request failed
}

// read takes the lines of stdin until its end.
func (p *process) read(stdin io.Reader) {
	r := bufio.NewReaderSize(stdin, 1<<16)
	for {
		line, err := r.ReadString('\n')
		if line = strings.TrimSpace(line); line != "" {
			p.receive(line)
		}
		if err != nil {
			p.endOfInput()
			return
		}
	}
}

func (p *process) receive(line string) {
	var m message
	var syntax *json.SyntaxError
	// A field of an unexpected type is left at its zero value.
	if err := json.Unmarshal([]byte(line), &m); errors.As(err, &syntax) {
		fmt.Fprintf(os.Stderr, "Error parsing streaming input line (type=unknown, %d chars): SyntaxError\n", len(line))
		p.quit(1)
	}
	switch m.Type {
	case "user":
		p.enqueue(prompt{uuid: m.UUID, text: string(m.Message.Content)})
	case "control_request":
		p.control(m.RequestID, m.Request)
	case "control_response":
		r := m.Response
		a := answer{body: r.Response}
		if r.Subtype == "error" {
			a.err = "Error: " + r.Error
		}
		p.answer(r.RequestID, a)
	}
}

func (p *process) enqueue(q prompt) {
	if q.uuid == "" {
		q.uuid = newUUID()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lifecycle(q, "queued")
	p.session.enqueued(q.text)
	if p.running {
		p.queue = append(p.queue, q)
	} else {
		p.begin([]prompt{q})
	}
	p.notify()
}

// lifecycle tells the driver how far a prompt is.
func (p *process) lifecycle(q prompt, state string) {
	if q.own {
		return
	}
	p.out.send(object{
		"type": "command_lifecycle", "command_uuid": q.uuid, "state": state,
		"uuid": newUUID(), "session_id": p.session.id,
	})
}

// answer hands an answer to whoever asked; nobody may wait any more.
func (p *process) answer(id string, a answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ch, ok := p.waiting[id]; ok {
		delete(p.waiting, id)
		ch <- a // has room for one
	}
}

// endOfInput fails the open requests, which nobody can answer now. The turn goes on.
func (p *process) endOfInput() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for id, ch := range p.waiting {
		delete(p.waiting, id)
		ch <- answer{err: "AbortError: Tool permission stream closed before response received"}
	}
	p.notify()
}
