package loopmodel

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// A Request is one POST to /v1/messages, as it came.
type Request struct {
	Time      time.Time `json:"time"`
	SessionID string    `json:"sessionId"` // Claude Code's id of the session, "" from other clients
	APIKey    string    `json:"apiKey"`    // the x-api-key header
	Bearer    string    `json:"bearer"`    // the token of an Authorization header

	Model     string    `json:"model"`
	Stream    bool      `json:"stream"`
	MaxTokens int       `json:"maxTokens"`
	System    string    `json:"system"` // blocks joined by a newline
	ToolNames []string  `json:"toolNames"`
	Messages  []Message `json:"messages"`

	// Prompts are the user's prompts in Messages, oldest first, without what
	// Claude Code added, directives included.
	Prompts []string `json:"prompts"`
	// Side says that the request is no part of a conversation.
	Side bool `json:"side"`

	Body json.RawMessage `json:"body"`
}

// A Message is one message of a request.
type Message struct {
	Role       string `json:"role"` // user, assistant or system
	Text       string `json:"text"` // text blocks joined by a newline
	ToolUse    bool   `json:"toolUse"`
	ToolResult bool   `json:"toolResult"`
	Result     string `json:"result,omitempty"` // text of the tool results, joined by a newline
}

// wireRequest is the body of a request, as far as it is read.
type wireRequest struct {
	Model     string                  `json:"model"`
	Stream    bool                    `json:"stream"`
	MaxTokens int                     `json:"max_tokens"`
	System    blocks                  `json:"system"`
	Tools     []struct{ Name string } `json:"tools"`
	Messages  []wireMessage           `json:"messages"`
	Output    struct {
		Format json.RawMessage `json:"format"`
	} `json:"output_config"`
}

type wireMessage struct {
	Role    string `json:"role"`
	Content blocks `json:"content"`
}

// block is one content block; Content is that of a tool result.
type block struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Content blocks `json:"content"`
}

// blocks is content in either form of the API: a string or a list.
type blocks []block

func (b *blocks) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*b = blocks{{Type: "text", Text: text}}
		return nil
	}
	return json.Unmarshal(data, (*[]block)(b))
}

// text joins the text blocks.
func (b blocks) text() string {
	var texts []string
	for _, x := range b {
		if x.Type == "text" {
			texts = append(texts, x.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// results joins the texts of the tool results.
func (b blocks) results() string {
	var texts []string
	for _, x := range b {
		if x.Type == "tool_result" {
			texts = append(texts, x.Content.text())
		}
	}
	return strings.Join(texts, "\n")
}

func (b blocks) has(kind string) bool {
	for _, x := range b {
		if x.Type == kind {
			return true
		}
	}
	return false
}

// structured says that the answer must be JSON of a given schema.
func (w *wireRequest) structured() bool { return len(w.Output.Format) > 0 }

// side judges by what Claude Code sends: its conversations have tools, or, with
// all tools turned off, are at least streamed and free in the form of their
// answer. A check of a model's name is not streamed, a title has a schema.
func (w *wireRequest) side() bool {
	return len(w.Tools) == 0 && (!w.Stream || w.structured())
}

// request returns the record of w, which came as body with h.
func (w *wireRequest) request(h http.Header, body []byte) Request {
	r := Request{
		Time:      time.Now(),
		SessionID: h.Get("X-Claude-Code-Session-Id"),
		APIKey:    h.Get("X-Api-Key"),
		Model:     w.Model,
		Stream:    w.Stream,
		MaxTokens: w.MaxTokens,
		System:    w.System.text(),
		Body:      body,
	}
	r.Bearer, _ = strings.CutPrefix(h.Get("Authorization"), "Bearer ")
	for _, t := range w.Tools {
		r.ToolNames = append(r.ToolNames, t.Name)
	}
	for _, m := range w.Messages {
		r.Messages = append(r.Messages, Message{
			Role:       m.Role,
			Text:       m.Content.text(),
			ToolUse:    m.Content.has("tool_use"),
			ToolResult: m.Content.has("tool_result"),
			Result:     m.Content.results(),
		})
	}
	return r
}
