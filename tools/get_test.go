package tools

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// plainDetails is a session at work, with all that there can be.
func plainDetails() engine.Details {
	a := plainAnswer()
	a.Session.Status, a.Session.StatusReason = sessionstore.Waiting, "waiting for permission: Write"
	a.Session.ParentID = childID
	a.Session.Settings = sessionstore.Settings{Model: "opus", AllowedTools: []string{"Read"}}
	a.Turn.Status, a.Turn.Result, a.Turn.EndedAt = sessionstore.TurnWaiting, "", nil
	at := a.Session.CreatedAt
	return engine.Details{
		Session: a.Session, Turn: a.Turn, Activity: "waiting for permission: Write", LastWords: "I write it now.",
		Queue:  []engine.QueuedTurn{{ID: childID, Prompt: "next", Position: 1, Reason: "waiting in line, position 1", QueuedAt: at}},
		Queued: 1,
		Requests: []engine.Request{{ID: "r1", TurnID: turnID, Tool: "Write", Summary: "Write: out.txt",
			Input: json.RawMessage(`{"file_path":"out.txt"}`), OpenedAt: at}},
		Ancestors: []engine.Relative{{ID: childID, Title: "parent", Status: sessionstore.Idle}, {ID: turnID}},
		Children:  []engine.Relative{{ID: turnID, Title: "option-a", Status: sessionstore.Idle}}, ChildrenTotal: 1,
		Files: engine.Files{Transcript: "/t.jsonl", TranscriptBytes: 10, Store: "/data", StoredBytes: 9},
		Next:  "Answer it.",
	}
}

func TestShowDetails(t *testing.T) {
	d := plainDetails()
	want := `main (` + parentID + `): waiting, waiting for permission: Write
Fork of ` + childID + `
in /src/app · managed · 1 turn · $0.0123 · model opus · allowed Read · updated 2h ago
Turn ` + turnID + `: waiting
It said last: I write it now.
In line: 1 turn
- ` + childID + `: next (waiting in line, position 1)
Permission wanted, request_id r1: Write: out.txt
Above it: ` + turnID + ` 
Fork: ` + turnID + ` option-a (idle)
Transcript: /t.jsonl

Next: Answer it.`
	if diff := cmp.Diff(want, showDetails(d, d.Session.UpdatedAt.Add(2*time.Hour))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What a session can be full of stays small in an answer.
func TestDetailsAreBounded(t *testing.T) {
	long := strings.Repeat("long text ", 20_000)
	d := plainDetails()
	d.Session.Note, d.Session.LastResult, d.LastWords, d.Writing, d.Turn.Prompt, d.Turn.Result = long, long, long, long, long, long
	for range 30 {
		d.Requests = append(d.Requests, engine.Request{ID: "r", Input: json.RawMessage(`{"a":"` + long[:3000] + `"}`)})
	}
	bounded := boundDetails(d)
	if n := len(encode(bounded)) + len(showDetails(d, time.Now())); n > 35_000 {
		t.Errorf("the answer has %d bytes", n)
	}
	if len(bounded.Requests) != 31 || bounded.Requests[1].Input == nil || bounded.Requests[30].Input != nil {
		t.Errorf("of %d requests the inputs of the first are to be told, of the last not", len(bounded.Requests))
	}
	if d.Turn.Result != long {
		t.Error("what was bounded is the caller's own")
	}
}
