package agent

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// rates are prices in dollars per million tokens.
type rates struct{ input, output, cacheRead, write5m, write1h float64 }

// standard are the rates of a model whose cache is priced in the usual way: a
// read costs a tenth of the input, a write for five minutes 1.25 of it, a write
// for an hour twice as much.
func standard(input, output float64) rates {
	return rates{input, output, 0.1 * input, 1.25 * input, 2 * input}
}

// A listPrice is what the list says of a family of models. Where over is set,
// a request with more tokens of input than that (cached ones included) pays long
// for all of its tokens. Until is when the price ended; zero: it holds.
type listPrice struct {
	family string
	rates
	over  int64
	long  rates
	until time.Time
}

// webSearch is the price of one web search by the API's own tool, in dollars.
const webSearch = 10.0 / 1000

// usOnly is the factor for requests whose inference is kept in the US.
const usOnly = 1.1

// listPrices are as of 2026-10-24. The source is Anthropic's public price list
// (platform.claude.com/docs/en/about-claude/pricing). A price that has changed
// stands before the one that replaced it.
var listPrices = []listPrice{
	{family: "fable-5-1", rates: rates{10, 50, 0.25, 12.50, 20}},
	{family: "mythos-5-1", rates: rates{10, 50, 0.25, 12.50, 20}},
	{family: "fable-5", rates: standard(10, 50)},
	{family: "mythos-5", rates: standard(10, 50)},

	{family: "opus-5-5", rates: rates{4, 20, 0.20, 5, 8}},
	{family: "opus-5", rates: standard(5, 25)},
	{family: "opus-4-8", rates: standard(5, 25)},
	{family: "opus-4-7", rates: standard(5, 25)},
	{family: "opus-4-6", rates: standard(5, 25), over: 200_000, long: standard(10, 37.50), until: day(2026, 3, 13)},
	{family: "opus-4-6", rates: standard(5, 25)},
	{family: "opus-4-5", rates: standard(5, 25)},
	{family: "opus-4-1", rates: standard(15, 75)},
	{family: "opus-4", rates: standard(15, 75)},
	{family: "opus-3", rates: standard(15, 75)},

	{family: "sonnet-5-5", rates: rates{2, 10, 0.20, 2.50, 4}, until: day(2026, 10, 7)},
	{family: "sonnet-5-5", rates: rates{2, 10, 0.10, 2.50, 4}},
	{family: "sonnet-5", rates: standard(2, 10)},
	{family: "sonnet-4-6", rates: standard(3, 15), over: 200_000, long: standard(6, 22.50), until: day(2026, 3, 13)},
	{family: "sonnet-4-6", rates: standard(3, 15)},
	{family: "sonnet-4-5", rates: standard(3, 15), over: 200_000, long: standard(6, 22.50)},
	{family: "sonnet-4", rates: standard(3, 15), over: 200_000, long: standard(6, 22.50)},
	{family: "sonnet-3-7", rates: standard(3, 15)},
	{family: "sonnet-3-5", rates: standard(3, 15)},

	{family: "haiku-5-5", rates: standard(0.10, 0.50), over: 100_000, long: standard(0.50, 2.50)},
	{family: "haiku-4-5", rates: standard(1, 5)},
	{family: "haiku-3-5", rates: standard(0.80, 4)},
	{family: "haiku-3", rates: rates{0.25, 1.25, 0.03, 0.30, 0.50}},
}

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// Price is what one request to a model costs by Anthropic's public price list,
// in dollars, at the price that holds now. Known is false for a model that is
// not in the list: its price is never guessed. The model is named as the API,
// Bedrock, Vertex or a router names it. Discounts, subscriptions and what a
// cloud provider adds do not count.
func Price(model string, u Usage) (usd float64, known bool) {
	return priceAt(model, u, time.Time{})
}

// priceAt is Price at the price that held at a time; zero: the newest.
func priceAt(model string, u Usage, at time.Time) (usd float64, known bool) {
	family := familyOf(model)
	for _, p := range listPrices {
		if p.family == family && (p.until.IsZero() || !at.IsZero() && at.Before(p.until)) {
			return p.of(u), true
		}
	}
	return 0, false
}

// of is the price of one request.
func (p *listPrice) of(u Usage) float64 {
	r := p.rates
	if p.over > 0 && u.InputTokens+u.CacheReadTokens+u.CacheCreationTokens > p.over {
		r = p.long
	}
	hour := min(u.CacheCreation1hTokens, u.CacheCreationTokens)
	perMillion := r.input*float64(u.InputTokens) + r.output*float64(u.OutputTokens) + r.cacheRead*float64(u.CacheReadTokens) +
		r.write1h*float64(hour) + r.write5m*float64(u.CacheCreationTokens-hour)
	return perMillion/1e6 + webSearch*float64(u.WebSearches)
}

// modelName takes a name apart that begins at "claude-". Of a family it is given
// as 4-5 or 4.5, after the tier or before it. What may follow says which build
// of the model it is, or how a provider serves it, and does not change the price.
var modelName = regexp.MustCompile(`^claude-(?:([a-z]+)-(\d(?:[-.]\d)?)|(\d(?:[-.]\d)?)-([a-z]+))` +
	`(?:-v\d)?(?:[-@]\d{8}|@default|-latest)?(?:-v\d+(?::\d+[a-z]?)*)?(?:\[1m\])?$`)

// familyOf is the family of a model as listPrices names it: opus-4-1 for
// us.anthropic.claude-opus-4-1-20250805-v1:0; "" for a name of another form.
func familyOf(model string) string {
	model = strings.ToLower(model)
	begin := strings.LastIndex(model, "claude-")
	if begin < 0 || begin > 0 && !strings.ContainsRune("./:", rune(model[begin-1])) {
		return ""
	}
	if plain := withoutDate(model[begin+len("claude-"):]); isFamily(plain) {
		return plain // most are: an import asks for each message
	}
	name := modelName.FindStringSubmatch(model[begin:])
	if name == nil {
		return ""
	}
	version := strings.ReplaceAll(name[2]+name[3], ".", "-")
	return name[1] + name[4] + "-" + strings.TrimSuffix(version, "-0") // claude-opus-4-0 is an alias
}

// withoutDate is a name without the date that may end it.
func withoutDate(name string) string {
	const date = "-20250929"
	end := len(name) - len(date)
	if end > 0 && name[end] == '-' && strings.Trim(name[end+1:], "0123456789") == "" {
		return name[:end]
	}
	return name
}

func isFamily(name string) bool {
	return slices.ContainsFunc(listPrices, func(p listPrice) bool { return p.family == name })
}

// terms are what a message tells, beside its tokens, of how it was served.
type terms struct {
	fast bool // at a higher price, which is not in listPrices
	us   bool // inference in the US only
}

func (t *terms) field(name, value string) {
	switch name {
	case "speed":
		t.fast = value == "fast"
	case "inference_geo":
		t.us = value == "us"
	}
}

// priced is the usage of one message with its estimated price, if that is known.
func (u Usage) priced(model string, t terms, at time.Time) Usage {
	usd, known := priceAt(model, u, at)
	if !known || t.fast {
		return u
	}
	if t.us {
		searches := webSearch * float64(u.WebSearches)
		usd = usOnly*(usd-searches) + searches
	}
	u.EstimatedUSD, u.PricedTokens = usd, u.tokens()
	return u
}
