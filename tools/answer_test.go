package tools

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// TestShowAnswer pins the texts that models read.
func TestShowAnswer(t *testing.T) {
	tests := []struct {
		name   string
		change func(a *engine.Answer)
		want   string
	}{
		{"a completed turn", func(*engine.Answer) {}, `
main (` + parentID + `): idle
Turn ` + turnID + `: completed, after 12.3s, cost $0.0123 (session: $0.0123)

There are 12 files.`},
		{"a turn that goes on", func(a *engine.Answer) {
			a.Session.Status = sessionstore.Running
			a.Turn.Status, a.Turn.Result, a.Turn.EndedAt = sessionstore.TurnRunning, "", nil
			a.Next = "Call list_sessions later."
		}, `
main (` + parentID + `): running
Turn ` + turnID + `: running

Next: Call list_sessions later.`},
		{"a turn in line", func(a *engine.Answer) {
			a.Session.Status, a.Session.StatusReason = sessionstore.Queued, "all places are taken"
			a.Turn.Status, a.Turn.Result, a.Turn.QueuePosition = sessionstore.TurnQueued, "", 2
			a.Turn.StartedAt, a.Turn.EndedAt = nil, nil
		}, `
main (` + parentID + `): queued, all places are taken
Turn ` + turnID + `: queued, number 2 in line`},
		{"a turn that failed", func(a *engine.Answer) {
			a.Session.Status = sessionstore.Failed
			a.Turn.Status, a.Turn.Result = sessionstore.TurnFailed, ""
			a.Turn.Error = &sessionstore.TurnError{Code: "not_logged_in", Message: "Claude Code has no login."}
		}, `
main (` + parentID + `): failed
Turn ` + turnID + `: failed, after 12.3s, cost $0.0123 (session: $0.0123)

Error not_logged_in: Claude Code has no login.`},
		{"a turn that was stopped after it had said something", func(a *engine.Answer) {
			a.Session.Status, a.Turn.Status = sessionstore.Interrupted, sessionstore.TurnInterrupted
			a.Turn.Error = &sessionstore.TurnError{Code: "interrupted", Message: "interrupted by a"}
		}, `
main (` + parentID + `): interrupted
Turn ` + turnID + `: interrupted, after 12.3s, cost $0.0123 (session: $0.0123)

Error interrupted: interrupted by a

It said last: There are 12 files.`},
		{"what was denied", func(a *engine.Answer) {
			a.Session.Settings.AllowedTools = []string{"Bash(go test:*)"}
			a.Turn.Denials = []sessionstore.Denial{
				{Tool: "Write", Input: `{"file_path":"a"}`, Message: "nobody answered"}, {Tool: "Write", Input: `{"file_path":"b"}`},
			}
		}, `
main (` + parentID + `): idle
Turn ` + turnID + `: completed, after 12.3s, cost $0.0123 (session: $0.0123)

There are 12 files.

Denied:
- Write {"file_path":"a"}: nobody answered
- Write {"file_path":"b"}`},
		{"costs that are estimated, and not known", func(a *engine.Answer) {
			a.Turn.Usage.CostEstimated, a.Session.Usage.Cost = true, engine.Cost{}
		}, `
main (` + parentID + `): idle
Turn ` + turnID + `: completed, after 12.3s, cost ~$0.0123 (estimated) (session: cost unknown)

There are 12 files.`},
		{"a turn of unknown cost", func(a *engine.Answer) { a.Turn.Usage.Cost = engine.Cost{} }, `
main (` + parentID + `): idle
Turn ` + turnID + `: completed, after 12.3s, cost unknown (session: $0.0123)

There are 12 files.`},
		{"a fork without a turn", func(a *engine.Answer) {
			a.Session.ID, a.Session.Title, a.Session.ParentID = childID, "option-a", parentID
			a.Session.InheritedUsage.Cost = engine.KnownCost(1.5)
			a.Turn = nil
		}, `
option-a (` + childID + `): idle
Fork of ` + parentID + `; the parent's $1.50 are not counted as its own`},
		{"a verified fork", func(a *engine.Answer) {
			a.Session.ParentID, a.Session.ForkVerified, a.Turn = childID, true, nil
		}, `
main (` + parentID + `): idle
Fork of ` + childID + `, verified: it holds the conversation of its parent up to the fork`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := plainAnswer()
			test.change(&a)
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), showAnswer(a)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLongAnswer holds that no answer is too big for a host, and that a cut
// one says so.
func TestLongAnswer(t *testing.T) {
	for _, word := range []string{"word ", "文字"} {
		long := strings.Repeat(word, 100_000)
		a := plainAnswer()
		a.Session.LastPrompt, a.Session.LastResult, a.Session.Note = long, long, long
		a.Turn.Prompt, a.Turn.Result = long, long
		for range 100 {
			a.Turn.Denials = append(a.Turn.Denials, sessionstore.Denial{Tool: "Write", Input: "{}"})
		}
		f := &fake{start: func(context.Context, engine.Call) (engine.Answer, error) { return a, nil }}
		result := use(t, connect(t, f, Options{}, eras[0]), "start_session", `{"prompt":"p"}`)
		shown := text(t, result)
		raw, err := json.Marshal(result.StructuredContent)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(shown); n > 9_000 {
			t.Errorf("text has %d bytes, want at most 9000", n)
		}
		if n := len(raw); n > 24_000 {
			t.Errorf("structured content has %d bytes, want at most 24000", n)
		}
		var got engine.Answer
		structured(t, result, &got)
		if !strings.Contains(got.Turn.Result, "[cut: the first ") || !strings.Contains(got.Next, `read_transcript with session "main"`) && !strings.Contains(got.Next, "export "+parentID) {
			t.Errorf("a cut result does not say so, or not how to get the rest: next is %q", got.Next)
		}
		if !strings.Contains(shown, "[cut: the first ") || !strings.Contains(shown, "and 88 more") || !utf8.ValidString(shown) {
			t.Errorf("the text does not say what is cut, or breaks a character: %.200q", shown)
		}
		if len(a.Turn.Result) != len(long) || len(a.Turn.Denials) != 100 {
			t.Error("the engine's own turn was changed")
		}
		conforms(t, startSession(), result)
	}
}

// TestCutResults holds that whoever gets a result that is cut is told how to read
// the whole for nothing: in next, as hosts may drop the text, and in the text.
func TestCutResults(t *testing.T) {
	turn := *plainAnswer().Turn
	turn.Result = strings.Repeat("x", 39_249)
	turn.Denials = make([]sessionstore.Denial, 100)
	session := plainAnswer().Session
	f := &fake{
		start: func(context.Context, engine.Call) (engine.Answer, error) {
			return engine.Answer{Session: session, Turn: &turn, Next: "Go on."}, nil
		},
		get: func() (engine.Details, error) {
			return engine.Details{Session: session, Turn: &turn, Next: "Go on."}, nil
		},
		wait: func() (engine.Waited, error) {
			return engine.Waited{Sessions: []engine.WaitedSession{{ID: parentID, Name: "main", Title: "main", Turn: &turn}}, Next: "Go on."}, nil
		},
	}
	c := connect(t, f, Options{}, eras[0])
	for tool, shown := range map[string]string{"start_session": "18000", "get_session": "6000", "wait_for_session": "18000"} {
		result := use(t, c, tool, map[string]string{
			"start_session": `{"prompt":"p"}`, "get_session": `{"session":"main"}`, "wait_for_session": `{"sessions":["main"]}`}[tool])
		var got struct{ Next string }
		structured(t, result, &got)
		how := ` of 39249 bytes). For the whole, which costs nothing, call read_transcript with session "main", roles ["assistant"], include_tools none, limit 1 and max_tokens 15700.`
		if !strings.HasPrefix(got.Next, "Go on. The result is cut ("+shown+how) {
			t.Errorf("%s: next is %q", tool, got.Next)
		}
		if shown := text(t, result); !strings.Contains(shown, "The result is cut (6000"+how) || strings.Contains(shown, "structured") {
			t.Errorf("%s: the text is %.7000q", tool, shown)
		}
		if tool != "wait_for_session" && !strings.HasSuffix(got.Next, " Of 100 denials the first 12 are told.") {
			t.Errorf("%s: next is %q", tool, got.Next)
		}
	}
}
