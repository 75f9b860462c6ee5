package engine

import (
	"context"
	"fmt"
	"math"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Usage counts tokens and dollars as callers see them.
type Usage struct {
	InputTokens         int64 `json:"input_tokens"`
	OutputTokens        int64 `json:"output_tokens"`
	CacheReadTokens     int64 `json:"cache_read_tokens"`
	CacheCreationTokens int64 `json:"cache_creation_tokens"`
	Cost
}

// Cost is an amount of dollars, as far as it is known. What Claude Code reports
// includes sub-agents. An estimate is computed from the tokens of the session's
// own messages, at Anthropic's public list prices: it does not include sub-agents.
type Cost struct {
	CostUSD       *float64 `json:"cost_usd,omitempty"`       // nil: not known, as for a model whose price is not in the list
	CostEstimated bool     `json:"cost_estimated,omitempty"` // some of it, or all, is an estimate
}

// Text is the cost as people read it: $0.37, ~$0.37 (estimated) or cost unknown.
// Dollars writes an amount.
func (c Cost) Text(dollars func(float64) string) string {
	switch {
	case c.CostUSD == nil:
		return "cost unknown"
	case c.CostEstimated:
		return "~" + dollars(*c.CostUSD) + " (estimated)"
	}
	return dollars(*c.CostUSD)
}

// KnownCost is an amount that Claude Code has reported.
func KnownCost(usd float64) Cost { return Cost{CostUSD: &usd} }

// USD is the amount; 0 if it is not known.
func (c Cost) USD() float64 {
	if c.CostUSD == nil {
		return 0
	}
	return *c.CostUSD
}

// Rounded is the amount to a part of a dollar.
func (c Cost) Rounded(parts float64) Cost {
	if c.CostUSD != nil {
		usd := math.Round(*c.CostUSD*parts) / parts
		c.CostUSD = &usd
	}
	return c
}

// SummaryCost is what the fork has cost that made the summary with which a
// session began; it is not part of the session's own usage.
type SummaryCost struct {
	SummaryCostUSD       *float64 `json:"summary_cost_usd,omitempty"` // nil: there is no such fork, or its cost is not known
	SummaryCostEstimated bool     `json:"summary_cost_estimated,omitempty"`
}

func summaryCost(c Cost) SummaryCost { return SummaryCost{c.CostUSD, c.CostEstimated} }

// viewUsage is what callers see of a usage.
func viewUsage(u sessionstore.Usage) Usage {
	return Usage{
		InputTokens: u.InputTokens, OutputTokens: u.OutputTokens,
		CacheReadTokens: u.CacheReadTokens, CacheCreationTokens: u.CacheCreationTokens, Cost: viewCost(u),
	}
}

func viewCost(u sessionstore.Usage) Cost {
	basis := u.Basis()
	if basis == sessionstore.CostUnknown {
		return Cost{}
	}
	usd := u.CostUSD
	return Cost{CostUSD: &usd, CostEstimated: basis == sessionstore.CostEstimated}
}

// usage is what Claude Code or a transcript tells, as it is stored: with the
// dollars that were reported, else with those that are estimated.
func usage(u agent.Usage) sessionstore.Usage {
	stored := sessionstore.Usage{
		InputTokens: u.InputTokens, OutputTokens: u.OutputTokens,
		CacheReadTokens: u.CacheReadTokens, CacheCreationTokens: u.CacheCreationTokens, CostUSD: u.CostUSD,
	}
	if u.CostUSD > 0 || stored == (sessionstore.Usage{}) {
		return stored
	}
	stored.CostUSD, stored.CostBasis = max(roundedUSD(u.EstimatedUSD), 0), sessionstore.CostEstimated
	if !u.Priced() {
		stored.CostBasis = sessionstore.CostUnknown
	}
	return stored
}

// roundedUSD is an amount without the noise of sums.
func roundedUSD(usd float64) float64 { return math.Round(usd*1e9) / 1e9 }

// ownUsage is what an imported session has used itself: all that its transcript
// tells, without what a fork shares with its parent. Reported is Claude Code's
// running total. Where this does not count all of the session's answers, the
// estimate of them counts, unless it is less.
func ownUsage(sum *agent.Summary, shared agent.Usage, reported float64) sessionstore.Usage {
	own := sum.Usage
	own.InputTokens -= shared.InputTokens
	own.OutputTokens -= shared.OutputTokens
	own.CacheReadTokens -= shared.CacheReadTokens
	own.CacheCreationTokens -= shared.CacheCreationTokens
	own.EstimatedUSD -= shared.EstimatedUSD
	own.PricedTokens -= shared.PricedTokens
	reported = max(reported-shared.CostUSD, 0)
	if own.CostUSD = 0; sum.Covered(shared) {
		own.CostUSD = reported
	}
	stored := usage(own)
	stored.CostUSD = max(stored.CostUSD, reported)
	return stored
}

// costOf is what the own turns of a session have cost; nil if there is none.
func (e *Engine) costOf(id string) (c Cost) {
	if id == "" {
		return c
	}
	s, err := e.store.Session(context.WithoutCancel(e.ctx), id)
	if err != nil {
		return c // it may have been deleted since
	}
	return viewCost(s.Usage)
}

// spent is what a session has used of its budget, in words. Estimates count;
// what is not known cannot.
func spent(u sessionstore.Usage) string {
	switch u.Basis() {
	case sessionstore.CostEstimated:
		return fmt.Sprintf("%s (estimated)", dollars(u.CostUSD))
	case sessionstore.CostUnknown:
		return fmt.Sprintf("%s (and what is not known of its cost)", dollars(u.CostUSD))
	}
	return dollars(u.CostUSD)
}
