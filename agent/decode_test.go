package agent

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// raw is a RawMessage that go-cmp compares as text.
func raw(text string) json.RawMessage { return json.RawMessage(text) }

func TestDecode(t *testing.T) {
	const sid = "11111111-1111-4111-8111-111111111111"
	tests := []struct {
		name, line string
		want       []Event
	}{
		{"init", `{"type":"system","subtype":"init","session_id":"s","cwd":"/w","model":"m","permissionMode":"plan","claude_code_version":"2.1.330","tools":["x"]}`,
			[]Event{Init{SessionID: "s", Cwd: "/w", Model: "m", PermissionMode: "plan", Version: "2.1.330"}, Activity{"thinking"}}},
		{"retry", `{"type":"system","subtype":"api_retry","attempt":1,"max_retries":10,"retry_delay_ms":539.5,"error_status":401,"error":"authentication_failed"}`,
			[]Event{Retry{Attempt: 1, Max: 10, Delay: 539500 * time.Microsecond, Status: 401, Kind: "authentication_failed"}}},
		{"retry without a status", `{"type":"system","subtype":"api_retry","attempt":2,"error_status":null,"error":{"odd":1}}`,
			[]Event{Retry{Attempt: 2}}},
		{"other system message", `{"type":"system","subtype":"compact_boundary"}`, nil},
		{"text", `{"type":"assistant","uuid":"u","message":{"content":[{"type":"text","text":"hi"}]}}`,
			[]Event{Activity{"writing"}, Said{Text: "hi", UUID: "u"}}},
		{"text of a message", `{"type":"assistant","uuid":"u","message":{"id":"m","content":[{"type":"text","text":"hi"}]}}`,
			[]Event{Activity{"writing"}, Said{Text: "hi", UUID: "u", Message: "m"}}},
		{"partial text of a message", `{"type":"stream_event","event":{"type":"content_block_start","content_block":{"type":"text"}},"api_message_id":"m"}`,
			[]Event{Activity{"writing"}, Writing{Anew: true, Message: "m"}}},
		{"text of a sub-agent", `{"type":"assistant","uuid":"u","parent_tool_use_id":"t","message":{"content":[{"type":"text","text":"hi"}]}}`,
			[]Event{Activity{"writing"}}},
		{"text made up", `{"type":"assistant","uuid":"u","message":{"model":"<synthetic>","content":[{"type":"text","text":"API Error"}]}}`, nil},
		{"tools", `{"type":"assistant","message":{"content":[{"type":"thinking"},{"type":"tool_use","name":"Bash","input":{"command":"go test ./..."}},{"type":"tool_use","name":"Write","input":{"file_path":"/a/main.go"}}]}}`,
			[]Event{Activity{"thinking"}, Activity{"Bash: go test ./..."}, Activity{"Write: main.go"}}},
		{"tool's result", `{"type":"user","message":{"content":[{"type":"tool_result","content":"x"}]}}`, []Event{Activity{"thinking"}}},
		{"partial text", `{"type":"stream_event","event":{"type":"content_block_start","content_block":{"type":"text"}}}`, []Event{Activity{"writing"}, Writing{Anew: true}}},
		{"partial thinking", `{"type":"stream_event","event":{"type":"content_block_start","content_block":{"type":"thinking"}}}`, []Event{Activity{"thinking"}}},
		{"partial text of a sub-agent", `{"type":"stream_event","parent_tool_use_id":"t","event":{"type":"content_block_start","content_block":{"type":"text"}}}`, []Event{Activity{"writing"}}},
		{"words", `{"type":"stream_event","event":{"delta":{"text":"Hello ","type":"text_delta"},"index":0,"type":"content_block_delta"},"parent_tool_use_id":null}`, []Event{Writing{Text: "Hello "}}},
		{"words, the type elsewhere", `{"event":{"delta":{"text":"\u00e9\n","type":"text_delta"},"type":"content_block_delta"},"type":"stream_event"}`, []Event{Writing{Text: "é\n"}}},
		{"words of a sub-agent", `{"type":"stream_event","event":{"delta":{"text":"Hello "},"type":"content_block_delta"},"parent_tool_use_id":"t"}`, nil},
		{"words of thoughts", `{"type":"stream_event","event":{"delta":{"thinking":"Hm"},"type":"content_block_delta"}}`, nil},
		{"partial delta", `{"type":"stream_event","event":{"type":"content_block_delta"}}`, nil},
		{"permission", `{"type":"control_request","request_id":"r","request":{"subtype":"can_use_tool","tool_name":"Write","input":{"file_path":"/a/b.go","n":12345678901234567890},"permission_suggestions":[{"type":"setMode"}]}}`,
			[]Event{Activity{"waiting for permission: Write"}, Permission{ID: "r", Tool: "Write", Input: raw(`{"file_path":"/a/b.go","n":12345678901234567890}`), Summary: "Write: b.go", Suggestions: raw(`[{"type":"setMode"}]`)}}},
		{"question", `{"type":"control_request","request_id":"r","request":{"subtype":"can_use_tool","tool_name":"AskUserQuestion","input":{"questions":[{"question":"Tea?"}]}}}`,
			[]Event{Activity{"waiting for an answer: AskUserQuestion"}, Permission{ID: "r", Tool: "AskUserQuestion", Input: raw(`{"questions":[{"question":"Tea?"}]}`), Summary: "AskUserQuestion: Tea?", Question: true}}},
		{"unknown request", `{"type":"control_request","request_id":"r","request":{"subtype":"mcp_message"}}`, []Event{unknownRequest{"r", "mcp_message"}}},
		{"request of another shape", `{"type":"control_request","request_id":"r","request":[]}`, []Event{unknownRequest{"r", ""}}},
		{"cancelled", `{"type":"control_cancel_request","request_id":"r"}`, []Event{Cancelled{"r"}}},
		{"reply", `{"type":"control_response","response":{"subtype":"success","request_id":"r"}}`, []Event{reply{id: "r"}}},
		{"refusal", `{"type":"control_response","response":{"subtype":"error","request_id":"r","error":"no"}}`, []Event{reply{id: "r", err: "no"}}},
		{"mirror", `{"type":"transcript_mirror","filePath":"/h/projects/-w/` + sid + `.jsonl","entries":[{"z":1, "a":12345678901234567890,"s":"\u2028\u0000"}]}`,
			[]Event{Mirror{Path: "/h/projects/-w/" + sid + ".jsonl", SessionID: sid, Lines: []json.RawMessage{raw(`{"z":1, "a":12345678901234567890,"s":"\u2028\u0000"}`)}}}},
		{"mirror of a sub-agent", `{"type":"transcript_mirror","filePath":"/h/projects/-w/` + sid + `/subagents/agent-x.jsonl","entries":[]}`,
			[]Event{Mirror{Path: "/h/projects/-w/" + sid + "/subagents/agent-x.jsonl", SessionID: sid, Sub: "subagents/agent-x", Lines: []json.RawMessage{}}}},
		{"keep alive", `{"type":"keep_alive"}`, nil},
		{"a type of tomorrow", `{"type":"hologram","x":[1]}`, nil},
		{"fields of other shapes", `{"type":"control_cancel_request","request_id":"r","session_id":7,"message":"x","entries":{}}`, []Event{Cancelled{"r"}}},
		{"torn", `{"type":"assistant","mess`, nil},
		{"garbage", `Warning: what is this?`, nil},
		{"no object", `["type"]`, nil},
		{"null", `null`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := new(decoder).decode([]byte(test.line))
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(unknownRequest{}, reply{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeCountsGarbage(t *testing.T) {
	var d decoder
	for _, line := range []string{`{"type":`, `oops`, `{"type":"keep_alive"}`} {
		d.decode([]byte(line))
	}
	if d.garbage != 2 {
		t.Errorf("%d lines of garbage, want 2", d.garbage)
	}
}

func TestResultCodes(t *testing.T) {
	tests := []struct {
		name, fields, code, text string
	}{
		{"success", `"subtype":"success","result":"hi"`, "", "hi"},
		{"interrupted", `"subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_streaming","errors":["[ede_diagnostic] x"]`, CodeInterrupted, "the turn was interrupted"},
		{"interrupted in a tool", `"subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_tools"`, CodeInterrupted, "the turn was interrupted"},
		{"turns", `"subtype":"error_max_turns","is_error":true,"terminal_reason":"max_turns","errors":["Reached maximum number of turns (1)"]`, CodeTurnLimit, "Reached maximum number of turns (1)"},
		{"budget", `"subtype":"error_max_budget_usd","is_error":true,"errors":["Reached maximum budget ($0.001)"]`, CodeBudget, "Reached maximum budget ($0.001)"},
		{"rate", `"subtype":"success","is_error":true,"api_error_status":429,"terminal_reason":"api_error","result":"slow down"`, CodeRateLimited, "slow down"},
		{"login refused", `"subtype":"success","is_error":true,"api_error_status":403,"result":"no"`, CodeNotLoggedIn, "no"},
		{"no login", `"subtype":"success","is_error":true,"api_error_status":null,"terminal_reason":"api_error","result":"Not logged in · Please run /login"`, CodeNotLoggedIn, "Not logged in · Please run /login"},
		{"api", `"subtype":"success","is_error":true,"api_error_status":400,"terminal_reason":"api_error","result":"API Error: 400"`, CodeAPI, "API Error: 400"},
		{"network", `"subtype":"success","is_error":true,"terminal_reason":"api_error","result":"Unable to connect"`, CodeAPI, "Unable to connect"},
		{"session missing", `"subtype":"error_during_execution","is_error":true,"errors":["No conversation found with session ID: x"]`, CodeSessionMissing, "No conversation found with session ID: x"},
		{"message missing", `"subtype":"error_during_execution","is_error":true,"errors":["No message found with message.uuid of: x"]`, CodeMessageMissing, "No message found with message.uuid of: x"},
		{"else", `"subtype":"error_during_execution","is_error":true,"errors":["a","b"]`, CodeFailed, "a; b"},
		{"a subtype of tomorrow", `"subtype":"error_moon"`, CodeFailed, ""},
		{"fields of other shapes", `"subtype":"success","result":"hi","usage":7,"user_message_uuids":"x"`, "", "hi"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			events := new(decoder).decode([]byte(`{"type":"result",` + test.fields + `}`))
			got := events[0].(Result)
			if got.Code != test.code || got.Text != test.text || got.OK != (test.code == "") {
				t.Errorf("got %v %q %q, want %q %q", got.OK, got.Code, got.Text, test.code, test.text)
			}
		})
	}
}

func TestResultNamesItsTurn(t *testing.T) {
	tests := []struct {
		fields  string
		prompts []string
		origin  string
	}{
		{`"user_message_uuid":"a","user_message_uuids":["a","b"]`, []string{"a", "b"}, ""},
		{`"user_message_uuid":"a"`, []string{"a"}, ""},
		{`"origin":{"kind":"task-notification"}`, nil, "task-notification"},
		{`"errors":["No conversation found"]`, nil, ""},
	}
	for _, test := range tests {
		got := new(decoder).decode([]byte(`{"type":"result",` + test.fields + `}`))[0].(Result)
		if !slices.Equal(got.Prompts, test.prompts) || got.Origin != test.origin {
			t.Errorf("%s: prompts %q, origin %q, want %q, %q", test.fields, got.Prompts, got.Origin, test.prompts, test.origin)
		}
	}
}

func TestDecodeRateLimit(t *testing.T) {
	tests := []struct {
		info string
		want []Event
	}{
		{`{"status":"allowed_warning","resetsAt":1795730722,"rateLimitType":"five_hour","utilization":0.92,"isUsingOverage":false,"unifiedWindows":{}}`,
			[]Event{RateLimit{Status: RateWarning, Window: "five_hour", Used: 0.92, Resets: time.Unix(1795730722, 0).UTC()}}},
		{`{"status":"allowed"}`, []Event{RateLimit{Status: RateAllowed}}},
		{`{"status":"rejected","resetsAt":1e300,"utilization":"much"}`, []Event{RateLimit{Status: RateRejected}}},
		{`{}`, nil},
		{`7`, nil},
	}
	for _, test := range tests {
		got := new(decoder).decode([]byte(`{"type":"rate_limit_event","rate_limit_info":` + test.info + `}`))
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.info, diff)
		}
	}
}

func TestResultTellsLimits(t *testing.T) {
	const told = `{"type":"result","subtype":"success","credential_expires_at":"2026-11-27T17:19:07.538Z",` +
		`"modelUsage":{"big":{"contextWindow":1000000},"old":{"inputTokens":1}}}`
	got := new(decoder).decode([]byte(told))[0].(Result)
	if !got.LoginExpires.Equal(time.Date(2026, 11, 27, 17, 19, 7, 538e6, time.UTC)) || len(got.Windows) != 1 || got.Windows["big"] != 1e6 {
		t.Errorf("got %v, %v", got.LoginExpires, got.Windows)
	}
	got = new(decoder).decode([]byte(`{"type":"result","subtype":"success"}`))[0].(Result)
	if !got.LoginExpires.IsZero() || got.Windows != nil {
		t.Errorf("of a version that does not tell: %v, %v", got.LoginExpires, got.Windows)
	}
}

func TestResultTellsWhoStillWorks(t *testing.T) {
	const stats = `{"type":"result","subtype":"success","subagent_stats":{"spawned":5,"completed":1,"failed":1,"killed":{"user":1,"system":0}}}`
	if got := new(decoder).decode([]byte(stats))[0].(Result).Working; got != 2 {
		t.Errorf("%d sub-agents work, want 2", got)
	}
	if got := new(decoder).decode([]byte(`{"type":"result","subtype":"success"}`))[0].(Result).Working; got != 0 {
		t.Errorf("%d sub-agents work in a version that does not tell, want 0", got)
	}
}

func TestInterruptIsKnownByItsMessage(t *testing.T) {
	var d decoder
	d.decode([]byte(`{"type":"user","message":{"content":[{"type":"text","text":"[Request interrupted by user]"}]}}`))
	failed := []byte(`{"type":"result","subtype":"error_during_execution","is_error":true}`)
	if got := d.decode(failed)[0].(Result).Code; got != CodeInterrupted {
		t.Errorf("code is %q, want interrupted", got)
	}
	if got := d.decode(failed)[0].(Result).Code; got != CodeFailed {
		t.Errorf("code of the next turn is %q, want failed", got)
	}
}

func TestResultUsage(t *testing.T) {
	d := decoder{costTotal: 1}
	lines := []struct {
		line string
		want Usage
	}{
		{`{"type":"result","total_cost_usd":1.5,"usage":{"input_tokens":1,"output_tokens":2,"cache_read_input_tokens":3,"cache_creation_input_tokens":4}}`, Usage{InputTokens: 1, OutputTokens: 2, CacheReadTokens: 3, CacheCreationTokens: 4, CostUSD: 0.5}},
		{`{"type":"result","total_cost_usd":2.5,"usage":{"input_tokens":5}}`, Usage{InputTokens: 5, CostUSD: 1}},
		{`{"type":"result","total_cost_usd":9,"usage":{"input_tokens":5},"model_usage_since_last_result":{"a":{"inputTokens":1,"outputTokens":2,"cacheReadInputTokens":3,"cacheCreationInputTokens":4,"costUSD":0.25},"b":{"inputTokens":1,"costUSD":0.5}}}`, Usage{InputTokens: 2, OutputTokens: 2, CacheReadTokens: 3, CacheCreationTokens: 4, CostUSD: 0.75}},
		{`{"type":"result","total_cost_usd":9,"usage":{"input_tokens":5},"model_usage_since_last_result":{}}`, Usage{}},
		{`{"type":"result","total_cost_usd":3,"usage":{}}`, Usage{}},
	}
	for i, test := range lines {
		if got := d.decode([]byte(test.line))[0].(Result).Usage; got != test.want {
			t.Errorf("result %d: usage is %+v, want %+v", i, got, test.want)
		}
	}
}

func TestSummary(t *testing.T) {
	tests := []struct{ tool, input, want string }{
		{"Bash", `{"command":"go  test\n./...","description":"run"}`, "Bash: go test ./..."},
		{"Edit", `{"file_path":"/a/b/c.go"}`, "Edit: c.go"},
		{"Edit", `{"file_path":"C:\\a\\b\\c.go"}`, "Edit: c.go"},
		{"mcp__x__y", `{"n":1,"query":"q"}`, "mcp__x__y: q"},
		{"Task", `{"description":"look","prompt":"long"}`, "Task: look"},
		{"Odd", `[1]`, "Odd"},
		{"Odd", ``, "Odd"},
		{"Bash", `{"command":"\u001b[31mred\u0007"}`, "Bash: [31mred"},
		{"Bash", `{"command":"` + strings.Repeat("é", 200) + `"}`, "Bash: " + strings.Repeat("é", 73) + "…"},
	}
	for _, test := range tests {
		got := Describe(test.tool, raw(test.input))
		if got != test.want {
			t.Errorf("Describe(%s, %s) = %q, want %q", test.tool, test.input, got, test.want)
		}
		if n := len([]rune(got)); n > activityWidth {
			t.Errorf("Describe(%s) has %d characters", test.tool, n)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"type":"system","subtype":"init","session_id":"s"}`))
	f.Add([]byte(`{"type":"assistant","message":{"content":[{"type":"tool_use","name":"Bash","input":{"command":"x"}}]}}`))
	f.Add([]byte(`{"type":"transcript_mirror","filePath":"/a","entries":[{"a":12345678901234567890}]}`))
	f.Add([]byte(`{"type":"result","subtype":"success","usage":null,"permission_denials":[{"tool_input":[]}]}`))
	f.Add([]byte(`{"type":"control_request","request":{"subtype":"can_use_tool","input":{"questions":[7]}}}`))
	f.Add([]byte(`{"type":"user","message":{"content":"text"}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		for _, event := range new(decoder).decode(line) {
			switch e := event.(type) {
			case Activity:
				if n := len([]rune(e.Text)); n > activityWidth || strings.ContainsAny(e.Text, "\n\r\x1b") {
					t.Errorf("activity %q has %d characters", e.Text, n)
				}
			case Result:
				if e.OK != (e.Code == "") {
					t.Errorf("result is %+v", e)
				}
			case Mirror:
				for _, l := range e.Lines {
					if !json.Valid(l) {
						t.Errorf("mirrored line %q is no JSON", l)
					}
				}
			}
		}
		ParseMessage(line) // must not panic
	})
}

// BenchmarkWords is what some words cost that are told as they come.
func BenchmarkWords(b *testing.B) {
	line := []byte(`{"type":"stream_event","event":{"delta":{"text":"longer ","type":"text_delta"},"index":0,"type":"content_block_delta"},"session_id":"d58c98be-5349-4e43-80b5-1b99e282c34a","parent_tool_use_id":null,"uuid":"ad3cf270-d388-40fc-afcc-fc5225d3e78d","api_message_id":"msg_RLIO3F3SFQY2ECEPTPTVFSA3NM"}`)
	var d decoder
	b.ReportAllocs()
	for b.Loop() {
		if len(d.decode(line)) != 1 {
			b.Fatal("nothing")
		}
	}
}
