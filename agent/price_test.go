package agent

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestPrice(t *testing.T) {
	million := int64(1_000_000)
	tests := []struct {
		name, model string
		u           Usage
		want        float64
	}{
		{"input", "claude-opus-4-6", Usage{InputTokens: million}, 5},
		{"output", "claude-opus-4-6", Usage{OutputTokens: million}, 25},
		{"cache read", "claude-opus-4-6", Usage{CacheReadTokens: million}, 0.5},
		{"write for five minutes", "claude-opus-4-6", Usage{CacheCreationTokens: million}, 6.25},
		{"write for an hour", "claude-opus-4-6", Usage{CacheCreationTokens: million, CacheCreation1hTokens: million}, 10},
		{"all kinds", "claude-opus-4-6", Usage{InputTokens: 1000, OutputTokens: 2000, CacheReadTokens: 100_000, CacheCreationTokens: 30_000, CacheCreation1hTokens: 20_000}, 0.3675},
		{"web searches", "claude-opus-4-6", Usage{InputTokens: 1000, WebSearches: 3}, 0.035},
		{"more for an hour than in all", "claude-opus-4-6", Usage{CacheCreationTokens: 1000, CacheCreation1hTokens: 5000}, 0.01},
		{"nothing", "claude-opus-4-6", Usage{}, 0},

		{"up to 200k of input", "claude-sonnet-4-5", Usage{InputTokens: 50_000, CacheReadTokens: 150_000, OutputTokens: 1000}, 0.15 + 0.045 + 0.015},
		{"more than that", "claude-sonnet-4-5", Usage{InputTokens: 50_001, CacheReadTokens: 150_000, OutputTokens: 1000}, 0.300006 + 0.09 + 0.0225},
		{"no such limit", "claude-sonnet-4-6", Usage{InputTokens: 900_000}, 2.7},
		{"up to 100k", "claude-haiku-5-5", Usage{InputTokens: 100_000, OutputTokens: 1000}, 0.01 + 0.0005},
		{"more than 100k", "claude-haiku-5-5", Usage{CacheReadTokens: 100_001}, 0.00500005},

		{"opus 3", "claude-3-opus-20240229", Usage{InputTokens: 1000, OutputTokens: 1000}, 0.015 + 0.075},
		{"sonnet 3.5", "claude-3-5-sonnet-20241022", Usage{InputTokens: 1000, OutputTokens: 1000}, 0.018},
		{"sonnet 3.7", "claude-3-7-sonnet-latest", Usage{InputTokens: 1000, OutputTokens: 1000}, 0.018},
		{"haiku 3", "claude-3-haiku-20240307", Usage{CacheReadTokens: million, CacheCreationTokens: million}, 0.03 + 0.30},
		{"haiku 3.5", "claude-3-5-haiku-20241022", Usage{InputTokens: million, OutputTokens: million}, 4.8},
		{"haiku 4.5", "claude-haiku-4-5-20251001", Usage{InputTokens: million, OutputTokens: million}, 6},
		{"opus 4", "claude-opus-4-20250514", Usage{InputTokens: 100_000}, 1.5},
		{"opus 4, its alias", "claude-opus-4-0", Usage{InputTokens: 100_000}, 1.5},
		{"opus 4.1", "claude-opus-4-1-20250805", Usage{InputTokens: 100_000}, 1.5},
		{"opus 4.5", "claude-opus-4-5-20251101", Usage{InputTokens: 100_000}, 0.5},
		{"opus 5.5", "claude-opus-5-5", Usage{InputTokens: 100_000, CacheReadTokens: million}, 0.4 + 0.2},
		{"sonnet 5.5", "claude-sonnet-5-5", Usage{InputTokens: 100_000, CacheReadTokens: million}, 0.2 + 0.1},
		{"fable 5.1", "claude-fable-5-1", Usage{OutputTokens: 1000, CacheReadTokens: million}, 0.05 + 0.25},
	}
	for _, test := range tests {
		got, known := Price(test.model, test.u)
		if !known || math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s: %s costs %v, %v; want %v", test.name, test.model, got, known, test.want)
		}
	}
}

func TestFamilyOf(t *testing.T) {
	tests := []struct{ model, want string }{
		{"claude-opus-4-6", "opus-4-6"},
		{"claude-sonnet-4-5-20250929", "sonnet-4-5"},
		{"claude-sonnet-4-5[1m]", "sonnet-4-5"},
		{"us.anthropic.claude-sonnet-4-5-20250929-v1:0", "sonnet-4-5"},
		{"anthropic.claude-opus-4-6-v1", "opus-4-6"},
		{"global.anthropic.claude-sonnet-4-5-20250929-v1:0[1m]", "sonnet-4-5"},
		{"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-1-20250805-v1:0", "opus-4-1"},
		{"anthropic.claude-3-haiku-20240307-v1:0:200k", "haiku-3"},
		{"claude-sonnet-4-5@20250929", "sonnet-4-5"},
		{"claude-opus-4-6@default", "opus-4-6"},
		{"claude-3-5-sonnet-v2@20241022", "sonnet-3-5"},
		{"anthropic/claude-opus-4.1", "opus-4-1"},
		{"openrouter/anthropic/claude-3.7-sonnet", "sonnet-3-7"},
		{"Claude-Haiku-4-5", "haiku-4-5"},

		{"", ""},
		{"opus", ""},
		{"<synthetic>", ""},
		{"gpt-5", ""},
		{"claude-2.1", ""},
		{"claude-opus", ""},
		{"claude-opus-4-6-mini", ""},
		{"claude-opus-46", ""},
		{"not-claude-opus-4-6", ""},
	}
	for _, test := range tests {
		if got := familyOf(test.model); got != test.want {
			t.Errorf("%q is %q, want %q", test.model, got, test.want)
		}
	}
}

// The price of a model that is not in the list is not known, not that of one
// with a similar name.
func TestPriceUnknown(t *testing.T) {
	for _, model := range []string{"", "claude-opus-9", "claude-opus-4-9", "claude-sonnet-4-5-preview", "claude-x", "<synthetic>", "glm-4.6"} {
		if usd, known := Price(model, Usage{InputTokens: 1000}); known || usd != 0 {
			t.Errorf("%q costs %v", model, usd)
		}
	}
}

// What a message costs is told by the prices of its own day.
func TestPriceChanges(t *testing.T) {
	long, read := Usage{InputTokens: 300_000, OutputTokens: 1000}, Usage{CacheReadTokens: 1_000_000}
	tests := []struct {
		model string
		u     Usage
		at    time.Time
		want  float64
	}{
		{"claude-opus-4-6", long, day(2026, 3, 12), 3 + 0.0375},
		{"claude-opus-4-6", long, day(2026, 3, 13), 1.5 + 0.025},
		{"claude-opus-4-6", long, time.Time{}, 1.5 + 0.025},
		{"claude-sonnet-5-5", read, day(2026, 10, 6), 0.20},
		{"claude-sonnet-5-5", read, day(2026, 10, 7), 0.10},
	}
	for _, test := range tests {
		if got, known := priceAt(test.model, test.u, test.at); !known || math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s at %s costs %v, %v; want %v", test.model, test.at.Format(time.DateOnly), got, known, test.want)
		}
	}
}

// Each price of the list that has ended is followed by the one that holds.
func TestListPrices(t *testing.T) {
	for i, p := range listPrices {
		if p.until.IsZero() {
			continue
		}
		if i+1 == len(listPrices) || listPrices[i+1].family != p.family {
			t.Errorf("%s has no price that holds", p.family)
		}
	}
}

func estimated(t *testing.T, lines ...string) Usage {
	t.Helper()
	var s Summary
	for _, line := range lines {
		s.Add(json.RawMessage(line))
	}
	return s.Usage
}

func pricedLine(uuid, id, model, usage string) string {
	return `{"type":"assistant","uuid":"` + uuid + `","timestamp":"2026-11-01T10:00:00Z","message":{"id":"` + id + `","role":"assistant","model":"` + model + `","content":[{"type":"text","text":"x"}],"usage":` + usage + `}}`
}

func TestEstimate(t *testing.T) {
	const usage = `{"input_tokens":1000,"output_tokens":2000,"cache_read_input_tokens":100000,"cache_creation_input_tokens":30000,` +
		`"cache_creation":{"ephemeral_5m_input_tokens":10000,"ephemeral_1h_input_tokens":20000},"server_tool_use":{"web_search_requests":2}`
	const plain = `{"input_tokens":1000,"output_tokens":2000,"cache_creation_input_tokens":30000`
	tests := []struct {
		name  string
		lines []string
		want  float64
		known bool
	}{
		{"nothing was said", []string{`{"type":"user","uuid":"p","message":{"role":"user","content":"hi"}}`}, 0, true},
		{"all kinds of tokens", []string{pricedLine("a", "m", "claude-opus-4-6", usage+"}")}, 0.3675 + 0.02, true},
		{"writes to the cache for a time that is not told", []string{pricedLine("a", "m", "claude-opus-4-6", plain+"}")}, 0.005 + 0.05 + 0.1875, true},
		{"a message in parts", []string{pricedLine("a", "m", "claude-opus-4-6", usage+"}"), pricedLine("b", "m", "claude-opus-4-6", usage+"}")}, 0.3875, true},
		{"two messages", []string{pricedLine("a", "m", "claude-opus-4-6", usage+"}"), pricedLine("b", "n", "claude-opus-4-6", plain+"}")}, 0.3875 + 0.2425, true},
		{"inference in the US", []string{pricedLine("a", "m", "claude-opus-4-6", usage+`,"inference_geo":"us"}`)}, 0.3675*1.1 + 0.02, true},
		{"at the standard speed", []string{pricedLine("a", "m", "claude-opus-4-6", plain+`,"speed":"standard","inference_geo":"global"}`)}, 0.2425, true},
		{"in fast mode", []string{pricedLine("a", "m", "claude-opus-4-6", plain+`,"speed":"fast"}`)}, 0, false},
		{"another model", []string{pricedLine("a", "m", "glm-4.6", plain+"}")}, 0, false},
		{"another model, in part", []string{pricedLine("a", "m", "claude-opus-4-6", plain+"}"), pricedLine("b", "n", "glm-4.6", plain+"}")}, 0.2425, false},
		{"Claude Code's own words", []string{pricedLine("a", "m", "claude-opus-4-6", plain+"}"), pricedLine("b", "n", "<synthetic>", `{"input_tokens":0,"output_tokens":0}`)}, 0.2425, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := estimated(t, test.lines...)
			if math.Abs(got.EstimatedUSD-test.want) > 1e-9 || got.Priced() != test.known {
				t.Errorf("estimated at %v, known %v; want %v, %v", got.EstimatedUSD, got.Priced(), test.want, test.known)
			}
		})
	}
}

// A record counts what its own process used, and what the record that this one
// found counts.
func TestCovered(t *testing.T) {
	answer := func(id string) string {
		return pricedLine("a"+id, id, "claude-opus-4-6", `{"input_tokens":10,"output_tokens":1000}`)
	}
	record := func(output string) string {
		return `{"type":"cost-state","totalCostUSD":0.5,"modelUsage":{"claude-opus-4-6":{"outputTokens":` + output + `},"claude-haiku-4-5":{"outputTokens":5}}}`
	}
	tests := []struct {
		name   string
		lines  []string
		shared Usage
		want   bool
	}{
		{"no record", []string{answer("1")}, Usage{}, false},
		{"of all", []string{answer("1"), answer("2"), record("2000")}, Usage{}, true},
		{"but for an answer that was cut off", []string{answer("1"), answer("2"), record("1900")}, Usage{}, true},
		{"followed by more", []string{answer("1"), record("1000"), answer("2")}, Usage{}, true},
		{"of a process that found none", []string{answer("1"), answer("2"), record("1000")}, Usage{}, false},
		{"of a fork whose parent had none", []string{answer("1"), answer("2"), record("1000")}, Usage{OutputTokens: 1000}, true},
		{"of a fork whose parent had one", []string{answer("1"), answer("2"), record("2000")}, Usage{OutputTokens: 1000, CostUSD: 0.25}, true},
		{"that tells no tokens", []string{answer("1"), `{"type":"cost-state","totalCostUSD":0.5}`}, Usage{}, true},
	}
	for _, test := range tests {
		var s Summary
		for _, line := range test.lines {
			s.Add(json.RawMessage(line))
		}
		if got := s.Covered(test.shared); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
