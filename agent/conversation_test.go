package agent

import (
	"cmp"
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
	for i, l := range lines {
		if !strings.Contains(l, `"timestamp"`) {
			l = strings.Replace(l, "{", fmt.Sprintf(`{"timestamp":"2026-01-01T00:%02d:00Z",`, i), 1)
		}
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

func TestLoaded(t *testing.T) {
	tests := []struct {
		name   string
		lines  []string
		loaded string // uuids; a message twice in Active is there once
		active string // "": as loaded
	}{
		{"nothing", []string{`garbage`, `{"type":"last-prompt"}`, `{"no":"type"}`}, "", ""},
		{"the newest branch", []string{prompt("p", "", "hi"), attachment("x", "p"), answer("a", "x", "m1", "end_turn", "old"), answer("b", "x", "m2", "end_turn", "new")}, "p x b", ""},
		{"a title is no entry", []string{prompt("p", "", "hi"), line("custom-title", "t", "p", `"customTitle":"x"`)}, "p", ""},
		{"a parent of another type is bridged", []string{prompt("p", "", "hi"), prompt("q", "p", "ho"), line("hologram", "h", "p", ""), prompt("r", "h", "hey")}, "p q r", ""},
		{"a progress line leads to its parent", []string{prompt("p", "", "hi"), prompt("q", "p", "ho"), line("progress", "h", "p", ""), prompt("r", "h", "hey")}, "p r", ""},
		{"progress in a loop", []string{prompt("p", "", "hi"), line("progress", "g", "h", ""), line("progress", "h", "g", ""), prompt("r", "h", "hey")}, "p r", ""},
		{"a parent that is not there", []string{prompt("p", "", "hi"), prompt("q", "p", "ho"), prompt("r", "gone", "hey")}, "p q r", ""},
		{"a second root", []string{prompt("p", "", "hi"), prompt("q", "", "ho")}, "q", ""},
		{"a loop", []string{prompt("o", "", "oh"), prompt("p", "q", "hi"), prompt("q", "p", "ho")}, "o p q", ""},
		{"a repeat replaces", []string{prompt("p", "", "hi"), prompt("q", "p", "ho"), prompt("p", "", "hello"), prompt("r", "q", "hey")}, "p q r", ""},
		{"the tip of a repeat is the newest below it", []string{prompt("p", "", "hi"), prompt("q", "p", "ho"), prompt("r", "q", "ho"), prompt("s", "p", "hey"), strings.Replace(prompt("q", "p", "ho"), "{", `{"timestamp":"2026-01-01T00:01:00Z",`, 1)}, "p q r", ""},
		{"a repeat that is newer than all below it is the tip", []string{prompt("p", "", "hi"), prompt("q", "p", "ho"), prompt("r", "q", "ho"), prompt("q", "p", "ho")}, "p q", ""},
		{"a lone system entry is no tip", []string{prompt("p", "", "hi"), line("system", "s", "", `"subtype":"informational"`)}, "p", ""},
		{"a branch of Claude Code's own command", []string{prompt("p", "", "hi"), prompt("q", "p", "ho"), line("system", "s", "p", `"subtype":"local_command"`)}, "p s", ""},
		{"a chain through a sub-agent", []string{sidechain(prompt("w", "", "Warmup")), prompt("p", "w", "hi")}, "w p", ""},
		{"parallel tools", []string{prompt("p", "", "hi"), toolUses("a", "p", "m", "u1"), toolUses("b", "a", "m", "u2"), resultOf("r", "a", "u1"), resultOf("s", "b", "u2"), answer("z", "s", "n", "end_turn", "x")}, "p a b r s z", ""},
		{"a result where it does not belong", []string{prompt("p", "", "hi"), toolUses("a", "p", "m", "u1"), resultOf("r", "gone", "u1"), answer("z", "a", "n", "end_turn", "x")}, "p a r z", ""},
		{"compaction", []string{prompt("p", "", "hi"), boundaryLine("c", "p", ""), summaryLine("s", "c"), prompt("q", "s", "ho")}, "c s q", "p c s q"},
		{"compaction of what is not there", []string{prompt("p", "", "hi"), boundaryLine("c", "gone", ""), summaryLine("s", "c"), prompt("q", "s", "ho")}, "c s q", "p c s q"},
		{"two compactions", []string{prompt("p", "", "hi"), boundaryLine("c", "p", ""), summaryLine("s", "c"), boundaryLine("d", "s", ""), summaryLine("t", "d")}, "d t", "p c s d t"},
		{"a summary without a boundary", []string{prompt("p", "", "hi"), summaryLine("s", ""), prompt("q", "s", "ho")}, "s q", "p s q"},
		{"kept messages", []string{prompt("p", "", "hi"), prompt("k", "p", "keep"), boundaryLine("c", "k", `"preservedSegment":{"anchorUuid":"s","headUuid":"k","tailUuid":"k"}`), summaryLine("s", "c"), prompt("q", "s", "ho")}, "c s k q", "p k c s q"},
		{"kept messages, all named", []string{prompt("p", "", "hi"), prompt("k", "p", "keep"), boundaryLine("c", "k", `"preservedMessages":{"anchorUuid":"c","uuids":["k"]}`), summaryLine("s", "c"), prompt("q", "k", "ho")}, "c k q", "p k c q"},
		{"kept messages that are gone", []string{prompt("p", "", "hi"), boundaryLine("c", "p", `"preservedMessages":{"anchorUuid":"s","uuids":["gone"]}`), summaryLine("s", "c"), prompt("q", "s", "ho")}, "c s q", "p c s q"},
		{"boundaries in a loop", []string{boundaryLine("c", "d", ""), boundaryLine("d", "c", ""), prompt("q", "d", "ho")}, "d q", "c d q"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := conversation(test.lines...)
			if got := strings.Join(uuids(c.Loaded()), " "); got != test.loaded {
				t.Errorf("Loaded is %q, want %q", got, test.loaded)
			}
			if got, want := strings.Join(uuids(c.Active()), " "), cmp.Or(test.active, test.loaded); got != want {
				t.Errorf("Active is %q, want %q", got, want)
			}
		})
	}
}

func sidechain(l string) string { return strings.Replace(l, "{", `{"isSidechain":true,`, 1) }

func toolUses(uuid, parent, id, use string) string {
	return line("assistant", uuid, parent, fmt.Sprintf(
		`"message":{"role":"assistant","model":"m","id":%q,"stop_reason":"tool_use","content":[{"type":"tool_use","id":%q,"name":"Bash","input":{}}]}`, id, use))
}

func resultOf(uuid, parent, use string) string {
	return line("user", uuid, parent, fmt.Sprintf(`"message":{"role":"user","content":[{"type":"tool_result","tool_use_id":%q,"content":"out"}]}`, use))
}

func boundaryLine(uuid, logical, metadata string) string {
	return line("system", uuid, "", fmt.Sprintf(`"subtype":"compact_boundary","logicalParentUuid":%q,"compactMetadata":{%s}`, logical, metadata))
}

func summaryLine(uuid, parent string) string {
	return line("user", uuid, parent, `"isCompactSummary":true,"message":{"role":"user","content":"so far"}`)
}

func TestForkPoint(t *testing.T) {
	c := conversation(prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "old"), prompt("q", "p", "ho"), answer("b", "q", "m2", "end_turn", "new"),
		attachment("x", "b"), line("system", "s", "x", `"subtype":"turn_duration"`))
	if c.Tip() != "s" || c.ForkPoint() != "b" {
		t.Errorf("the tip is %s, the fork point %s", c.Tip(), c.ForkPoint())
	}
	for uuid, want := range map[string]bool{"p": true, "q": true, "x": true, "a": false, "none": false, "": false} {
		if got := c.Reaches(uuid); got != want {
			t.Errorf("Reaches(%q) = %v", uuid, got)
		}
	}
	c.Add(json.RawMessage(sidechain(prompt("w", "", "Warmup"))))
	c.Add(json.RawMessage(line("system", "alone", "", `"subtype":"informational"`)))
	for uuid, want := range map[string]bool{"p": true, "a": true, "b": true, "w": false, "alone": false, "none": false} {
		if got := c.CanFork(uuid); got != want {
			t.Errorf("CanFork(%q) = %v", uuid, got)
		}
	}
	if got := uuids(c.UpTo("a")); !slices.Equal(got, []string{"p", "a"}) {
		t.Errorf("UpTo of another branch is %v", got)
	}
	if got := uuids(c.Through("a")); !slices.Equal(got, []string{"p", "a"}) {
		t.Errorf("Through of another branch is %v", got)
	}
	if got := new(Conversation).ForkPoint(); got != "" {
		t.Errorf("nothing has the fork point %q", got)
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
		{"too short", "b", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "hello")}, "it lacks message q"},
		{"too short at the newest", "", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "hello")}, "it lacks message q"},
		{"empty", "a", nil, "it lacks message p"},
		{"other words", "a", []string{prompt("p", "", "ho"), answer("a", "p", "m1", "end_turn", "hello")}, "message p is not what it is"},
		{"other uuids", "a", []string{prompt("z", "", "hi"), answer("a", "z", "m1", "end_turn", "hello")}, "it lacks message p"},
		{"more than it should", "a", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "end_turn", "hello"), prompt("q", "a", "more"), answer("b", "q", "m2", "end_turn", "less"), prompt("f", "b", "now")}, "it has message q of its parent"},
		{"something before", "a", []string{prompt("z", "", "hey"), prompt("p", "z", "hi"), answer("a", "p", "m1", "end_turn", "hello")}, "message z, which its parent does not have"},
		{"left out", "b", []string{prompt("p", "", "hi"), prompt("q", "p", "more"), answer("b", "q", "m2", "end_turn", "less")}, "it lacks message a"},
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
