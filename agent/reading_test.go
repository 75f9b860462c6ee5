package agent

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseReading(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	const head = `"uuid":"u","parentUuid":"p","timestamp":"2026-11-22T12:00:00Z",`
	text := func(s string) []Block { return []Block{{Kind: TextBlock, Text: s}} }
	user := func(speaker, prompt string, blocks []Block) Reading {
		return Reading{UUID: "u", Parent: "p", Time: at, Speaker: speaker, Prompt: prompt, Blocks: blocks}
	}
	tests := []struct {
		name, line string
		want       Reading
	}{
		{"a prompt", `{"type":"user",` + head + `"message":{"role":"user","content":"hello"}}`, user(SpeakerUser, "u", text("hello"))},
		{"a prompt with a picture", `{"type":"user",` + head + `"message":{"content":[{"type":"text","text":"see"},{"type":"image","source":{"data":"AAAA"}}]}}`,
			user(SpeakerUser, "u", []Block{{Kind: TextBlock, Text: "see"}, {Kind: TextBlock, Text: "[image]"}})},
		{"a result of a tool", `{"type":"user",` + head + `"message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"no","is_error":true}]}}`,
			user(SpeakerTool, "", []Block{{Kind: ToolResultBlock, ID: "t", Text: "no", Failed: true}})},
		{"a result in parts", `{"type":"user",` + head + `"message":{"content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}]}]}}`,
			user(SpeakerTool, "", []Block{{Kind: ToolResultBlock, ID: "t", Text: "a\n[image]\nb"}})},
		{"a result of a sub-agent", `{"type":"user",` + head + `"toolUseResult":{"isAsync":true,"agentId":"a1"},"message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"ok"}]}}`,
			user(SpeakerTool, "", []Block{{Kind: ToolResultBlock, ID: "t", Text: "ok", Agent: "a1"}})},
		{"a result that is told as text", `{"type":"user",` + head + `"toolUseResult":"Error","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"ok"}]}}`,
			user(SpeakerTool, "", []Block{{Kind: ToolResultBlock, ID: "t", Text: "ok"}})},
		{"an interrupt", `{"type":"user",` + head + `"message":{"content":[{"type":"text","text":"[Request interrupted by user]"}]}}`,
			user(SpeakerSystem, "", text("[Request interrupted by user]"))},
		{"the output of a command", `{"type":"user",` + head + `"message":{"content":"<local-command-stdout>x</local-command-stdout>"}}`,
			user(SpeakerSystem, "", text("x"))},
		{"a command", `{"type":"user",` + head + `"message":{"content":"<command-name>/compact</command-name>\n <command-message>compact</command-message>\n <command-args>keep names</command-args>"}}`,
			Reading{UUID: "u", Parent: "p", Time: at, Speaker: SpeakerUser, Prompt: "u", Local: true, Blocks: text("/compact keep names")}},
		{"news of a sub-agent", `{"type":"user",` + head + `"message":{"content":"<task-notification>\nx"}}`,
			user(SpeakerSystem, "", text("<task-notification>\nx"))},
		{"news of what it has found", `{"type":"user",` + head + `"message":{"content":"<task-notification>\n<summary>It ended</summary>\n<result>Found <b>it</b></result>\n</task-notification>"}}`,
			user(SpeakerSystem, "", text("It ended\n\nFound <b>it</b>"))},
		{"words for the model only", `{"type":"user","isMeta":true,` + head + `"message":{"content":"x"}}`, user("", "", nil)},
		{"what was summed up", `{"type":"user","isCompactSummary":true,` + head + `"message":{"content":"x"}}`, user(SpeakerSystem, "", text("x"))},
		{"a prompt in the middle of a turn", `{"type":"attachment",` + head + `"attachment":{"type":"queued_command","source_uuid":"s","prompt":"more"}}`,
			user(SpeakerUser, "s", text("more"))},
		{"another attachment", `{"type":"attachment",` + head + `"attachment":{"type":"date","date":"x"}}`, user("", "", nil)},
		{"a compaction", `{"type":"system","subtype":"compact_boundary","uuid":"u","parentUuid":null,"logicalParentUuid":"p","timestamp":"2026-11-22T12:00:00Z"}`,
			user(SpeakerSystem, "", text("The conversation was compacted here: what is before is summed up after."))},
		{"an answer", `{"type":"assistant",` + head + `"message":{"id":"m","model":"opus","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"yes"},
			{"type":"tool_use","id":"t","name":"Bash","input":{"command":"ls"}},{"type":"new_thing","x":1},{"type":"text","text":" "}],
			"usage":{"input_tokens":1,"output_tokens":2,"cache_read_input_tokens":3,"cache_creation_input_tokens":4}}}`,
			Reading{UUID: "u", Parent: "p", Time: at, Speaker: SpeakerAssistant, Reply: "m", Model: "opus",
				Usage: Usage{InputTokens: 1, OutputTokens: 2, CacheReadTokens: 3, CacheCreationTokens: 4},
				Blocks: []Block{{Kind: ThinkingBlock, Text: "hm"}, {Kind: TextBlock, Text: "yes"},
					{Kind: ToolUseBlock, ID: "t", Tool: "Bash", Summary: "Bash: ls", Input: json.RawMessage(`{"command":"ls"}`)}}}},
		{"words of Claude Code itself", `{"type":"assistant",` + head + `"message":{"id":"m","model":"<synthetic>","content":[{"type":"text","text":"API Error"}]}}`,
			Reading{UUID: "u", Parent: "p", Time: at, Speaker: SpeakerSystem, Reply: "m", Blocks: text("API Error")}},
		{"shapes that are not known", `{"type":"user",` + head + `"message":{"content":{"a":1}}}`, user(SpeakerUser, "u", nil)},
	}
	for _, test := range tests {
		got, ok := ParseReading(json.RawMessage(test.line))
		if !ok {
			t.Errorf("%s: it is no entry", test.name)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	for _, line := range []string{``, `x`, `[]`, `{"type":"summary","summary":"s"}`, `{"type":"user","message":{}}`,
		`{"type":"custom-title","uuid":"u","customTitle":"t"}`} {
		if got, ok := ParseReading(json.RawMessage(line)); ok {
			t.Errorf("%q was read as %+v", line, got)
		}
	}
}

func FuzzParseReading(f *testing.F) {
	f.Add([]byte(`{"type":"user","uuid":"u","message":{"content":[{"type":"tool_result","content":[{"type":"text","text":"x"}]}]}}`))
	f.Add([]byte(`{"type":"assistant","uuid":"u","message":{"content":[{"type":"tool_use","name":"Edit","input":{"old_string":"a"}}]}}`))
	f.Add([]byte(`{"uuid":7,"type":[]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, ok := ParseReading(line)
		if ok && r.UUID == "" {
			t.Error("a reading without a uuid")
		}
		for _, b := range r.Blocks {
			if strings.ContainsRune(b.Summary, '\n') {
				t.Errorf("the summary %q has two lines", b.Summary)
			}
			Edits(b.Tool, b.Input)
		}
	})
}

func TestEdits(t *testing.T) {
	tests := []struct {
		tool, input string
		want        []Edit
	}{
		{"Write", `{"file_path":"/a","content":"x"}`, []Edit{{Path: "/a", New: "x"}}},
		{"Edit", `{"file_path":"/a","old_string":"x","new_string":"y"}`, []Edit{{Path: "/a", Old: "x", New: "y"}}},
		{"MultiEdit", `{"file_path":"/a","edits":[{"old_string":"x","new_string":"y"},{"old_string":"z","new_string":""}]}`,
			[]Edit{{Path: "/a", Old: "x", New: "y"}, {Path: "/a", Old: "z"}}},
		{"NotebookEdit", `{"notebook_path":"/n","new_source":"x"}`, []Edit{{Path: "/n", New: "x"}}},
		{"Bash", `{"command":"ls"}`, nil},
		{"Edit", `[]`, nil},
		{"Edit", ``, nil},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, Edits(test.tool, json.RawMessage(test.input))); diff != "" {
			t.Errorf("edits of %s %s (-want +got):\n%s", test.tool, test.input, diff)
		}
	}
}
