package agent

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseSaying(t *testing.T) {
	const u = `"uuid":"u1"`
	tests := []struct {
		name, line string
		want       string // role, and text; "" for nothing
		tool       bool
	}{
		{"prompt", `{"parentUuid":null,"type":"user",` + u + `,"message":{"role":"user","content":"fix the clock"}}`, "user: fix the clock", false},
		{"prompt in parts", `{"type":"user",` + u + `,"message":{"content":[{"type":"text","text":"one"},{"type":"image"},{"type":"text","text":"two"}]}}`, "user: one\ntwo", false},
		{"answer", `{"type":"assistant",` + u + `,"message":{"content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"done"}]}}`, "assistant: done", false},
		{"spaced out", `{ "type": "assistant", ` + u + `, "message": {"content": "plain" } }`, "assistant: plain", false},
		{"tool", `{"type":"assistant",` + u + `,"message":{"content":[{"type":"tool_use","name":"Edit","input":{"file_path":"/a/b.go","n":3,"edits":[{"old":"x","new":"y"},"z"],"last":"w"}}]}}`,
			"assistant: Edit\n/a/b.go\nx\ny\nz\nw", true},
		{"text and tool", `{"type":"assistant",` + u + `,"message":{"content":[{"type":"text","text":"look"},{"type":"tool_use","name":"Bash","input":{"command":"ls"}}]}}`,
			"assistant: look\nBash\nls", false},
		{"words about a result", `{"parentUuid":null,"type":"user",` + u + `,"message":{"content":"what is \"tool_result\"?"}}`, `user: what is "tool_result"?`, false},
		{"result of a tool, later", `{"parentUuid":null,"type":"user",` + u + `,"message":{"content":[{"type":"tool_result","content":"secret"}]}}`, "", false},
		{"result of a tool", `{"type":"user",` + u + `,"message":{"content":[{"type":"tool_result","content":"secret"}]}}`, "", false},
		{"note of Claude Code", `{"type":"user","isMeta":true,` + u + `,"message":{"content":"caveat"}}`, "", false},
		{"interrupt", `{"type":"user",` + u + `,"message":{"content":"[Request interrupted by user]"}}`, "", false},
		{"local command", `{"type":"user",` + u + `,"message":{"content":"<local-command-stdout>x"}}`, "", false},
		{"made up", `{"type":"assistant",` + u + `,"message":{"model":"<synthetic>","content":"No response requested."}}`, "", false},
		{"error of the API", `{"type":"assistant","isApiErrorMessage":true,` + u + `,"message":{"content":"API Error"}}`, "", false},
		{"without uuid", `{"type":"user","message":{"content":"x"}}`, "", false},
		{"prompt while a turn ran", `{"parentUuid":"p","attachment":{"type":"queued_command","prompt":"and more"},"type":"attachment",` + u + `}`, "user: and more", false},
		{"prompt while a turn ran, spaced out", `{"parentUuid": "p", ` + u + `, "type": "attachment", "attachment": {"type": "queued_command", "prompt": "and more"}}`, "user: and more", false},
		{"other kind", `{"type":"api-request","body":{"role":"user","type":"user"},` + u + `}`, "", false},
		{"other kind, later", `{"uuid":"u1","type":"attachment","x":"user"}`, "", false},
		{"nothing said", `{"type":"assistant",` + u + `,"message":{"content":[]}}`, "", false},
		{"no JSON", `"user" {`, "", false},
		{"no message", `{"type":"user",` + u + `}`, "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := ParseSaying(json.RawMessage(test.line))
			if !ok {
				if test.want != "" {
					t.Errorf("nothing to search for, want %q", test.want)
				}
				return
			}
			if said := got.Role + ": " + got.Text; said != test.want || got.Tool != test.tool || got.UUID != "u1" {
				t.Errorf("got %q, tool %t, uuid %q; want %q, tool %t", said, got.Tool, got.UUID, test.want, test.tool)
			}
		})
	}
}

func TestSayingIsBounded(t *testing.T) {
	line, err := json.Marshal(map[string]any{"type": "user", "uuid": "u", "message": map[string]any{"content": strings.Repeat("é", maxSaying)}})
	if err != nil {
		t.Fatal(err)
	}
	got, ok := ParseSaying(line)
	if !ok || len(got.Text) > maxSaying || len(got.Text) < maxSaying-4 || !utf8.ValidString(got.Text) {
		t.Errorf("got %d bytes, valid %t; want just under %d", len(got.Text), utf8.ValidString(got.Text), maxSaying)
	}
}

// To look for words in a tool's input costs no more for how deep it is.
func BenchmarkSayingDeep(b *testing.B) {
	for name, depth := range map[string]int{"flat": 1, "deep": 5000} {
		b.Run(name, func(b *testing.B) {
			line := []byte(`{"type":"assistant","uuid":"u","message":{"content":[{"type":"tool_use","name":"X","input":{"a":` +
				strings.Repeat("[", depth) + strings.Repeat("1,", 200_000) + `"word"` + strings.Repeat("]", depth) + `}}]}}`)
			for b.Loop() {
				if s, ok := ParseSaying(line); !ok || s.Text != "X\nword" {
					b.Fatalf("got %q, %t", s.Text, ok)
				}
			}
		})
	}
}
