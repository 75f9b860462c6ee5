package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func turnLaws() []Law {
	return []Law{
		{"a turn comes back as it went in", turnComesBack},
		{"turns are yielded newest first", turnsNewestFirst},
		{"a turn ends once", turnEndsOnce},
		{"live turns are those that have not ended, oldest first", liveTurns},
		{"requests are listed oldest first", requestsListed},
	}
}

func turnComesBack(k *kit) {
	k.create("s")
	want := sessionstore.Turn{
		ID: "turn", SessionID: "s", Seq: 3, Prompt: "do\u2028it", Status: sessionstore.TurnFailed, Reason: "why",
		Result: "so far", Error: &sessionstore.TurnError{Code: "timeout", Message: "too long"},
		QueuedAt: k.clock.Now(), StartedAt: k.clock.Now().Add(time.Second), EndedAt: k.clock.Now().Add(time.Minute),
		Usage:   sessionstore.Usage{OutputTokens: 7, CostUSD: 0.5},
		Denials: []sessionstore.Denial{{Tool: "Bash", Input: "rm", Message: "no"}}, Client: "me", Environment: "f00",
		LastMessage: "uuid", Run: &sessionstore.Run{ID: "run", PID: 7, StartTime: "then", Transcript: "/t"},
	}
	k.commit(sessionstore.Mutation{Turns: []sessionstore.Turn{want}})
	k.reopen()
	got, err := k.Turn(k.ctx, "turn")
	k.must(err)
	k.same("what Turn returns", got, want)
	k.same("what Turns yields", k.turns("s"), []sessionstore.Turn{want})
}

func turnsNewestFirst(k *kit) {
	k.create("s")
	k.create("s1")
	k.queue("s1", "other", 50)
	var all []sessionstore.Turn
	for i := range int64(150) {
		all = append(all, newTurn("s", fmt.Sprintf("t%d", i), i))
	}
	k.commit(sessionstore.Mutation{Turns: all})
	moved := all[10]
	moved.Seq = 1000 // to the end of the queue
	k.commit(sessionstore.Mutation{Turns: []sessionstore.Turn{moved}})
	all = append(slices.Delete(all, 10, 11), moved)
	slices.Reverse(all)
	k.same("turns", k.turns("s"), all)
	for t, err := range k.Turns(k.ctx, "s") { // a loop may end early
		k.must(err)
		k.same("the first turn", t, moved)
		break
	}
}

func turnEndsOnce(k *kit) {
	k.create("s")
	for _, status := range []sessionstore.TurnStatus{sessionstore.TurnCompleted, sessionstore.TurnFailed, sessionstore.TurnInterrupted} {
		t := k.queue("s", "turn "+string(status), 1)
		t.Status = sessionstore.TurnRunning
		k.commit(sessionstore.Mutation{Turns: []sessionstore.Turn{t}})
		t.Status, t.Result = status, "the end"
		k.commit(sessionstore.Mutation{Turns: []sessionstore.Turn{t}})
		k.reopen()
		for _, next := range []sessionstore.TurnStatus{sessionstore.TurnRunning, sessionstore.TurnFailed, status} {
			late := t
			late.Status, late.Result = next, "another end"
			_, err := k.Commit(k.ctx, sessionstore.Mutation{Turns: []sessionstore.Turn{late}})
			k.refuses(fmt.Sprintf("%s after %s", next, status), err, sessionstore.ErrConflict)
		}
		got, err := k.Turn(k.ctx, t.ID)
		k.must(err)
		k.same("the turn", got, t)
	}
	k.turnEndsOnceInARace()
}

func (k *kit) turnEndsOnceInARace() {
	race := k.queue("s", "race", 9)
	var ends atomic.Int32
	each(8, func(i int) {
		t := race
		t.Status, t.Result = sessionstore.TurnCompleted, fmt.Sprint(i)
		if _, err := k.Commit(k.ctx, sessionstore.Mutation{Turns: []sessionstore.Turn{t}}); err == nil {
			ends.Add(1)
		}
	})
	if n := ends.Load(); n != 1 {
		k.Errorf("8 at once ended a turn: %d succeeded, want 1", n)
	}
}

func liveTurns(k *kit) {
	k.create("a")
	k.create("b")
	k.queue("a", "third", 3)
	k.queue("b", "first", 1)
	k.queue("a", "fourth", 4)
	second := k.queue("b", "second", 2)
	second.Status = sessionstore.TurnWaiting
	k.commit(sessionstore.Mutation{Turns: []sessionstore.Turn{second}})
	fourth := newTurn("a", "fourth", 4)
	fourth.Status = sessionstore.TurnCompleted
	k.commit(sessionstore.Mutation{Turns: []sessionstore.Turn{fourth}})
	k.reopen()
	got, err := k.LiveTurns(k.ctx)
	k.must(err)
	k.same("live turns", got, []sessionstore.Turn{newTurn("b", "first", 1), second, newTurn("a", "third", 3)})
}

func requestsListed(k *kit) {
	k.create("s")
	k.create("s1")
	at := k.clock.Now()
	request := func(session, id string, after time.Duration) sessionstore.Request {
		return sessionstore.Request{
			ID: id, SessionID: session, TurnID: "t", Tool: "Bash", Input: json.RawMessage(`{"n":9007199254740993}`),
			Status: sessionstore.RequestOpen, OpenedAt: at.Add(after),
		}
	}
	late, early, other := request("s", "a", time.Minute), request("s", "b", 0), request("s1", "b", 0)
	for _, r := range []sessionstore.Request{late, early, other} {
		k.commit(sessionstore.Mutation{Requests: []sessionstore.Request{r}})
	}
	early.Status, early.AnsweredAt = sessionstore.RequestDenied, at.Add(time.Hour)
	k.commit(sessionstore.Mutation{Requests: []sessionstore.Request{early}})
	k.reopen()
	all, err := k.Requests(k.ctx, "s", false)
	k.must(err)
	k.same("all requests", all, []sessionstore.Request{early, late})
	open, err := k.Requests(k.ctx, "s", true)
	k.must(err)
	k.same("open requests", open, []sessionstore.Request{late})
}
