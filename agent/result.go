package agent

import (
	"encoding/json"
	"strings"
	"time"
)

// resultFrame is the line that ends a turn.
type resultFrame struct {
	Subtype        string   `json:"subtype"`
	IsError        bool     `json:"is_error"`
	Result         string   `json:"result"`
	Errors         []string `json:"errors"`
	TerminalReason string   `json:"terminal_reason"`
	APIErrorStatus int      `json:"api_error_status"`
	Prompt         string   `json:"user_message_uuid"`
	Prompts        []string `json:"user_message_uuids"`
	NumTurns       int      `json:"num_turns"`
	DurationMS     float64  `json:"duration_ms"`
	TotalCostUSD   float64  `json:"total_cost_usd"`

	// Origin is there if no prompt began the turn.
	Origin struct {
		Kind string `json:"kind"`
	} `json:"origin"`

	// Subagents counts over the life of the process.
	Subagents struct {
		Spawned   int            `json:"spawned"`
		Completed int            `json:"completed"`
		Failed    int            `json:"failed"`
		Killed    map[string]int `json:"killed"` // by whom
	} `json:"subagent_stats"`

	Usage struct {
		Input         int64 `json:"input_tokens"`
		Output        int64 `json:"output_tokens"`
		CacheRead     int64 `json:"cache_read_input_tokens"`
		CacheCreation int64 `json:"cache_creation_input_tokens"`
	} `json:"usage"`

	Models map[string]struct {
		Window int64 `json:"contextWindow"`
	} `json:"modelUsage"`
	LoginExpires string `json:"credential_expires_at"`

	// OwnUsage is nil in versions that do not tell it.
	OwnUsage map[string]struct {
		Input         int64   `json:"inputTokens"`
		Output        int64   `json:"outputTokens"`
		CacheRead     int64   `json:"cacheReadInputTokens"`
		CacheCreation int64   `json:"cacheCreationInputTokens"`
		CostUSD       float64 `json:"costUSD"`
	} `json:"model_usage_since_last_result"`

	Denials []struct {
		Tool  string          `json:"tool_name"`
		Input json.RawMessage `json:"tool_input"`
	} `json:"permission_denials"`
}

// result decodes the end of a turn. It never fails: a result whose fields have
// changed their shape must still end its turn.
func (d *decoder) result(line []byte) Result {
	var f resultFrame
	_ = json.Unmarshal(line, &f) // the fields that could be read are set
	r := Result{
		Prompts:   f.Prompts,
		Origin:    f.Origin.Kind,
		Working:   f.working(),
		Code:      f.code(d.interrupted),
		Usage:     f.usage(d.costTotal),
		CostTotal: f.TotalCostUSD,
		NumTurns:  f.NumTurns,
		Duration:  time.Duration(f.DurationMS * float64(time.Millisecond)),
	}
	r.Windows = f.windows()
	r.LoginExpires, _ = time.Parse(time.RFC3339, f.LoginExpires) // zero if it is not told
	r.OK = r.Code == ""
	r.Text = f.text(r.Code)
	if len(r.Prompts) == 0 && f.Prompt != "" {
		r.Prompts = []string{f.Prompt}
	}
	for _, denied := range f.Denials {
		r.Denials = append(r.Denials, Denial{Tool: denied.Tool, Input: detail(denied.Tool, denied.Input, denialWidth)})
	}
	d.costTotal = f.TotalCostUSD
	d.interrupted = false
	return r
}

// windows are the sizes of the models' contexts that are told.
func (f *resultFrame) windows() map[string]int64 {
	if len(f.Models) == 0 {
		return nil
	}
	told := map[string]int64{}
	for name, model := range f.Models {
		if model.Window > 0 {
			told[name] = model.Window
		}
	}
	return told
}

// denialWidth bounds the input of a Denial, in characters.
const denialWidth = 200

// working is how many sub-agents have not ended.
func (f *resultFrame) working() int {
	n := f.Subagents.Spawned - f.Subagents.Completed - f.Subagents.Failed
	for _, killed := range f.Subagents.Killed {
		n -= killed
	}
	return max(n, 0)
}

// code says why a turn is no success; "" if it is one.
func (f *resultFrame) code(interrupted bool) string {
	if !f.IsError && f.Subtype == "success" {
		return ""
	}
	if strings.HasPrefix(f.TerminalReason, "aborted") || interrupted {
		return CodeInterrupted
	}
	switch f.Subtype {
	case "error_max_turns":
		return CodeTurnLimit
	case "error_max_budget_usd":
		return CodeBudget
	}
	switch f.APIErrorStatus {
	case 401, 403:
		return CodeNotLoggedIn
	case 429:
		return CodeRateLimited
	}
	if code := complaint(f.Result + "\n" + strings.Join(f.Errors, "\n")); code != "" {
		return code
	}
	if f.APIErrorStatus != 0 || f.TerminalReason == "api_error" {
		return CodeAPI
	}
	return CodeFailed
}

// text is the answer, or what went wrong in words for people.
func (f *resultFrame) text(code string) string {
	switch {
	case code == CodeInterrupted:
		return "the turn was interrupted" // its errors are diagnostics
	case f.Result == "":
		return strings.Join(f.Errors, "; ")
	}
	return f.Result
}

// usage is what the turn itself used. Totals include what a resumed or forked
// session had used before.
func (f *resultFrame) usage(before float64) Usage {
	if f.OwnUsage == nil {
		return Usage{
			InputTokens:         f.Usage.Input,
			OutputTokens:        f.Usage.Output,
			CacheReadTokens:     f.Usage.CacheRead,
			CacheCreationTokens: f.Usage.CacheCreation,
			CostUSD:             max(f.TotalCostUSD-before, 0),
		}
	}
	var own Usage
	for _, m := range f.OwnUsage {
		own.InputTokens += m.Input
		own.OutputTokens += m.Output
		own.CacheReadTokens += m.CacheRead
		own.CacheCreationTokens += m.CacheCreation
		own.CostUSD += m.CostUSD
	}
	return own
}
