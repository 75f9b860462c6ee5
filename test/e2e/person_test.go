//go:build unix

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/rogpeppe/go-internal/testscript"
)

// person sits at a client that has declared elicitation. Until a story says
// what they answer, they never do. It is safe to use at once.
type person struct {
	left   chan struct{} // closed with the client
	modern bool          // the client is of the era since 2026-07-28

	mu        sync.Mutex
	answer    mcp.ElicitationResponse
	after     time.Duration
	answers   bool
	asked     []mcp.ElicitationParams
	answered  int
	cancelled int
}

// Elicit is the client's handler of elicitation/create.
func (p *person) Elicit(ctx context.Context, req mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	p.mu.Lock()
	p.asked = append(p.asked, req.Params)
	answer, after, answers := p.answer, p.after, p.answers
	p.mu.Unlock()
	var due <-chan time.Time
	if answers {
		due = time.After(after)
	}
	select {
	case <-due:
		p.mu.Lock()
		defer p.mu.Unlock()
		p.answered++
		return &mcp.ElicitationResult{ElicitationResponse: answer}, nil
	case <-ctx.Done():
	case <-p.left:
	}
	return nil, fmt.Errorf("nobody answers")
}

func (p *person) notified(n mcp.JSONRPCNotification) {
	if n.Method == "notifications/cancelled" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.cancelled++
	}
}

func personAt(ts *testscript.TestScript, name string) *person {
	p := named(ts, name).person
	if p == nil {
		ts.Fatalf("client %s has not declared elicitation", name)
	}
	return p
}

func cmdPerson(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "person NAME AFTER JSON | person NAME never", !neg && (len(args) == 3 || len(args) == 2 && args[1] == "never"))
	p := personAt(ts, args[0])
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answers = len(args) == 3; !p.answers {
		return
	}
	var err error
	p.after, err = time.ParseDuration(args[1])
	ts.Check(err)
	p.answer = mcp.ElicitationResponse{}
	ts.Check(json.Unmarshal([]byte(args[2]), &p.answer))
}

func cmdAsked(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "asked NAME COUNT", !neg && len(args) == 2)
	p := personAt(ts, args[0])
	var last mcp.ElicitationParams
	await(ts, p, args[1], func() (string, int) {
		if n := len(p.asked); n > 0 {
			last = p.asked[n-1]
		}
		return "asked", len(p.asked)
	})
	schema, _ := json.Marshal(last.RequestedSchema)
	fmt.Fprintf(ts.Stdout(), "%s\n%s\n", last.Message, schema)
}

func cmdAnswered(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "answered NAME COUNT", !neg && len(args) == 2)
	p := personAt(ts, args[0])
	await(ts, p, args[1], func() (string, int) { return "answered", p.answered })
}

func cmdCancelled(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, "cancelled NAME COUNT [or more]", !neg && (len(args) == 2 || len(args) == 4))
	p, want := personAt(ts, args[0]), args[1]
	await(ts, p, want, func() (string, int) {
		if most, err := strconv.Atoi(want); err == nil && len(args) == 4 && p.cancelled > most {
			return "cancelled", most
		}
		return "cancelled", p.cancelled
	})
}

// await waits until a number of a person's is what is wanted.
func await(ts *testscript.TestScript, p *person, want string, number func() (string, int)) {
	var what string
	var got int
	poll(ts, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		what, got = number()
		return fmt.Sprint(got) == want
	}, func() string { return fmt.Sprintf("%s %d times, not %s", what, got, want) })
}
