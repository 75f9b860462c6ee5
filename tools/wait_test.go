package tools

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// plainWaited is a wait for three sessions: one has ended a turn, one goes on,
// one was deleted.
func plainWaited() engine.Waited {
	turn := *plainAnswer().Turn
	turn.Denials = []sessionstore.Denial{{Tool: "Write", Input: "out.txt"}}
	running := turn
	running.Status, running.Result, running.EndedAt, running.Denials = sessionstore.TurnWaiting, "", nil, nil
	return engine.Waited{
		Sessions: []engine.WaitedSession{
			{ID: childID, Title: "b", Status: sessionstore.Waiting, StatusReason: "waiting for permission: Write", Happened: engine.HappenedNothing,
				Turn: &running, LastWords: "I write.", Queued: 2, Requests: []engine.Request{{ID: "r", Summary: "Write: x", Input: json.RawMessage(`{}`)}}},
			{ID: parentID, Name: "main", Title: "main", Status: sessionstore.Idle, Happened: engine.HappenedTurnEnd, Turn: &turn},
			{ID: turnID, Title: "gone", Happened: engine.HappenedDeleted},
		},
		TimedOut: true, Seq: 9, Next: "Answer it.",
	}
}

func TestShowWaited(t *testing.T) {
	want := `The time is over; what goes on goes on without you.

main (` + parentID + `): idle
Turn ` + turnID + `: completed, after 12.3s, cost $0.0123

There are 12 files.
Denied: Write out.txt

gone (` + turnID + `) was deleted.

b (` + childID + `): waiting, waiting for permission: Write; 2 turns in line
Turn ` + turnID + `: waiting
It said last: I write.
Permission wanted, request_id r: Write: x

Next: Answer it.`
	if diff := cmp.Diff(want, showWaited(plainWaited())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// However many sessions are waited for, the answer stays small.
func TestWaitedIsBounded(t *testing.T) {
	long := strings.Repeat("long text ", 20_000)
	for _, n := range []int{1, engine.MaxWaitSessions} {
		var w engine.Waited
		for range n {
			s := plainWaited().Sessions[1]
			s.Title, s.StatusReason, s.LastWords, s.LastResult, s.Turn.Prompt, s.Turn.Result = long, long, long, long, long, long
			for range 30 {
				s.Turn.Denials = append(s.Turn.Denials, sessionstore.Denial{Tool: "Write", Input: long[:400], Message: long[:300]})
			}
			s.Requests = []engine.Request{{ID: "r", Summary: long[:80], Input: json.RawMessage(`"` + long[:3000] + `"`)}}
			w.Sessions = append(w.Sessions, s)
		}
		if size := len(encode(boundWaited(w))) + len(showWaited(w)); size > 42_000+1_300*n {
			t.Errorf("an answer about %d sessions has %d bytes", n, size)
		}
	}
}
