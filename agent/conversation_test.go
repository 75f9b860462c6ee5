package agent

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A line of a transcript, briefly.
func line(kind, uuid, parent, rest string) string {
	if parent != "" {
		parent = fmt.Sprintf(`,"parentUuid":%q`, parent)
	}
	if rest != "" {
		rest = "," + rest
	}
	return fmt.Sprintf(`{"type":%q,"uuid":%q%s%s}`, kind, uuid, parent, rest)
}

func prompt(uuid, parent, text string) string {
	return line("user", uuid, parent, fmt.Sprintf(`"message":{"role":"user","content":%q}`, text))
}

func answer(uuid, parent, id, stop, text string) string {
	return line("assistant", uuid, parent, fmt.Sprintf(
		`"message":{"role":"assistant","model":"m","id":%q,"stop_reason":%q,"content":[{"type":"text","text":%q}],"usage":{"input_tokens":10,"output_tokens":1}}`, id, stop, text))
}

func toolUse(uuid, parent, id string) string {
	return line("assistant", uuid, parent, fmt.Sprintf(
		`"message":{"role":"assistant","model":"m","id":%q,"stop_reason":"tool_use","content":[{"type":"tool_use","name":"Bash","input":{}}],"usage":{"input_tokens":10,"output_tokens":1}}`, id))
}

func toolResult(uuid, parent string) string {
	return line("user", uuid, parent, `"message":{"role":"user","content":[{"type":"tool_result","content":"out"}]}`)
}

func interrupt(uuid, parent string) string {
	return line("user", uuid, parent, `"message":{"role":"user","content":[{"type":"text","text":"[Request interrupted by user]"}]}`)
}

func synthesized(uuid, parent, text string, apiError bool) string {
	return line("assistant", uuid, parent, fmt.Sprintf(
		`"isApiErrorMessage":%v,"message":{"role":"assistant","model":"<synthetic>","id":%q,"stop_reason":"stop_sequence","content":[{"type":"text","text":%q}]}`, apiError, uuid, text))
}

func attachment(uuid, parent string) string {
	return line("attachment", uuid, parent, `"attachment":{"type":"date"}`)
}

func conversation(lines ...string) *Conversation {
	c := NewConversation()
	for _, l := range lines {
		c.Add(json.RawMessage(l))
	}
	return c
}

func TestTurn(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  Outcome
	}{
		{"no prompt", []string{prompt("q", "", "other")}, Outcome{}},
		{"prompt only", []string{prompt("p", "", "hi"), attachment("x", "p")},
			Outcome{Found: true, LastMessage: "p"}},
		{"answered", []string{prompt("p", "", "hi"), attachment("x", "p"), answer("a", "x", "m1", "end_turn", "hello"), attachment("y", "a")},
			Outcome{Found: true, Answered: true, Text: "hello", LastMessage: "a", Usage: Usage{InputTokens: 10, OutputTokens: 1}}},
		{"answered in parts", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "one"), answer("b", "a", "m1", "end_turn", "two")},
			Outcome{Found: true, Answered: true, Text: "one\ntwo", LastMessage: "b", Usage: Usage{InputTokens: 10, OutputTokens: 1}}},
		{"cut off after a tool's use", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "tool_use", "I shall"), toolUse("b", "a", "m1")},
			Outcome{Found: true, Text: "I shall", LastMessage: "b", Usage: Usage{InputTokens: 10, OutputTokens: 1}}},
		{"cut off after a tool's result", []string{prompt("p", "", "hi"), toolUse("a", "p", "m1"), toolResult("r", "a")},
			Outcome{Found: true, LastMessage: "r", Usage: Usage{InputTokens: 10, OutputTokens: 1}}},
		{"answered after a tool", []string{prompt("p", "", "hi"), toolUse("a", "p", "m1"), toolResult("r", "a"), answer("b", "r", "m2", "end_turn", "done")},
			Outcome{Found: true, Answered: true, Text: "done", LastMessage: "b", Usage: Usage{InputTokens: 20, OutputTokens: 2}}},
		{"no reason to stop yet", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "", "part")},
			Outcome{Found: true, Text: "part", LastMessage: "a", Usage: Usage{InputTokens: 10, OutputTokens: 1}}},
		{"interrupted", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "part"), interrupt("i", "a")},
			Outcome{Found: true, Text: "part", LastMessage: "i", Interrupted: true, Usage: Usage{InputTokens: 10, OutputTokens: 1}}},
		{"API error", []string{prompt("p", "", "hi"), synthesized("e", "p", "API Error: 400", true)},
			Outcome{Found: true, LastMessage: "e", Error: "API Error: 400"}},
		{"crashed and resumed", []string{prompt("p", "", "hi"), synthesized("n", "p", "No response requested.", false), prompt("q", "n", "go on"), answer("b", "q", "m2", "end_turn", "gone on")},
			Outcome{Found: true, LastMessage: "p"}},
		{"the next prompt's answer", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "hello"), prompt("q", "a", "more"), answer("b", "q", "m2", "end_turn", "less")},
			Outcome{Found: true, Answered: true, Text: "hello", LastMessage: "a", Usage: Usage{InputTokens: 10, OutputTokens: 1}}},
		{"newest branch", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "old"), answer("b", "p", "m2", "end_turn", "new")},
			Outcome{Found: true, Answered: true, Text: "new", LastMessage: "b", Usage: Usage{InputTokens: 10, OutputTokens: 1}}},
		{"a newer branch elsewhere", []string{prompt("o", "", "oh"), prompt("p", "o", "hi"), answer("a", "p", "m1", "end_turn", "hello"), answer("b", "o", "m2", "end_turn", "other")},
			Outcome{Found: true, Answered: true, Text: "hello", LastMessage: "a", Usage: Usage{InputTokens: 10, OutputTokens: 1}}},
		{"folded into a turn", []string{prompt("o", "", "oh"), toolUse("a", "o", "m1"), toolResult("r", "a"),
			line("attachment", "f", "r", `"attachment":{"type":"queued_command","source_uuid":"p"}`), answer("b", "f", "m2", "end_turn", "both")},
			Outcome{Found: true, Answered: true, Text: "both", LastMessage: "b", Usage: Usage{InputTokens: 10, OutputTokens: 1}}},
		{"across a compaction", []string{prompt("p", "", "hi"), toolUse("a", "p", "m1"), line("system", "c", "", `"subtype":"compact_boundary","logicalParentUuid":"a"`),
			line("user", "s", "c", `"isCompactSummary":true,"message":{"role":"user","content":"so far"}`), answer("b", "s", "m2", "end_turn", "done")},
			Outcome{Found: true, Answered: true, Text: "done", LastMessage: "b", Usage: Usage{InputTokens: 20, OutputTokens: 2}}},
		{"a command of Claude Code's own", []string{prompt("p", "", "<command-name>/compact</command-name>"), prompt("o", "p", "<local-command-stdout>Compacted</local-command-stdout>")},
			Outcome{Found: true, Answered: true, Text: "Compacted", LastMessage: "o"}},
		{"a command of today", []string{command("p", "", "/context"), line("system", "o", "p", `"subtype":"local_command","content":"<local-command-stdout>Usage</local-command-stdout>"`)},
			Outcome{Found: true, Answered: true, Text: "Usage", LastMessage: "p"}},
		{"a command, and others after it", []string{command("p", "", "/context"), printed("o", "p", "Usage"), meta("m", "o", "<local-command-caveat>"), command("q", "m", "/exit"), printed("b", "q", "Bye!")},
			Outcome{Found: true, Answered: true, Text: "Usage", LastMessage: "o"}},
		{"cut off, and left", []string{prompt("p", "", "hi"), meta("m", "p", "<local-command-caveat>"), command("q", "m", "/exit"), printed("b", "q", "Bye!")},
			Outcome{Found: true, LastMessage: "p"}},
		{"answered, and left", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "hello"), meta("m", "a", "<local-command-caveat>"), command("q", "m", "/exit"), printed("b", "q", "Bye!")},
			Outcome{Found: true, Answered: true, Text: "hello", LastMessage: "a", Usage: Usage{InputTokens: 10, OutputTokens: 1}}},
		{"a command in the middle", []string{prompt("p", "", "hi"), toolUse("a", "p", "m1"), toolResult("r", "a"), command("q", "r", "/status"), printed("b", "q", "x"), answer("c", "b", "m2", "end_turn", "done")},
			Outcome{Found: true, Answered: true, Text: "done", LastMessage: "c", Usage: Usage{InputTokens: 20, OutputTokens: 2}}},
		{"parts with results between", []string{prompt("p", "", "hi"), toolUse("a", "p", "m1"), toolResult("r", "a"), answer("b", "r", "m1", "end_turn", "one"), attachment("x", "b"), answer("c", "x", "m1", "end_turn", "two")},
			Outcome{Found: true, Answered: true, Text: "one\ntwo", LastMessage: "c", Usage: Usage{InputTokens: 10, OutputTokens: 1}}},
		{"cut off in a message without text", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "tool_use", "first"), toolUse("b", "a", "m2")},
			Outcome{Found: true, Text: "first", LastMessage: "b", Usage: Usage{InputTokens: 20, OutputTokens: 2}}},
		{"sub-agents are not heard", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "hello"),
			strings.Replace(answer("s", "p", "m2", "end_turn", "psst"), "{", `{"isSidechain":true,`, 1)},
			Outcome{Found: true, Answered: true, Text: "hello", LastMessage: "a", Usage: Usage{InputTokens: 10, OutputTokens: 1}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := conversation(test.lines...).Turn("p"); got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func uuids(chain []Message) []string {
	var list []string
	for _, m := range chain {
		list = append(list, m.UUID)
	}
	return list
}

func TestChain(t *testing.T) {
	c := conversation(
		prompt("p", "", "hi"), attachment("x", "p"), answer("a", "x", "m1", "end_turn", "old"), answer("b", "x", "m2", "end_turn", "new"),
		`{"type":"last-prompt"}`, `garbage`, `{"no":"type"}`, prompt("p", "b", "again the same uuid"), line("user", "l1", "l2", ""), line("user", "l2", "l1", ""),
	)
	tests := []struct {
		to   string
		want []string
	}{
		{"a", []string{"p", "x", "a"}},
		{"b", []string{"p", "x", "b"}},
		{"p", []string{"p"}},
		{"none", nil},
		{"", nil},
		{"l2", []string{"l1", "l2"}}, // a loop ends
	}
	for _, test := range tests {
		if got := uuids(c.Chain(test.to)); !slices.Equal(got, test.want) {
			t.Errorf("Chain(%q) = %v, want %v", test.to, got, test.want)
		}
	}
	if c.Leaf() != "l2" || !c.Has("a") || c.Has("none") {
		t.Errorf("Leaf = %q, Has(a) = %v, Has(none) = %v", c.Leaf(), c.Has("a"), c.Has("none"))
	}
	if got := NewConversation().Leaf(); got != "" {
		t.Errorf("Leaf of nothing is %q", got)
	}
}

// Titles and tags may have a uuid, and be last in the file.
func TestLeafIsInTheChain(t *testing.T) {
	c := conversation(prompt("p", "", "hi"), answer("a", "p", "m", "end_turn", "ho"), line("custom-title", "t", "", `"customTitle":"x"`))
	if got := c.Leaf(); got != "a" {
		t.Errorf("the leaf is %q", got)
	}
	c.Add(json.RawMessage(line("something-new", "n", "a", "")))
	if got := c.Leaf(); got != "n" {
		t.Errorf("the leaf is %q, after a link of a type that is not known", got)
	}
}

func TestVerifyFork(t *testing.T) {
	parent := conversation(prompt("p", "", "hi"), attachment("x", "p"), answer("a", "x", "m1", "end_turn", "hello"), prompt("q", "a", "more"), answer("b", "q", "m2", "end_turn", "less"))
	tests := []struct {
		name, at string
		fork     []string
		want     string // part of the error; "" for none
	}{
		{"same", "a", []string{prompt("p", "", "hi"), attachment("y", "p"), answer("a", "y", "m1", "end_turn", "hello"), prompt("f", "a", "now")}, ""},
		{"no prompt yet", "a", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "hello")}, ""},
		{"the same in other words of JSON", "p", []string{`{"uuid":"p", "message" : {"content": "\u0068i", "role":"user"}, "type":"user"}`}, ""},
		{"too short", "b", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "hello")}, "it has 2 of the 4 messages"},
		{"too short at the newest", "", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "hello")}, "it has 2 of the 4 messages"},
		{"empty", "a", nil, "it has 0 of the 2 messages"},
		{"other words", "a", []string{prompt("p", "", "ho"), answer("a", "p", "m1", "end_turn", "hello")}, "message p (1 of 2) is not what it is"},
		{"other uuids", "a", []string{prompt("z", "", "hi"), answer("a", "z", "m1", "end_turn", "hello")}, "message 1 of 2 is z, in its parent p"},
		{"more than it should", "a", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "hello"), prompt("q", "a", "more"), answer("b", "q", "m2", "end_turn", "less"), prompt("f", "b", "now")}, "goes on with message q"},
		{"something before", "a", []string{prompt("z", "", "hey"), prompt("p", "z", "hi"), answer("a", "p", "m1", "end_turn", "hello")}, "message 1 of 2 is z"},
		{"left out", "b", []string{prompt("p", "", "hi"), prompt("q", "p", "more"), answer("b", "q", "m2", "end_turn", "less")}, "message 2 of 4 is q, in its parent a"},
		{"no such message", "none", nil, "its parent has no message none"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := VerifyFork(parent, conversation(test.fork...), test.at)
			if err == nil != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("VerifyFork = %v, want %q", err, test.want)
			}
		})
	}
}

func TestVerifyForkOfACompacted(t *testing.T) {
	boundary := line("system", "c", "", `"subtype":"compact_boundary","logicalParentUuid":"a"`)
	summary := line("user", "s", "c", `"isCompactSummary":true,"message":{"role":"user","content":"so far"}`)
	parent := conversation(prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "hello"), boundary, summary, prompt("q", "s", "more"))
	tests := []struct {
		name string
		fork []string
		ok   bool
	}{
		{"what came since", []string{boundary, summary, prompt("q", "s", "more")}, true},
		{"some of the rest too", []string{boundary, summary, answer("a", "s", "m1", "end_turn", "hello"), prompt("q", "a", "more")}, true},
		{"all", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "hello"), boundary, summary, prompt("q", "s", "more")}, true},
		{"a lie about the rest", []string{boundary, summary, answer("a", "s", "m1", "end_turn", "bye"), prompt("q", "a", "more")}, false},
		{"no summary", []string{prompt("q", "", "more")}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := VerifyFork(parent, conversation(test.fork...), "q"); (err == nil) != test.ok {
				t.Errorf("VerifyFork = %v, want ok %v", err, test.ok)
			}
		})
	}
}

func TestParseMessage(t *testing.T) {
	tests := []struct {
		name, line                 string
		text, title                string
		isPrompt, said, understood bool
	}{
		{"prompt", prompt("p", "", "hi"), "hi", "", true, true, true},
		{"prompt in blocks", line("user", "p", "", `"message":{"role":"user","content":[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}]}`), "a\nb", "", true, true, true},
		{"answer", answer("a", "", "m", "end_turn", "hello"), "hello", "", false, true, true},
		{"tool's result", toolResult("r", ""), "", "", false, true, true},
		{"meta", line("user", "p", "", `"isMeta":true,"message":{"role":"user","content":"caveat"}`), "caveat", "", false, true, true},
		{"sub-agent", line("user", "p", "", `"isSidechain":true,"message":{"role":"user","content":"do"}`), "do", "", false, false, true},
		{"title", `{"type":"ai-title","aiTitle":"Tea","sessionId":"s"}`, "", "Tea", false, false, true},
		{"custom title", `{"type":"custom-title","customTitle":"Tee","sessionId":"s"}`, "", "Tee", false, false, true},
		{"attachment", attachment("x", ""), "", "", false, false, true},
		{"a type of tomorrow", `{"type":"hologram","uuid":7}`, "", "", false, false, true},
		{"odd shapes", `{"type":"user","uuid":"u","message":7,"timestamp":"soon"}`, "", "", false, true, true},
		{"torn", `{"type":"user","uu`, "", "", false, false, false},
		{"no type", `{"uuid":"u"}`, "", "", false, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, ok := ParseMessage(json.RawMessage(test.line))
			if ok != test.understood || m.Text != test.text || m.Title != test.title || m.Prompt != test.isPrompt || m.Conversation() != test.said {
				t.Errorf("got %+v, %v", m, ok)
			}
		})
	}
}

func TestParseMessageBoundsText(t *testing.T) {
	m, _ := ParseMessage(json.RawMessage(prompt("p", "", strings.Repeat("é", maxText))))
	if len(m.Text) > maxText || !strings.HasSuffix(m.Text, "é") {
		t.Errorf("text of %d bytes ends with %q", len(m.Text), m.Text[len(m.Text)-2:])
	}
}
