package agent

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var resummaryLines = []string{
	`{"type":"queue-operation","timestamp":"2026-01-01T00:00:00Z"}`,
	`{"type":"user","uuid":"p1","timestamp":"2026-01-01T00:01:00Z","message":{"role":"user","content":"one"}}`,
	`{"type":"assistant","parentUuid":"p1","uuid":"a1","timestamp":"2026-01-01T00:02:00Z","message":{"role":"assistant","id":"m1","model":"claude-x","content":[{"type":"text","text":"1"}],"usage":{"input_tokens":7}}}`,
	`{"type":"custom-title","customTitle":"a title"}`,
	`{"type":"ai-title","aiTitle":"another"}`,
	`{"type":"tag","tag":"blue"}`,
	`{"type":"cost-state","totalCostUSD":0.5,"modelUsage":{"claude-x[1m]":{}}}`,
}

func summaryOf(lines []string) (s Summary) {
	for _, line := range lines {
		s.Add(json.RawMessage(line))
	}
	return s
}

func resummaryOf(earlier Summary, lines ...string) *Resummary {
	r := NewResummary(earlier)
	for _, line := range lines {
		r.Add(json.RawMessage(line))
	}
	return r
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// A copy that lacks lines without a uuid gives the same Summary as all lines.
func TestResummaryKeepsWhatTheCopyLacks(t *testing.T) {
	all := summaryOf(resummaryLines)
	wrong := all
	wrong.FirstPrompt, wrong.LastAnswer, wrong.Turns, wrong.Usage.InputTokens = "wrong", "wrong", 9, 99
	for name, lines := range map[string][]string{"all": resummaryLines, "messages": resummaryLines[1:3]} {
		r := resummaryOf(wrong, lines...)
		if got, want := asJSON(t, r.Summary()), asJSON(t, all); got != want || !r.Whole() {
			t.Errorf("%s: got  %s\nwant %s (whole: %t)", name, got, want, r.Whole())
		}
	}
}

// What an earlier Summary took by rules that looked at less is not kept.
func TestResummaryKeepsNoForeignTitle(t *testing.T) {
	now := summaryOf(resummaryLines)
	now.Synopsis = "own"
	old := Summary{First: "p1", Last: "a1", Turns: 1, Synopsis: "of another session"}
	for want, earlier := range map[string]Summary{"own": now, "": old} {
		if got := resummaryOf(earlier, resummaryLines[1:3]...).Summary().Synopsis; got != want {
			t.Errorf("it keeps %q, want %q", got, want)
		}
	}
	old.Turns, old.LastPrompt = 0, "/exit"
	if got := resummaryOf(old).Summary().LastPrompt; got != "" {
		t.Errorf("the last prompt is %q", got)
	}
}

// A line of the copy is right, whatever the earlier Summary says; also one that
// says nothing.
func TestResummaryPrefersLines(t *testing.T) {
	earlier := summaryOf(resummaryLines)
	earlier.CustomTitle, earlier.Usage.CostUSD, earlier.Tag = "wrong", 9, "wrong"
	lines := append(resummaryLines, `{"type":"tag","tag":""}`)
	if s := resummaryOf(earlier, lines...).Summary(); s.CustomTitle != "a title" || s.Usage.CostUSD != 0.5 || s.Tag != "" {
		t.Errorf("it is %+v", s)
	}
}

func TestResummaryOfAPart(t *testing.T) {
	earlier := summaryOf(resummaryLines)
	for _, lines := range [][]string{nil, resummaryLines[1:2], resummaryLines[2:]} {
		if resummaryOf(earlier, lines...).Whole() {
			t.Errorf("%q is whole", lines)
		}
	}
}

// What was read is read again, and no more; another file is refused.
func TestResummarize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.jsonl")
	write := func(lines []string) {
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(resummaryLines[:3])
	var f Following
	if err := f.ReadOn(path, nil); err != nil {
		t.Fatal(err)
	}
	want := asJSON(t, f.Summary)
	f.Summary = Summary{FirstPrompt: "wrong"}
	write(resummaryLines)
	if s, err := f.Resummarize(path); err != nil || asJSON(t, s) != want {
		t.Errorf("got %+v, %v", s, err)
	}
	write(resummaryLines[1:])
	if _, err := f.Resummarize(path); !errors.Is(err, ErrOtherFile) {
		t.Errorf("of another file: %v", err)
	}
}
