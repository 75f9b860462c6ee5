package agent

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func summed(lines ...string) Summary {
	var s Summary
	for _, l := range lines {
		s.Add(json.RawMessage(l))
	}
	return s
}

// told is a Summary without what it knows of the lines that it was made from.
func told(s Summary) Summary {
	s.Seen, s.Replies, s.Answered, s.Synopses, s.Undecided, s.Caveat = nil, nil, 0, nil, nil, ""
	return s
}

func TestSummaryOfLines(t *testing.T) {
	at := func(s string) time.Time {
		when, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	ten := Usage{InputTokens: 10, OutputTokens: 1}
	tests := []struct {
		name  string
		lines []string
		want  Summary
	}{
		{"nothing", nil, Summary{}},
		{"a turn", []string{prompt("p", "", "hi"), attachment("x", "p"), answer("a", "x", "m1", "end_turn", "hello")},
			Summary{FirstPrompt: "hi", LastPrompt: "hi", LastAnswer: "hello", Model: "m", Turns: 1, Usage: ten, Context: 11,
				First: "p", Last: "a"}},
		{"an answer in parts is counted once", []string{prompt("p", "", "hi"), answer("a", "p", "m1", "", "one"),
			toolResult("r", "a"), answer("b", "r", "m1", "end_turn", "two")},
			Summary{FirstPrompt: "hi", LastPrompt: "hi", LastAnswer: "one\ntwo", Model: "m", Turns: 1, Usage: ten, Context: 11,
				First: "p", Last: "b"}},
		{"where and when", []string{
			`{"type":"queue-operation","timestamp":"2026-01-02T03:04:05Z","cwd":"/not/this"}`,
			line("user", "p", "", `"cwd":"/w","gitBranch":"main","timestamp":"2026-01-01T00:00:00Z","message":{"role":"user","content":"hi"}`),
			line("user", "q", "p", `"cwd":"/w/sub","gitBranch":"topic","timestamp":"2026-01-03T00:00:00Z","message":{"role":"user","content":"ho"}`)},
			Summary{FirstPrompt: "hi", LastPrompt: "ho", Cwd: "/w", GitBranch: "topic", Turns: 2, First: "p", Last: "q",
				Created: at("2026-01-02T03:04:05Z"), Updated: at("2026-01-03T00:00:00Z")}},
		{"names and cost", []string{`{"type":"system","uuid":"x"}`, `{"type":"summary","summary":"s","leafUuid":"x"}`, `{"type":"ai-title","aiTitle":"a"}`, `{"type":"custom-title","customTitle":"old"}`,
			`{"type":"custom-title","customTitle":"c"}`, `{"type":"tag","tag":"t"}`, `{"type":"last-prompt","lastPrompt":"l"}`,
			`{"type":"cost-state","totalCostUSD":0.5}`, `{"type":"cost-state","totalCostUSD":0.75}`},
			Summary{CustomTitle: "c", AITitle: "a", Synopsis: "s", Tag: "t", LastPrompt: "l", Usage: Usage{CostUSD: 0.75}}},
		{"a tag that is taken away", []string{`{"type":"tag","tag":"t"}`, `{"type":"tag","tag":""}`}, Summary{}},
		{"a command gives way to a prompt", []string{
			prompt("p", "", "<command-name>/review</command-name>\n<command-args>all of it</command-args>"), prompt("q", "p", "hi")},
			Summary{FirstPrompt: "hi", LastPrompt: "hi", Turns: 2, First: "p", Last: "q"}},
		{"only a command", []string{prompt("p", "", "<command-name>/review</command-name>\n<command-args>all of it</command-args>")},
			Summary{FirstPrompt: "/review all of it", LastPrompt: "/review all of it", Turns: 1, First: "p", Last: "p", Command: true}},
		{"what an editor adds", []string{prompt("p", "", "<ide_opened_file>x.go</ide_opened_file>hi")},
			Summary{FirstPrompt: "hi", LastPrompt: "hi", Turns: 1, First: "p", Last: "p"}},
		{"what Claude Code made up is no answer", []string{prompt("p", "", "hi"), synthesized("a", "p", "No response requested.", false)},
			Summary{FirstPrompt: "hi", LastPrompt: "hi", Turns: 1, First: "p", Last: "a"}},
		{"news of a sub-agent", []string{prompt("p", "", "hi"), answer("a", "p", "m", "", "wait"), prompt("n", "a", "<task-notification>\nended")},
			Summary{FirstPrompt: "hi", LastPrompt: "hi", LastAnswer: "wait", Turns: 1, First: "p", Last: "n", Model: "m",
				Context: 11, Usage: ten}},
		{"a copy", []string{line("user", "p", "", `"forkedFrom":{"sessionId":"s","messageUuid":"o"},"message":{"role":"user","content":"hi"}`)},
			Summary{FirstPrompt: "hi", LastPrompt: "hi", Turns: 1, First: "p", Last: "p", CopyOf: "s", CopiedFirst: "o"}},
		{"what is not known", []string{`{"type":"brand-new","uuid":"x"}`, `[]`, `{"type":7}`, `no JSON`, `{"type":"user","uuid":"u","message":7}`},
			Summary{First: "u", Last: "u"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := told(summed(test.lines...)); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestSummaryTitle(t *testing.T) {
	for want, s := range map[string]Summary{
		"":  {FirstPrompt: "p"},
		"s": {Synopsis: "s"},
		"a": {Synopsis: "s", AITitle: "a"},
		"c": {Synopsis: "s", AITitle: "a", CustomTitle: "c"},
	} {
		if got := s.Title(); got != want {
			t.Errorf("the title of %+v is %q, want %q", s, got, want)
		}
	}
}

func TestSummaryIsBounded(t *testing.T) {
	long := strings.Repeat("wörd ", 10_000)
	s := summed(prompt("p", "", long), answer("a", "p", "m", "", long), answer("b", "a", "m", "", long), `{"type":"summary","summary":"`+long+`","leafUuid":"p"}`)
	for _, text := range []string{s.FirstPrompt, s.LastPrompt, s.LastAnswer, s.Synopsis} {
		if n := len([]rune(text)); n == 0 || n > keptText {
			t.Errorf("a text has %d characters, want at most %d", n, keptText)
		}
	}
}

// A summary that is kept as JSON after any of the lines comes to the same, and no
// line makes it fail.
func FuzzSummary(f *testing.F) {
	f.Add(strings.Join([]string{prompt("p", "", "hi"), answer("a", "p", "m1", "", "one"), answer("b", "a", "m1", "end_turn", "two"),
		`{"type":"cost-state","totalCostUSD":0.5}`}, "\n"), uint64(2))
	f.Add(`{"type":"user","uuid":"u","timestamp":"x","message":{"content":[{"type":"text","text":"\ud800"}]}}`+"\n{\"type\":\"tag\",\"tag\":null}\n\x00", uint64(1))
	f.Add(strings.Join([]string{`{"type":"summary","summary":"s","leafUuid":"a2"}`, command("c", "", "/x"), printed("o", "c", "y"), partOf("a", "m1", "r", "one", 1),
		partOf("b", "m2", "r", "two", 1), partOf("a2", "m1", "r", "one", 3), partOf("a", "m1", "r", "one", 9), meta("m", "a", "<local-command-caveat>"), command("d", "m", "/y")}, "\n"), ^uint64(0))
	f.Fuzz(func(t *testing.T, text string, keeps uint64) {
		lines := strings.Split(text, "\n")
		var on Summary
		for i, l := range lines {
			if on.Add(json.RawMessage(l)); keeps>>(i%64)&1 == 1 {
				on = stored(t, on)
			}
		}
		got, _ := json.Marshal(on)
		want, _ := json.Marshal(summed(lines...))
		if string(got) != string(want) {
			t.Errorf("kept after lines %b:\n%s\nat once:\n%s", keeps, got, want)
		}
	})
}
