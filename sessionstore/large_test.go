package sessionstore_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Writes that are as large as they come are one transaction each, on disk.

// TestManyLongTurnsEndAtOnce ends a turn together with those that steered it,
// each of which has its result, of a session that is itself long.
func TestManyLongTurnsEndAtOnce(t *testing.T) {
	db := open(t, t.TempDir(), sessionstore.Options{})
	defer db.Close()
	for _, size := range []int{200, 3 << 10, 15 << 10, 40 << 10, 63 << 10, 200 << 10, 1 << 20} {
		s := sessionstore.Session{ID: fmt.Sprint("session-", size), Status: sessionstore.Running, Note: strings.Repeat("n", 40<<10)}
		s.Settings.AppendSystemPrompt = strings.Repeat("s", size/4)
		m := sessionstore.Mutation{Create: &s, Source: nil}
		if _, err := db.Commit(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		s, err := db.Session(t.Context(), s.ID)
		if err != nil {
			t.Fatal(err)
		}
		m = sessionstore.Mutation{Update: &s}
		for i := range 12 {
			m.Turns = append(m.Turns, sessionstore.Turn{
				ID: fmt.Sprint(s.ID, "-turn-", i), SessionID: s.ID, Seq: int64(i), Status: sessionstore.TurnCompleted,
				Prompt: strings.Repeat("p", size/2), Result: strings.Repeat("r", size/2), Settings: s.Settings,
			})
		}
		if _, err := db.Commit(t.Context(), m); err != nil {
			t.Errorf("12 turns of %d bytes: %v", size, err)
		}
	}
}

func TestManySessionsAreDeletedAtOnce(t *testing.T) {
	db := open(t, t.TempDir(), sessionstore.Options{})
	defer db.Close()
	const sessions = 1000
	var graves []sessionstore.Deletion
	for i := range sessions {
		s := sessionstore.Session{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Status: sessionstore.Idle, Name: fmt.Sprint("the name of session ", i)}
		if _, err := db.Commit(t.Context(), sessionstore.Mutation{Create: &s}); err != nil {
			t.Fatal(err)
		}
		graves = append(graves, sessionstore.Deletion{SessionID: s.ID, Tombstone: &sessionstore.Tombstone{
			SessionID: s.ID, Name: s.Name, Title: strings.Repeat("題", 200), Path: "/" + strings.Repeat("p", 250), DeletedAt: time.Now(),
		}})
	}
	if err := db.DeleteAll(t.Context(), graves); err != nil {
		t.Fatal(err)
	}
	for _, g := range graves {
		if _, err := db.Session(t.Context(), g.SessionID); !errors.Is(err, sessionstore.ErrNotFound) {
			t.Errorf("%s: %v", g.SessionID, err)
		}
		if _, err := db.Tombstone(t.Context(), g.SessionID); err != nil {
			t.Errorf("%s: %v", g.SessionID, err)
		}
	}
}

// TestManySubAgents drops and deletes a session of which each sub-agent has a
// transcript.
func TestManySubAgents(t *testing.T) {
	db := open(t, t.TempDir(), sessionstore.Options{})
	defer db.Close()
	create(t, db, "s")
	const subs = 1500
	state := json.RawMessage(`"` + strings.Repeat("x", 60<<10) + `"`)
	var lines []json.RawMessage
	for i := range 3000 {
		lines = append(lines, fmt.Appendf(nil, `{"uuid":"00000000-0000-4000-8000-%012d"}`, i))
	}
	if _, err := db.Append(t.Context(), sessionstore.Append{SessionID: "s", Lines: lines, Source: &sessionstore.Source{SessionID: "s", State: state}}); err != nil {
		t.Fatal(err)
	}
	for i := range subs {
		sub := fmt.Sprintf("subagents/workflows/00000000-0000-4000-8000-%012d/agent-%032d%s", i, i, strings.Repeat("x", i%200))
		if _, err := db.Append(t.Context(), sessionstore.Append{SessionID: "s", Sub: sub, Lines: lines[:3]}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.DropEntries(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	if s, err := db.Space(t.Context()); err != nil || s.Lines != 0 {
		t.Errorf("%d bytes of lines, %v", s.Lines, err)
	}
	if err := db.Maintain(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestManyAppendsAreDroppedAtOnce: a crash must not leave half of a transcript
// that was written little by little.
func TestManyAppendsAreDroppedAtOnce(t *testing.T) {
	db := open(t, t.TempDir(), sessionstore.Options{})
	defer db.Close()
	create(t, db, "s")
	for i := range 1800 {
		line := fmt.Appendf(nil, `{"uuid":"%d"}`, i)
		if _, err := db.Append(t.Context(), sessionstore.Append{SessionID: "s", Lines: []json.RawMessage{line}}); err != nil {
			t.Fatal(err)
		}
	}
	before, _ := db.Seq(t.Context())
	if err := db.DropEntries(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	if after, err := db.Seq(t.Context()); after != before+1 {
		t.Errorf("%d writes, %v", after-before, err)
	}
}

// TestManyShortLinesAreMoved has a segment rewritten whose extents are large
// for their lines.
func TestManyShortLinesAreMoved(t *testing.T) {
	db := open(t, t.TempDir(), sessionstore.Options{})
	defer db.Close()
	create(t, db, "stays")
	create(t, db, "goes")
	for i := range 40 {
		var lines []json.RawMessage
		for j := range 1000 {
			lines = append(lines, fmt.Appendf(nil, `{"uuid":"00000000-0000-4000-8000-%012d"}`, i*1000+j))
		}
		for _, id := range []string{"stays", "goes"} {
			if _, err := db.Append(t.Context(), sessionstore.Append{SessionID: id, Lines: lines}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := db.DropEntries(t.Context(), "goes"); err != nil {
		t.Fatal(err)
	}
	if err := db.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range db.Entries(t.Context(), "stays", "", 0) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 40_000 {
		t.Errorf("%d lines, want 40,000", n)
	}
}

// TestFullBatchIsTrimmed has single writes fill a transaction while the change
// log is to be trimmed.
func TestFullBatchIsTrimmed(t *testing.T) {
	db := open(t, t.TempDir(), sessionstore.Options{})
	defer db.Close()
	full := false
	for i := range 100 {
		s := sessionstore.Session{ID: fmt.Sprint(i), Status: sessionstore.Idle}
		m := sessionstore.Mutation{Create: &s}
		for j := range 400 {
			m.Requests = append(m.Requests, sessionstore.Request{ID: fmt.Sprint(i, "-", j), SessionID: s.ID, TurnID: fmt.Sprint(j), Message: strings.Repeat("m", 8*i)})
		}
		_, err := db.Commit(t.Context(), m)
		if full = full || err != nil; full != (err != nil) {
			t.Fatalf("a write fits that is larger than one that did not")
		}
		if err != nil && strings.Contains(err.Error(), "trimming") {
			t.Fatal(i, err)
		}
	}
	if !full {
		t.Error("no write was too large")
	}
}
