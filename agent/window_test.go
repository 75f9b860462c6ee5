package agent

import "testing"

// As Claude Code 2.1.330 tells at the end of turns with these models.
func TestContextWindow(t *testing.T) {
	for model, want := range map[string]int64{
		"": 0, "claude-sonnet-4-5": 200_000, "claude-opus-4-6": 200_000, "claude-sonnet-4-5-20250929": 200_000, "claude-3-5-haiku": 200_000,
		"claude-sonnet-4-5[1m]": 1_000_000, "claude-opus-5-5": 1_000_000, "claude-haiku-5-5": 1_000_000, "something": 200_000,
	} {
		if got := ContextWindow(model); got != want {
			t.Errorf("the context of %q: got %d, want %d", model, got, want)
		}
	}
}

// A message tells the API's name of its model; that its context is the wide one
// stands only where the cost is saved.
func TestSummaryOfTheWideContext(t *testing.T) {
	const answer = `{"type":"assistant","uuid":"a1","message":{"id":"m1","model":"claude-sonnet-4-5","content":[{"type":"text","text":"x"}],` +
		`"usage":{"input_tokens":10,"cache_read_input_tokens":200,"cache_creation_input_tokens":3000,"output_tokens":40000}}}`
	var s Summary
	for _, step := range []struct{ line, want string }{
		{answer, "claude-sonnet-4-5"},
		{`{"type":"cost-state","totalCostUSD":1,"modelUsage":{"claude-haiku-5-5":{},"claude-sonnet-4-5[1m]":{"inputTokens":1}}}`, "claude-sonnet-4-5[1m]"},
		{answer, "claude-sonnet-4-5[1m]"},
		{`{"type":"cost-state","totalCostUSD":1,"modelUsage":{"claude-sonnet-4-5[1m]":{"inputTokens":1}}}`, "claude-sonnet-4-5[1m]"},
	} {
		s.Add([]byte(step.line))
		if s.Model != step.want || s.Context != 43_210 {
			t.Errorf("after %.40s…: model %q with %d tokens, want %q", step.line, s.Model, s.Context, step.want)
		}
	}
}
