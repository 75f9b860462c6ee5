package loopmodel

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestConcurrentRequests(t *testing.T) {
	s := startServer(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			text := fmt.Sprint("answer ", i)
			a, err := tryAsk(soon(t), s, user("!hold all\n!say "+text))
			if err != nil || a.text != text {
				t.Errorf("got %+v (%v), want %q", a, err, text)
			}
		})
	}
	mustHold(t, s, "all")
	s.Release("all")
	all.Wait()
	if n := len(s.Requests()); n != 20 {
		t.Errorf("got %d requests, want 20", n)
	}
}

func TestRequests(t *testing.T) {
	s := startServer(t)
	before := time.Now()
	ask(t, s, user(inReminder("x"), "one\n!tool Bash"), toolUse(), toolResult("ok"))
	r := s.Requests()[0]
	if r.Model != "claude-test" || !r.Stream || r.MaxTokens != 100 || r.APIKey != "k1" || r.Bearer != "b1" || r.Side {
		t.Errorf("got %+v", r)
	}
	if fmt.Sprint(r.ToolNames) != "[Bash]" || fmt.Sprintf("%q", r.Prompts) != `["one\n!tool Bash"]` {
		t.Errorf("got the tools %q, the prompts %q", r.ToolNames, r.Prompts)
	}
	if len(r.Messages) != 3 || !r.Messages[1].ToolUse || !r.Messages[2].ToolResult || !strings.HasSuffix(r.Messages[0].Text, "Bash") {
		t.Errorf("got the messages %+v", r.Messages)
	}
	if r.Time.Before(before) || !json.Valid(r.Body) {
		t.Errorf("got the time %v, the body %s", r.Time, r.Body)
	}
}

// Headers stand on answers and on errors; a time is told in seconds since 1970.
func TestHeaders(t *testing.T) {
	s := startServer(t)
	for _, script := range []string{"!say one", "!status 429"} {
		resp, err := post(soon(t), s, "/v1/messages", body(user(script+"\n!header retry-after 3\n!header x-reset +1h")))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		reset, err := strconv.ParseInt(resp.Header.Get("X-Reset"), 10, 64)
		in := time.Until(time.Unix(reset, 0))
		if resp.Header.Get("Retry-After") != "3" || err != nil || in < 59*time.Minute || in > time.Hour {
			t.Errorf("%s: got the headers %v", script, resp.Header)
		}
	}
}

func TestWithoutStream(t *testing.T) {
	s := startServer(t)
	b := body(user("!tokens 7 8\n!say one\n!tool Bash {\"a\":1}"))
	delete(b, "stream")
	resp, err := post(soon(t), s, "/v1/messages", b)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var got struct {
		Type    string
		Content []struct {
			Type, Text, ID string
			Input          json.RawMessage
		}
		Stop  string         `json:"stop_reason"`
		Usage map[string]int `json:"usage"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Type != "message" || got.Stop != "tool_use" || got.Usage["input_tokens"] != 7 || got.Usage["output_tokens"] != 8 {
		t.Errorf("got %+v", got)
	}
	if len(got.Content) != 2 || got.Content[0].Text != "one" || string(got.Content[1].Input) != `{"a":1}` {
		t.Errorf("got the content %+v", got.Content)
	}
}

func TestSideRequests(t *testing.T) {
	title := object{"format": object{"type": "json_schema"}}
	prompt := []object{user("<session>\n!hold forever\n</session>")}
	tests := []struct {
		name string
		body object
		side bool
		want string
	}{
		{"check of a model", object{"max_tokens": 1, "messages": []object{user("Hi")}}, true, "OK"},
		{"title", object{"stream": true, "tools": []object{}, "output_config": title, "messages": prompt}, true, "Scripted"},
		{"compaction", body(user("one\n!hold forever\n", "CRITICAL.\n\n"+summaryWanted+" so far.")), true, "summary"},
		{"tools turned off", object{"stream": true, "messages": []object{user("!say yes")}}, false, "yes"},
		{"streaming turned off", object{"tools": []object{{"name": "Bash"}}, "messages": []object{user("!say yes")}}, false, "yes"},
	}
	s := startServer(t)
	for i, test := range tests {
		resp, err := post(soon(t), s, "/v1/messages", test.body)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || !strings.Contains(string(b), test.want) {
			t.Errorf("%s: got %d %s", test.name, resp.StatusCode, b)
		}
		if got := s.Requests()[i].Side; got != test.side {
			t.Errorf("%s: side is %t, want %t", test.name, got, test.side)
		}
	}
}

func TestOtherPaths(t *testing.T) {
	s := startServer(t)
	do := func(method, path, body string) (int, string) {
		req, _ := http.NewRequestWithContext(soon(t), method, s.URL()+path, strings.NewReader(body))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, strings.TrimSpace(string(b))
	}
	tests := []struct {
		method, path, body string
		code               int
		want               string
	}{
		{"POST", "/v1/messages/count_tokens?beta=true", "1234567", 200, `{"input_tokens":2}`},
		{"POST", "/v1/messages", "{", 400, "invalid_request_error"},
		{"GET", "/v1/messages", "", 404, "not_found_error"},
		{"GET", "/v1/models", "", 404, "not_found_error"},
		{"GET", "/loop/requests", "", 200, "[]"},
		{"GET", "/loop/held?name=a", "", 404, "held under"},
		{"POST", "/loop/release?name=b", "", 200, `{"released":"b"}`},
	}
	for _, test := range tests {
		code, got := do(test.method, test.path, test.body)
		if code != test.code || !strings.Contains(got, test.want) {
			t.Errorf("%s %s: got %d %s, want %d %s", test.method, test.path, code, got, test.code, test.want)
		}
	}

	held := asking(soon(t), s, user("!hold a\n!say one"))
	mustHold(t, s, "a")
	if code, got := do("GET", "/loop/held?name=a", ""); code != 200 {
		t.Errorf("held: got %d %s", code, got)
	}
	do("POST", "/loop/release?name=a", "")
	if a := <-held; a.text != "one" {
		t.Errorf("after the release got %+v", a)
	}
	var requests []Request
	_, got := do("GET", "/loop/requests", "")
	if err := json.Unmarshal([]byte(got), &requests); err != nil || len(requests) != 1 || requests[0].Model != "claude-test" {
		t.Errorf("requests: %v %s", err, got)
	}
}

func TestZeroOptions(t *testing.T) {
	s, err := Start(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if a := ask(t, s, user("!say one")); a.text != "one" {
		t.Errorf("got %+v", a)
	}
}
