package agent

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// stored is a Summary after it was kept as JSON.
func stored(t *testing.T, s Summary) (back Summary) {
	t.Helper()
	raw, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(raw, &back)
	}
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// partOf is a part of a message of the model: a text, or "" for the use of a tool.
func partOf(uuid, id, request, text string, tokens int) string {
	content := `{"type":"tool_use","name":"Bash","input":{}}`
	if text != "" {
		content = fmt.Sprintf(`{"type":"text","text":%q}`, text)
	}
	return line("assistant", uuid, "", fmt.Sprintf(
		`"requestId":%q,"message":{"role":"assistant","model":"m","id":%q,"content":[%s],"usage":{"input_tokens":10,"output_tokens":%d}}`, request, id, content, tokens))
}

func TestLastAnswerAndTokens(t *testing.T) {
	many := []string{partOf("a", "m1", "r", "one", 5)}
	for i := range 3 * keptReplies {
		many = append(many, partOf(fmt.Sprint("t", i), fmt.Sprint("n", i), "r", "", 1))
	}
	tests := []struct {
		name   string
		lines  []string
		answer string
		tokens int64 // of output
	}{
		{"two messages", []string{partOf("a", "m1", "r1", "one", 5), partOf("b", "m1", "r1", "", 5), toolResult("r", "b"), partOf("c", "m2", "r2", "two", 7)}, "two", 12},
		{"parts with others between", []string{partOf("a", "m1", "r1", "one", 5), toolResult("r", "a"), attachment("x", "a"), partOf("b", "m1", "r1", "", 5), partOf("c", "m1", "r1", "two", 5)}, "one\ntwo", 5},
		{"a newer message without text", []string{partOf("a", "m1", "r1", "one", 5), partOf("b", "m2", "r2", "", 7)}, "one", 12},
		{"a late part of an older message", []string{partOf("a", "m1", "r1", "one", 5), partOf("b", "m2", "r2", "two", 7), partOf("c", "m1", "r1", "more", 5)}, "two", 12},
		{"a message that began before and speaks after", []string{partOf("a", "m1", "r1", "", 5), partOf("b", "m2", "r2", "two", 7), partOf("c", "m1", "r1", "one", 5)}, "two", 12},
		{"usage that grows", []string{partOf("a", "m1", "r1", "one", 1), partOf("b", "m2", "r2", "two", 7), partOf("c", "m1", "r1", "", 9)}, "two", 16},
		{"usage that shrinks", []string{partOf("a", "m1", "r1", "one", 9), partOf("b", "m1", "r1", "", 1)}, "one", 9},
		{"an id that returns long after", append(slices.Clone(many), partOf("z", "m1", "r", "", 5)), "one", 5 + 3*keptReplies},
		{"an id that returns after a compaction", []string{partOf("a", "m1", "r1", "one", 5), line("system", "c", "", `"subtype":"compact_boundary"`), partOf("b", "m1", "r1", "one", 5)}, "one", 5},
		{"a copied branch", []string{prompt("p", "", "hi"), partOf("a", "m1", "r1", "one", 5), partOf("b", "m2", "r2", "two", 5), partOf("a2", "m1", "r1", "one", 5), partOf("b2", "m2", "r2", "two", 5)}, "two", 10},
		{"a copied branch that ends earlier", []string{prompt("p", "", "hi"), partOf("a", "m1", "r1", "one", 5), partOf("a1", "m1", "r1", "more", 5), partOf("b", "m2", "r2", "two", 5),
			partOf("a2", "m1", "r1", "one", 5), partOf("a3", "m1", "r1", "more", 5), prompt("q", "", "ho")}, "one\nmore", 10},
		{"a line that is there twice", []string{partOf("a", "m1", "r1", "one", 5), partOf("b", "m2", "r2", "two", 5), partOf("a", "m1", "r1", "one", 5)}, "two", 10},
		{"one id, two requests", []string{partOf("a", "m1", "r1", "one", 5), partOf("b", "m1", "r2", "two", 5)}, "two", 10},
		{"no id", []string{partOf("a", "", "", "one", 5), partOf("b", "", "", "two", 5), partOf("b", "", "", "two", 5)}, "two", 10},
		{"interrupted", []string{prompt("p", "", "hi"), partOf("a", "m1", "r1", "half", 5), interrupt("i", "a"), synthesized("s", "i", "No response requested.", false)}, "half", 5},
		{"an error of the API", []string{prompt("p", "", "hi"), partOf("a", "m1", "r1", "one", 5), prompt("q", "a", "ho"), synthesized("s", "q", "API Error: 500", true)}, "one", 5},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for cut := range len(test.lines) + 1 {
				s := stored(t, summed(test.lines[:cut]...))
				for _, l := range test.lines[cut:] {
					s.Add(json.RawMessage(l))
				}
				if s.LastAnswer != test.answer || s.Usage.OutputTokens != test.tokens {
					t.Errorf("kept after %d lines: %q, %d tokens; want %q, %d", cut, s.LastAnswer, s.Usage.OutputTokens, test.answer, test.tokens)
				}
			}
		})
	}
}

// A prompt that is there twice is one turn.
func TestTurnsCountOnce(t *testing.T) {
	if s := summed(prompt("p", "", "hi"), prompt("q", "p", "ho"), prompt("p", "", "hi")); s.Turns != 2 || s.LastPrompt != "ho" || s.Last != "q" {
		t.Errorf("got %+v", told(s))
	}
}

func TestSynopsis(t *testing.T) {
	summary := func(leaf, text string) string {
		return fmt.Sprintf(`{"type":"summary","summary":%q,"leafUuid":%q}`, text, leaf)
	}
	var foreign []string
	for i := range 3 * keptSynopses {
		foreign = append(foreign, summary(fmt.Sprint("f", i), "foreign"))
	}
	tests := []struct {
		name  string
		lines []string
		want  string
	}{
		{"of another session", []string{summary("x", "foreign"), prompt("p", "", "hi")}, ""},
		{"without a message", []string{prompt("p", "", "hi"), `{"type":"summary","summary":"s"}`}, ""},
		{"after its message", []string{prompt("p", "", "hi"), answer("a", "p", "m", "", "x"), prompt("q", "a", "ho"), summary("a", "own")}, "own"},
		{"before its message", []string{summary("a", "own"), summary("x", "foreign"), prompt("p", "", "hi"), answer("a", "p", "m", "", "x")}, "own"},
		{"of a sub-agent", []string{summary("a", "foreign"), line("user", "a", "", `"isSidechain":true,"message":{"content":"x"}`), prompt("p", "", "hi")}, ""},
		{"twice, before", []string{summary("a", "old"), summary("a", "new"), prompt("a", "", "hi")}, "new"},
		{"among many others", append(append([]string{summary("b", "lost")}, foreign...), summary("a", "own"), prompt("a", "", "hi"), prompt("b", "a", "ho")), "own"},
		{"foreign after own", []string{prompt("a", "", "hi"), summary("a", "own"), summary("x", "foreign")}, "own"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for cut := range len(test.lines) + 1 {
				s := stored(t, summed(test.lines[:cut]...))
				if len(s.Synopses) > keptSynopses {
					t.Fatalf("%d summaries wait", len(s.Synopses))
				}
				for _, l := range test.lines[cut:] {
					s.Add(json.RawMessage(l))
				}
				if s.Title() != test.want {
					t.Errorf("kept after %d lines: %q, want %q", cut, s.Title(), test.want)
				}
			}
		})
	}
}

// What a Summary keeps for later lines stays small.
func TestSummaryStaysSmall(t *testing.T) {
	var s Summary
	const lines = 10_000
	for i := range lines {
		s.Add(json.RawMessage(partOf(fmt.Sprintf("%036d", i), fmt.Sprint("msg_", i), "r", "some words", 5)))
	}
	raw, err := json.Marshal(s)
	if err != nil || len(raw) > 2*8*lines+10_000 {
		t.Errorf("of %d messages it keeps %d bytes, %v", lines, len(raw), err)
	}
}

// A copy goes its own way.
func TestSummaryClone(t *testing.T) {
	s := summed(prompt("p", "", "hi"), partOf("a", "m1", "r", "one", 1), `{"type":"summary","summary":"s","leafUuid":"x"}`, command("c", "a", "/loop"))
	before, _ := json.Marshal(s)
	c := s.clone()
	for _, l := range []string{prompt("x", "", "ho"), partOf("b", "m1", "r", "two", 9), partOf("d", "m2", "r", "three", 9), partOf("e", "m1", "r", "one", 9), printed("o", "c", "")} {
		c.Add(json.RawMessage(l))
	}
	if after, _ := json.Marshal(s); string(after) != string(before) {
		t.Errorf("was %s\nis  %s", before, after)
	}
}
