package tools

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// heard is one notification of progress, as a client gets it.
type heard struct {
	at    time.Duration // since the call began
	count float64
	text  string
}

// listen calls start_session with a progress token and returns what the client
// heard of it. It is for a bubble of synctest. That nothing comes after the
// result is Serve's doing: see TestProgressBeforeResult.
func listen(t *testing.T, era string, start func(report func(string))) []heard {
	t.Helper()
	f := &fake{start: func(_ context.Context, call engine.Call) (engine.Answer, error) {
		start(func(text string) { call.OnProgress(engine.Progress{Text: text}) })
		return plainAnswer(), nil
	}}
	c := connect(t, f, Options{}, era)
	began := time.Now()
	var mu sync.Mutex
	var all []heard
	c.OnNotification(func(n mcp.JSONRPCNotification) {
		mu.Lock()
		defer mu.Unlock()
		p := n.Params.AdditionalFields
		if n.Method != "notifications/progress" || p["progressToken"] != "token-1" {
			t.Errorf("notification %s with %v, want progress of token-1", n.Method, p)
			return
		}
		all = append(all, heard{time.Since(began), toFloat(p["progress"]), fmt.Sprint(p["message"])})
	})
	var req mcp.CallToolRequest
	req.Params.Name = "start_session"
	req.Params.Arguments = map[string]any{"prompt": "p"}
	req.Params.Meta = &mcp.Meta{ProgressToken: "token-1"}
	if _, err := c.CallTool(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	mu.Lock()
	defer mu.Unlock()
	for i, h := range all {
		if h.count != float64(i+1) {
			t.Errorf("progress of notification %d is %v, want it to rise by 1", i, h.count)
		}
	}
	return slices.Clone(all)
}

func toFloat(v any) float64 {
	switch v := v.(type) {
	case int:
		return float64(v)
	case float64:
		return v
	}
	return -1
}

// texts returns when and what was heard.
func texts(all []heard) []string {
	var out []string
	for _, h := range all {
		out = append(out, fmt.Sprintf("%v %s", h.at.Round(50*time.Millisecond), h.text))
	}
	return out
}

func TestProgress(t *testing.T) {
	tests := []struct {
		name  string
		start func(report func(string))
		want  []string
	}{
		{"what is told last arrives",
			func(report func(string)) { report("Bash: go test ./…") },
			[]string{"0s Bash: go test ./…"}},
		{"of a burst the first and the newest arrive",
			func(report func(string)) {
				report("1")
				time.Sleep(10 * time.Millisecond)
				for i := range 50 {
					report(fmt.Sprint(i + 2))
				}
				time.Sleep(time.Second)
				report("last")
			},
			[]string{"0s 1", "250ms 51", "1s last"}},
		{"a silent call shows signs of life",
			func(report func(string)) {
				time.Sleep(15 * time.Second)
				report("waiting for permission: Write")
				time.Sleep(21 * time.Second)
			},
			[]string{"10s working (10 s)", "15s waiting for permission: Write",
				"25s waiting for permission: Write (25 s)", "35s waiting for permission: Write (35 s)"}},
		{"no progress, no notification", func(func(string)) {}, nil},
	}
	for _, test := range tests {
		for _, era := range eras {
			t.Run(test.name+" "+era, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					if got := texts(listen(t, era, test.start)); !slices.Equal(got, test.want) {
						t.Errorf("heard %q, want %q", got, test.want)
					}
				})
			})
		}
	}
}

// TestProgressIsAskedFor holds that a client without a token gets none, and
// that the engine is not bothered.
func TestProgressIsAskedFor(t *testing.T) {
	f := &fake{}
	c := connect(t, f, Options{}, eras[0])
	c.OnNotification(func(n mcp.JSONRPCNotification) { t.Errorf("got the notification %s", n.Method) })
	use(t, c, "start_session", `{"prompt":"p"}`)
	if f.call.OnProgress != nil {
		t.Error("the engine is asked for progress that nobody wants")
	}
}
