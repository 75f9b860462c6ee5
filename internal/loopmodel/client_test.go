package loopmodel

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// startServer opens a server that is closed at the end of the test.
func startServer(t *testing.T) *Server {
	t.Helper()
	s, err := Start(Options{Logf: t.Logf, HeldTimeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// soon bounds everything that a test waits for.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// Messages in the forms that Claude Code sends.

func user(texts ...string) object {
	var content []object
	for _, x := range texts {
		content = append(content, object{"type": "text", "text": x})
	}
	return object{"role": "user", "content": content}
}

func assistant(text string) object {
	return object{"role": "assistant", "content": []object{{"type": "text", "text": text}}}
}

func system(text string) object { return object{"role": "system", "content": text} }

func toolUse() object {
	return object{"role": "assistant", "content": []object{{"type": "tool_use", "id": "t", "name": "Bash", "input": object{}}}}
}

func toolResult(result string, texts ...string) object {
	content := []object{{"type": "tool_result", "tool_use_id": "t", "content": result}}
	for _, x := range texts {
		content = append(content, object{"type": "text", "text": x})
	}
	return object{"role": "user", "content": content}
}

func body(messages ...object) object {
	return object{
		"model": "claude-test", "stream": true, "max_tokens": 100,
		"tools": []object{{"name": "Bash"}}, "messages": messages,
	}
}

// post sends body and returns the open response.
func post(ctx context.Context, s *Server, path string, body object) (*http.Response, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, "POST", s.URL()+path, bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Api-Key", "k1")
	req.Header.Set("Authorization", "Bearer b1")
	return http.DefaultClient.Do(req)
}

// answer is a whole streamed answer.
type answer struct {
	code     int
	text     string
	thinking string
	tool     string // name and input
	stop     string
	in, out  int
	deltas   int
	err      string // of an error answer or an error event
}

// ask streams one answer and fails the test if it is not well formed.
func ask(t *testing.T, s *Server, messages ...object) answer {
	t.Helper()
	a, err := tryAsk(soon(t), s, messages...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func tryAsk(ctx context.Context, s *Server, messages ...object) (answer, error) {
	resp, err := post(ctx, s, "/v1/messages?beta=true", body(messages...))
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{code: resp.StatusCode}
	if resp.StatusCode != http.StatusOK {
		a.err, err = readError(b)
		return a, err
	}
	return a, a.readStream(string(b))
}

func readError(b []byte) (string, error) {
	var e struct {
		Type  string
		Error struct{ Type, Message string }
	}
	if err := json.Unmarshal(b, &e); err != nil {
		return "", fmt.Errorf("error answer %s: %w", b, err)
	}
	if e.Type != "error" {
		return "", fmt.Errorf("error answer %s has the type %q", b, e.Type)
	}
	return e.Error.Type + ": " + e.Error.Message, nil
}

// event is the union of the events of a stream.
type event struct {
	Type    string
	Index   int
	Message struct {
		Usage struct {
			In int `json:"input_tokens"`
		}
	}
	Block struct{ Type, Name, ID string } `json:"content_block"`
	Delta struct {
		Type, Text, Thinking, Signature string
		JSON                            string `json:"partial_json"`
		Stop                            string `json:"stop_reason"`
	}
	Usage struct {
		Out int `json:"output_tokens"`
	}
}

// readStream checks the order of the events and puts the answer together.
func (a *answer) readStream(stream string) error {
	blocks, open, last := 0, "", ""
	for chunk := range strings.SplitSeq(strings.TrimSuffix(stream, "\n\n"), "\n\n") {
		name, data, ok := strings.Cut(strings.TrimPrefix(chunk, "event: "), "\ndata: ")
		var e event
		if err := json.Unmarshal([]byte(data), &e); !ok || err != nil || e.Type != name {
			return fmt.Errorf("malformed event %q (%v)", chunk, err)
		}
		order := map[string]bool{
			"message_start":       last == "",
			"content_block_start": last != "" && open == "" && e.Index == blocks,
			"content_block_delta": open != "" && e.Index == blocks-1,
			"content_block_stop":  open != "" && e.Index == blocks-1,
			"message_delta":       open == "" && blocks > 0,
			"message_stop":        last == "message_delta",
			"error":               last != "",
		}
		if !order[name] {
			return fmt.Errorf("event %q is out of order in:\n%s", chunk, stream)
		}
		switch name {
		case "content_block_start":
			blocks, open = blocks+1, e.Block.Type
		case "content_block_stop":
			open = ""
		}
		a.take(e, data)
		last = name
	}
	if last != "message_stop" && last != "error" {
		return fmt.Errorf("the stream ends with %q:\n%s", last, stream)
	}
	return nil
}

func (a *answer) take(e event, data string) {
	switch e.Type {
	case "message_start":
		a.in = e.Message.Usage.In
	case "content_block_start":
		if e.Block.Type == "tool_use" {
			a.tool += e.Block.Name + " "
		}
	case "content_block_delta":
		a.text += e.Delta.Text
		a.thinking += e.Delta.Thinking
		a.tool += e.Delta.JSON
		if e.Delta.Type == "text_delta" {
			a.deltas++
		}
	case "message_delta":
		a.stop, a.out = e.Delta.Stop, e.Usage.Out
	case "error":
		a.err, _ = readError([]byte(data))
	}
}
