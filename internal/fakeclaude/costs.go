package fakeclaude

import "maps"

// tokens are what one request to the model, or some of them, took.
type tokens struct{ in, out int }

// The price of a token, whatever the model.
const (
	inPrice  = 4.0 / 1e6
	outPrice = 20.0 / 1e6
)

func (u tokens) cost() float64 { return float64(u.in)*inPrice + float64(u.out)*outPrice }

func (u tokens) plus(v tokens) tokens { return tokens{u.in + v.in, u.out + v.out} }

// wire is the usage as messages tell it.
func (u tokens) wire() object {
	return object{
		"input_tokens": u.in, "output_tokens": u.out,
		"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
		"service_tier": "standard",
	}
}

// modelUsage is what one model was used for.
type modelUsage struct {
	InputTokens              int     `json:"inputTokens"`
	OutputTokens             int     `json:"outputTokens"`
	CacheReadInputTokens     int     `json:"cacheReadInputTokens"`
	CacheCreationInputTokens int     `json:"cacheCreationInputTokens"`
	WebSearchRequests        int     `json:"webSearchRequests"`
	CostUSD                  float64 `json:"costUSD"`
	ContextWindow            int     `json:"contextWindow"`
}

// contextWindow is how many tokens the context of any model holds.
const contextWindow = 200_000

func (m modelUsage) plus(u tokens) modelUsage {
	m.InputTokens += u.in
	m.OutputTokens += u.out
	m.CostUSD += u.cost()
	m.ContextWindow = contextWindow
	return m
}

// costs are the running totals. A resumed or forked session goes on from those
// that its transcript saved. The process's mu guards them.
type costs struct {
	total  float64               // dollars, what was inherited included
	models map[string]modelUsage // the same by model
	own    float64               // dollars of this process
	last   tokens                // of the newest request
	recent map[string]modelUsage // since the last result
}

func (c *costs) add(model string, u tokens) {
	if c.models == nil {
		c.models = make(map[string]modelUsage)
	}
	if c.recent == nil {
		c.recent = make(map[string]modelUsage)
	}
	c.models[model] = c.models[model].plus(u)
	c.recent[model] = c.recent[model].plus(u)
	c.total += u.cost()
	c.own += u.cost()
	c.last = u
}

// sinceLastResult returns what was used since it was last called.
func (c *costs) sinceLastResult() map[string]modelUsage {
	recent := c.recent
	c.recent = nil
	if recent == nil {
		recent = map[string]modelUsage{}
	}
	return recent
}

// byModel returns a copy of the running totals, never nil.
func (c *costs) byModel() map[string]modelUsage {
	if c.models == nil {
		return map[string]modelUsage{}
	}
	return maps.Clone(c.models)
}

// context is how full the conversation is.
func (c *costs) context() int { return c.last.in + c.last.out }

// state is the entry that saves the totals.
func (c *costs) state() object {
	return object{
		"totalCostUSD": c.total, "modelUsage": c.byModel(), "totalAPIDuration": 0,
		"totalDuration": 0, "totalLinesAdded": 0, "totalLinesRemoved": 0, "hasUnknownModelCost": false,
	}
}
