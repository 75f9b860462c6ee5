package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// desk is an engine's open requests, and what was replied to them.
type desk struct {
	fake
	mu      sync.Mutex
	seq     uint64
	changed chan struct{}
	open    []engine.Request
	replies []engine.ReplyRequest
}

func newDesk() *desk { return &desk{seq: 1, changed: make(chan struct{})} }

func (d *desk) change(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
	d.seq++
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *desk) put(r engine.Request) { d.change(func() { d.open = append(d.open, r) }) }

func (d *desk) settle(id string) {
	d.change(func() { d.open = slices.DeleteFunc(d.open, func(r engine.Request) bool { return r.ID == id }) })
}

func (d *desk) Requests(ctx context.Context, _ engine.Call, req engine.RequestsRequest) (engine.OpenRequests, error) {
	if !req.Mine {
		return engine.OpenRequests{}, errors.New("the requests of others were asked for")
	}
	for {
		d.mu.Lock()
		seq, open, changed := d.seq, slices.Clone(d.open), d.changed
		d.mu.Unlock()
		if seq != req.Since {
			return engine.OpenRequests{Seq: seq, Requests: open}, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return engine.OpenRequests{}, ctx.Err()
		}
	}
}

func (d *desk) Reply(_ context.Context, _ engine.Call, req engine.ReplyRequest) (engine.Replied, error) {
	d.settle(req.RequestID)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.replies = append(d.replies, req)
	return engine.Replied{}, nil
}

// script is a person who answers after a time, with each of some answers in
// turn; after the last they never answer.
type script struct {
	after   time.Duration
	answers []string // JSON; "error" is the client's own fault

	asked     []mcp.ElicitationParams
	cancelled []error
}

func (s *script) send(ctx context.Context, p mcp.ElicitationParams) (json.RawMessage, time.Duration, error) {
	s.asked = append(s.asked, p)
	n := len(s.asked) - 1
	if n >= len(s.answers) {
		<-ctx.Done()
		s.cancelled = append(s.cancelled, context.Cause(ctx))
		return nil, 0, ctx.Err()
	}
	time.Sleep(s.after)
	if s.answers[n] == "error" {
		return nil, s.after, errors.New("the client cannot")
	}
	return json.RawMessage(s.answers[n]), s.after, nil
}

// asks runs an asker over a desk, with the person s, until do returns and all
// is quiet.
func asks(t *testing.T, s *script, do func(d *desk)) *desk {
	t.Helper()
	d := newDesk()
	synctest.Test(t, func(t *testing.T) {
		p := newPerson(nil)
		p.send = s.send
		a := &asker{sessions: d, log: Options{}.withDefaults().Log, person: p}
		a.begin(engine.Call{Client: "c"}, true)
		a.begin(engine.Call{Client: "c"}, true) // no second time
		do(d)
		time.Sleep(time.Hour)
		a.close()
		a.begin(engine.Call{}, true)
	})
	return d
}

func permission(id string) engine.Request {
	return engine.Request{ID: id, SessionID: parentID, Session: "main", Tool: "Bash", Detail: "touch x\nin /src", Always: "Bash(touch *)"}
}

// replied tells the answers that came to a desk.
func (d *desk) replied() string {
	var all []string
	for _, r := range d.replies {
		all = append(all, fmt.Sprint(r.RequestID, " ", r.Decision, " ", r.Message, " ", r.Answers))
	}
	return fmt.Sprintf("%q", all)
}

// TestAnswersOfAPerson holds what becomes of each kind of answer.
func TestAnswersOfAPerson(t *testing.T) {
	question := engine.Request{ID: "q", SessionID: parentID, Question: true, Questions: []engine.Question{
		{Question: "Which?", Options: []engine.Option{{Label: "A"}, {Label: "B"}}}, {Question: "Why?"},
	}}
	for _, c := range []struct {
		name    string
		request engine.Request
		answer  string
		want    string
	}{
		{"allow", permission("p"), `{"action":"accept","content":{"decision":"allow"}}`, `["p allow  map[]"]`},
		{"always", permission("p"), `{"action":"accept","content":{"decision":"allow_always"}}`, `["p allow_always  map[]"]`},
		{"deny", permission("p"), `{"action":"accept","content":{"decision":"deny","message":"no"}}`, `["p deny no map[]"]`},
		{"decline", permission("p"), `{"action":"decline"}`, `["p deny  map[]"]`},
		{"cancel", permission("p"), `{"action":"cancel"}`, `[]`},
		{"no decision", permission("p"), `{"action":"accept"}`, `[]`},
		{"no choice", permission("p"), `{"action":"accept","content":{"decision":"yes"}}`, `[]`},
		{"no always", engine.Request{ID: "p"}, `{"action":"accept","content":{"decision":"allow_always"}}`, `[]`},
		{"no action", permission("p"), `{}`, `[]`},
		{"no object", permission("p"), `7`, `[]`},
		{"error", permission("p"), `error`, `[]`},
		{"answers", question, `{"action":"accept","content":{"answer_1":"B","answer_2":"so"}}`, `["q   map[Which?:B Why?:so]"]`},
		{"half an answer", question, `{"action":"accept","content":{"answer_1":"B","answer_2":""}}`, `["q   map[Which?:B]"]`},
		{"no answer", question, `{"action":"accept","content":{}}`, `[]`},
		{"declined question", question, `{"action":"decline"}`, `["q deny ` + unanswered + ` map[]"]`},
		{"unknown question", engine.Request{ID: "q", Question: true}, `{"action":"decline"}`, `[]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := asks(t, &script{after: 2 * time.Second, answers: []string{c.answer}}, func(d *desk) { d.put(c.request) })
			if got := d.replied(); got != c.want {
				t.Errorf("replied %s, want %s", got, c.want)
			}
		})
	}
}

// TestOneAtATime holds that requests are asked in order, and each once, also
// when it was put off.
func TestOneAtATime(t *testing.T) {
	const allow, cancel = `{"action":"accept","content":{"decision":"allow"}}`, `{"action":"cancel"}`
	s := &script{after: 5 * time.Second, answers: []string{cancel, allow, allow}}
	d := asks(t, s, func(d *desk) {
		d.put(permission("a"))
		d.put(permission("b"))
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if len(s.asked) != 2 {
			t.Errorf("asked %d times, want the first to be answered and the second open", len(s.asked))
		}
		d.put(permission("c"))
	})
	if got, want := d.replied(), `["b allow  map[]" "c allow  map[]"]`; got != want || len(s.asked) != 3 {
		t.Errorf("replied %s, asked %d times; want %s, 3 times", got, len(s.asked), want)
	}
}

// TestTooFast holds that a client which answers at once is passed by, whatever
// it says.
func TestTooFast(t *testing.T) {
	for _, answer := range []string{`{"action":"accept","content":{"decision":"allow"}}`, `{"action":"decline"}`, `{"action":"cancel"}`, `error`, `7`} {
		s := &script{after: tooFast - time.Millisecond, answers: []string{answer, answer}}
		d := asks(t, s, func(d *desk) {
			d.put(permission("a"))
			time.Sleep(time.Minute)
			d.put(permission("b"))
		})
		if len(d.replies) > 0 || len(s.asked) != 1 {
			t.Errorf("%s: replied %s, asked %d times; want nothing, once", answer, d.replied(), len(s.asked))
		}
	}
}

// TestSettledElsewhere holds that a person who does not answer is told when
// somebody else has, and then asked the next.
func TestSettledElsewhere(t *testing.T) {
	s := &script{}
	asks(t, s, func(d *desk) {
		d.put(permission("a"))
		d.put(permission("b"))
		time.Sleep(time.Minute)
		d.settle("a")
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(s.asked) != 2 || len(s.cancelled) != 1 || !errors.Is(s.cancelled[0], errSettled) {
			t.Errorf("asked %d times, cancelled %v; want the first cancelled, the second asked", len(s.asked), s.cancelled)
		}
		d.settle("b")
	})
	if len(s.cancelled) != 2 {
		t.Errorf("cancelled %v, want both", s.cancelled)
	}
}

// TestAskerLastsThroughFaults holds that requests are asked for again after the
// engine was away.
func TestAskerLastsThroughFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		f := &fake{requests: func(ctx context.Context, _ engine.RequestsRequest) (engine.OpenRequests, error) {
			if n++; n < 3 {
				return engine.OpenRequests{}, errors.New("no engine")
			}
			if n > 3 {
				<-ctx.Done()
			}
			return engine.OpenRequests{Seq: 1, Requests: []engine.Request{permission("a")}}, nil
		}}
		s, p := &script{}, newPerson(nil)
		p.send = s.send
		a := &asker{sessions: f, log: Options{}.withDefaults().Log, person: p}
		a.begin(engine.Call{}, true)
		time.Sleep(time.Minute)
		a.close()
		if len(s.asked) != 1 {
			t.Errorf("asked %d times, want once", len(s.asked))
		}
	})
}
