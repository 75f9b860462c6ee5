package engine

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// thousandths is the usage of a message of claude-opus-4-6 that costs n
// thousandths of a dollar.
func thousandths(n int) string { return fmt.Sprintf(`{"input_tokens":%d,"output_tokens":0}`, 200*n) }

// pricedTurn are turnLines by a model whose price is known, with a usage.
func pricedTurn(n, minute int, parent, model, usage string) []string {
	lines := turnLines(n, minute, parent, fmt.Sprint("prompt ", n), fmt.Sprint("answer ", n))
	lines[1] = strings.NewReplacer(`"claude-x"`, `"`+model+`"`, `{"input_tokens":100,"output_tokens":10}`, usage).Replace(lines[1])
	return lines
}

func record(usd float64, output int) string {
	return fmt.Sprintf(`{"type":"cost-state","totalCostUSD":%g,"modelUsage":{"claude-opus-4-6":{"outputTokens":%d}}}`, usd, output)
}

// What an imported session has cost is what its transcript has recorded, else an
// estimate, else not known: never nothing for something.
func TestCostOfImported(t *testing.T) {
	const opus = "claude-opus-4-6"
	usage := `{"input_tokens":1000,"output_tokens":2000,"cache_read_input_tokens":100000,"cache_creation_input_tokens":30000,` +
		`"cache_creation":{"ephemeral_5m_input_tokens":10000,"ephemeral_1h_input_tokens":20000}}`
	one, two := pricedTurn(1, 1, "", opus, usage), pricedTurn(2, 2, "a1", opus, thousandths(5))
	tests := []struct {
		name  string
		lines []string
		want  Cost
	}{
		{"no record", one, Cost{CostUSD: ptr(0.3675), CostEstimated: true}},
		{"two messages", slices.Concat(one, two), Cost{CostUSD: ptr(0.3725), CostEstimated: true}},
		{"a record", slices.Concat(one, []string{record(0.5, 2000)}), Cost{CostUSD: ptr(0.5)}},
		{"a record, and more since", slices.Concat(one, []string{record(0.5, 2000)}, two), Cost{CostUSD: ptr(0.5)}},
		{"a record of a later process only", slices.Concat(one, pricedTurn(2, 2, "a1", opus, `{"output_tokens":1000}`), []string{record(0.03, 1000)}),
			Cost{CostUSD: ptr(0.3925), CostEstimated: true}},
		{"a record of a later process with sub-agents", slices.Concat(one, pricedTurn(2, 2, "a1", opus, `{"output_tokens":1000}`), []string{record(0.9, 1000)}),
			Cost{CostUSD: ptr(0.9), CostEstimated: true}},
		{"a model without a price", turnLines(1, 1, "", "one", "1"), Cost{}},
		{"one of two without a price", slices.Concat(one, turnLines(2, 2, "a1", "two", "2")), Cost{}},
		{"a model without a price, but a record", slices.Concat(turnLines(1, 1, "", "one", "1"), []string{record(0.5, 10)}), Cost{CostUSD: ptr(0.5)}},
		{"a prompt without an answer", one[:1], Cost{CostUSD: ptr(0.0)}},
		{"words of Claude Code's own", pricedTurn(1, 1, "", "<synthetic>", `{"input_tokens":0,"output_tokens":0}`), Cost{CostUSD: ptr(0.0)}},
	}
	p := newPlace(t, sessionstore.Options{})
	id := func(i int) string { return fmt.Sprintf("%08d-1111-4222-8333-444455556666", i) }
	for i, test := range tests {
		lines := strings.ReplaceAll(strings.Join(test.lines, "\n"), `"uuid":"`, fmt.Sprintf(`"uuid":"%d-`, i))
		p.terminal(p.path(id(i)), strings.ReplaceAll(lines, `"parentUuid":"`, fmt.Sprintf(`"parentUuid":"%d-`, i)))
	}
	c := p.client(Config{})
	for i := range tests {
		p.awaits("all of it", id(i), func(s sessionstore.Session) bool { return s.Turns > 0 })
	}
	p.settled(c.Engine)
	list, err := c.List(context.Background(), Call{}, ListRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for i, test := range tests {
		row := list.Sessions[slices.IndexFunc(list.Sessions, func(r Row) bool { return r.ID == id(i) })]
		if !sameCost(row.Cost, test.want) {
			t.Errorf("%s: the row has %s, want %s", test.name, row.Cost.Text(dollars), test.want.Text(dollars))
		}
		if d, err := c.Get(context.Background(), Call{}, GetRequest{Session: id(i)}); err != nil || !sameCost(d.Session.Usage.Cost, test.want) {
			t.Errorf("%s: the session has %+v, %v", test.name, d.Session.Usage, err)
		}
	}
}

func sameCost(a, b Cost) bool {
	return a.CostEstimated == b.CostEstimated && (a.CostUSD == nil) == (b.CostUSD == nil) && math.Abs(a.USD()-b.USD()) < 1e-9
}

// A fork has cost what its own messages have, whatever its parent has recorded.
func TestCostOfImportedFork(t *testing.T) {
	const opus = "claude-opus-4-6"
	one, two, three := pricedTurn(1, 1, "", opus, thousandths(10)), pricedTurn(2, 2, "a1", opus, thousandths(20)), pricedTurn(3, 12, "a1", opus, thousandths(7))
	tests := []struct {
		name         string
		parent, fork []string
		own          sessionstore.Usage
		inherited    float64
	}{
		{"no records", slices.Concat(one, two), slices.Concat(one, three), sessionstore.Usage{CostUSD: 0.007, CostBasis: sessionstore.CostEstimated}, 0.01},
		{"a record of the parent's", slices.Concat(one, []string{record(0.5, 0)}, two), slices.Concat(one, three), sessionstore.Usage{CostUSD: 0.007, CostBasis: sessionstore.CostEstimated}, 0.5},
		{"a record of the fork's", slices.Concat(one, two), slices.Concat(one, three, []string{saved(0.25)}), sessionstore.Usage{CostUSD: 0.25}, 0.01},
		{"records of both", slices.Concat(one, []string{saved(0.5)}, two), slices.Concat(one, three, []string{saved(0.75)}), sessionstore.Usage{CostUSD: 0.25}, 0.5},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			p.terminal(p.path(elsewhereA), slices.Concat([]string{begun(0)}, test.parent)...)
			p.terminal(p.path(elsewhereB), slices.Concat([]string{begun(10)}, test.fork)...)
			e := p.client(Config{}).Engine
			p.awaits("the fork", elsewhereB, func(s sessionstore.Session) bool { return s.ParentID != "" })
			p.settled(e)
			got := p.session(elsewhereB)
			if math.Abs(got.Usage.CostUSD-test.own.CostUSD) > 1e-9 || got.Usage.CostBasis != test.own.CostBasis || math.Abs(got.Inherited.CostUSD-test.inherited) > 1e-9 {
				t.Errorf("the fork has used %+v, and %+v before", got.Usage, got.Inherited)
			}
		})
	}
}

// A session that an older Claude Code has left without a record does not become
// cheaper by a turn here, whose process counts from nothing.
func TestCostOfResumedImport(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.terminal(p.path(elsewhereA), pricedTurn(1, 1, "", "claude-opus-4-6", thousandths(370))...)
	c := p.client(Config{})
	p.awaits("the import", elsewhereA, turns(1))
	p.settled(c.Engine)
	a, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: elsewhereA, Prompt: "two\n!tokens 1000 100", Cwd: p.dir, WaitSeconds: ptr(30)})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Session.Usage; got.USD() < 0.37 || !got.CostEstimated || a.Turn.Usage.CostEstimated || a.Turn.Usage.USD() == 0 {
		t.Errorf("the session has used %+v, the turn %+v", got, a.Turn.Usage)
	}
	p.settled(c.Engine)
	if got := p.session(elsewhereA).Usage; got.CostUSD < 0.37 {
		t.Errorf("after the import has seen the turn, the session has used %+v", got)
	}
}

// What a terminal has added to a session of ours without a record is estimated,
// beside what our own turns have reported.
func TestCostOfManagedElsewhere(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	a := start(t, c, "one\n!say 1", 30)
	s := p.awaits("its turn", a.Session.ID, turns(1))
	path := agent.TranscriptPath(s.ConfigDir, s.Cwd, s.ID, "")
	p.terminal(path, pricedTurn(2, 2, s.LastMessage, "claude-opus-4-6", thousandths(40))...)
	s = p.awaits("the turn of elsewhere", s.ID, turns(2))
	if got := s.Usage.CostUSD - a.Session.Usage.USD(); math.Abs(got-0.04) > 1e-9 || s.Usage.CostBasis != sessionstore.CostEstimated {
		t.Errorf("it cost %g more, %+v", got, s.Usage)
	}
	p.terminal(path, turnLines(3, 3, "a2", "three", "3")...)
	s = p.awaits("a turn of a model without a price", s.ID, turns(3))
	if got := viewUsage(s.Usage); got.CostUSD != nil || s.Usage.CostUSD < 0.04 {
		t.Errorf("it has used %+v, of which is known %g", got, s.Usage.CostUSD)
	}
}

// An estimate counts as spent of a session's budget; that some is not known is
// told, from the first turn on.
func TestBudgetOfUncertainCost(t *testing.T) {
	s := sessionstore.Session{Settings: sessionstore.Settings{SessionBudgetUSD: 1}}
	s.Usage = sessionstore.Usage{InputTokens: 1, CostUSD: 1.5, CostBasis: sessionstore.CostEstimated}
	if err := checkSessionBudget(s); code(err) != BudgetExceeded || !strings.Contains(err.Error(), "(estimated)") {
		t.Errorf("an estimate of more than the budget: %v", err)
	}
	for _, u := range []sessionstore.Usage{{InputTokens: 1}, {InputTokens: 1, CostUSD: 0.1, CostBasis: sessionstore.CostUnknown}} {
		s.Usage = u
		limit := budgetLimit(s)
		if limit == nil || limit.Kind != LimitSessionBudget || !limit.AtLeast || !strings.Contains(limit.Message, "not known") {
			t.Errorf("%+v: %+v", u, limit)
		}
	}
	s.Usage = sessionstore.Usage{InputTokens: 1, CostUSD: 0.1}
	if limit := budgetLimit(s); limit != nil {
		t.Errorf("a tenth of the budget: %+v", limit)
	}
}

// A long transcript at which there was only a glance has no known cost yet.
func TestCostAfterAGlance(t *testing.T) {
	var im importer
	im.expire = time.Hour
	for _, test := range []struct {
		name  string
		state importState
		want  sessionstore.CostBasis
	}{
		{"glanced at", importState{}, sessionstore.CostUnknown},
		{"read", importState{Following: agent.Following{Offset: 100}}, sessionstore.CostReported},
		{"a saved cost", importState{Following: agent.Following{Summary: agent.Summary{Usage: agent.Usage{CostUSD: 1}}}}, sessionstore.CostReported},
	} {
		var s sessionstore.Session
		im.describe(&s, &test.state, agent.FoundTranscript{})
		if got := s.Usage.Basis(); got != test.want {
			t.Errorf("%s: the cost is %q, want %q", test.name, got, test.want)
		}
	}
}
