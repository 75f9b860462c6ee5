//go:build unix

package e2e

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/claude-sessions/claude-sessions/internal/fakeclaude"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// judge checks the laws over what was called, what the store has, and what the
// fake saw.
func (c *chaos) judge() {
	texts := c.transcripts()
	for _, s := range c.seats {
		s.leave()
	}
	endPlace(c.t, c.data)
	records, err := fakeclaude.ReadLog(filepath.Join(c.dir, fakeLogName))
	if err != nil {
		c.t.Fatal(err)
	}
	if sessions := fakeclaude.Overlaps(records); len(sessions) > 0 {
		c.fault("turns overlap in %s", sessions)
	}
	turns := c.stored()
	c.judgeTurns(turns)
	c.t.Logf("chaos: %d prompts, %d turns, %d records%s", len(c.all), len(turns), len(records), c.story())
	c.judgePrompts(turns, texts)
	c.judgeOrder(turns, records)
	c.judgeLog(records)
}

// transcripts are the conversations of all sessions, as read_transcript shows them.
func (c *chaos) transcripts() map[string]string {
	texts := map[string]string{}
	for _, p := range c.prompts() {
		if _, done := texts[p.session]; !done && p.session != "" && !c.gone[p.session] {
			texts[p.session] = c.readAll(p.session)
		}
	}
	return texts
}

func (c *chaos) readAll(id string) string {
	var all strings.Builder
	args := map[string]any{"session": id, "from": "start", "limit": 200, "include_tools": "none", "format": "json"}
	for {
		r, ok := c.seats[0].call("read_transcript", args)
		if !ok || r.failed {
			if !strings.Contains(r.text, "session_missing") && !c.isGone(id, r) {
				c.fault("session %s cannot be read: %s", id, r.text)
			}
			return all.String()
		}
		for _, m := range r.data.Messages {
			all.WriteString(m.Text + "\n")
		}
		if r.data.NextCursor == "" {
			return all.String()
		}
		args["cursor"] = r.data.NextCursor
	}
}

// stored are all turns that the store has, once its engine is gone.
func (c *chaos) stored() map[string]sessionstore.Turn {
	store, err := sessionstore.Open(filepath.Join(c.data, "store"), sessionstore.Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	defer store.Close()
	c.judgeGone(store)
	ctx, turns := context.Background(), map[string]sessionstore.Turn{}
	for q := (sessionstore.Query{Archived: sessionstore.AnyArchived, Limit: 500}); ; {
		page, err := store.List(ctx, q)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, s := range page.Sessions {
			c.judgeSession(store, s, turns)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return turns
		}
	}
}

// judgeGone: what was deleted is, and nothing else.
func (c *chaos) judgeGone(store sessionstore.Store) {
	ctx := context.Background()
	for id := range c.gone {
		_, err := store.Session(ctx, id)
		if _, buried := store.Tombstone(ctx, id); !errors.Is(err, sessionstore.ErrNotFound) || buried != nil {
			c.fault("session %s was deleted: reading it gives %v, and its tombstone %v", id, err, buried)
		}
	}
	for _, p := range c.prompts() {
		if p.session == "" || c.gone[p.session] {
			continue
		}
		if _, err := store.Session(ctx, p.session); err != nil {
			c.fault("session %s of the acknowledged prompt %s is not there, and nobody deleted it: %v", p.session, p.act.key, err)
		}
	}
}

// judgeSession adds the turns of a session, and checks its record against them.
func (c *chaos) judgeSession(store sessionstore.Store, s sessionstore.Session, turns map[string]sessionstore.Turn) {
	ctx, counted := context.Background(), 0
	for t, err := range store.Turns(ctx, s.ID) {
		if err != nil {
			c.t.Fatal(err)
		}
		turns[t.ID] = t
		if !t.StartedAt.IsZero() || t.Status != sessionstore.TurnInterrupted {
			counted++
		}
	}
	if s.Turns != counted {
		c.fault("session %s counts %d turns, and %d have ended", s.ID, s.Turns, counted)
	}
	if s.Status == sessionstore.Running || s.Status == sessionstore.Queued || s.Status == sessionstore.Waiting {
		c.fault("session %s is %s", s.ID, s.Status)
	}
	for _, tag := range c.tags[s.ID] {
		if !slices.Contains(s.Tags, tag) {
			c.fault("session %s was given the tag %s, and has %s", s.ID, tag, s.Tags)
		}
	}
	if open, err := store.Requests(ctx, s.ID, true); len(open) > 0 || err != nil {
		c.fault("session %s has open requests: %v %v", s.ID, open, err)
	}
}

// judgeTurns: each has ended, as it was told, and for a reason.
func (c *chaos) judgeTurns(turns map[string]sessionstore.Turn) {
	for id, t := range turns {
		if !t.Status.Ended() || t.EndedAt.IsZero() {
			c.fault("turn %s has not ended: %+v", id, t)
		}
		kind := "turn " + string(t.Status)
		if t.Error != nil {
			kind += " " + t.Error.Code
			c.words[kind] = t.Error.Message
		}
		c.counts[kind]++
		if t.Error != nil && (!slices.Contains(codes, t.Error.Code) || t.Error.Code == "conflict" || t.Error.Message == "") {
			c.fault("turn %s failed as %+v", id, *t.Error)
		}
		if (t.Error == nil) != (t.Status == sessionstore.TurnCompleted) {
			c.fault("turn %s is %s with the error %v", id, t.Status, t.Error)
		}
	}
	for id, seen := range c.ends {
		t, ok := turns[id]
		if !ok && c.gone[seen.Session] {
			continue
		}
		if !ok || string(t.Status) != seen.Status || !t.EndedAt.Equal(*seen.EndedAt) || !strings.HasPrefix(t.Result, cut(seen.Result)) {
			c.fault("turn %s ended as %s, and is stored as %s at %s", id, seen, t.Status, t.EndedAt)
		}
	}
}

// judgePrompts: each that was acknowledged has its turn, and no two have the
// same; what was answered is the answer to it, and can be read.
func (c *chaos) judgePrompts(turns map[string]sessionstore.Turn, texts map[string]string) {
	into := map[string]bool{}
	for _, t := range turns {
		into[t.FoldedInto] = true
	}
	of := map[string]string{}
	for _, p := range c.prompts() {
		if p.turn == "" || c.gone[p.session] {
			continue
		}
		t, ok := turns[p.turn]
		if !ok || t.SessionID != p.session {
			c.fault("the acknowledged prompt %s has no turn %s in %s", p.act.key, p.turn, p.session)
		}
		if other := of[p.turn]; other != "" {
			c.fault("the prompts %s and %s have one turn", p.act.key, other)
		}
		of[p.turn] = p.act.key
		text, _ := p.act.args["prompt"].(string)
		if t.Status != sessionstore.TurnCompleted || text == "" {
			continue
		}
		// One that was asked again plays the script of the prompt before.
		if alone := t.FoldedInto == "" && !into[t.ID] && t.Again == ""; alone && !strings.Contains(t.Result, answered(p.act.key)) {
			c.fault("turn %s of the prompt %q has the result %q", t.ID, text, cut(t.Result))
		}
		if all := texts[p.session]; !strings.Contains(all, marked(p.act.key)) || !strings.Contains(all, answered(p.act.key)) {
			c.fault("prompt %s of session %s was answered, and cannot be read", p.act.key, p.session)
		}
	}
}

// judgeOrder: a prompt that is to wait in line began after all of its session
// that were acknowledged before it was sent.
func (c *chaos) judgeOrder(turns map[string]sessionstore.Turn, records []fakeclaude.Record) {
	begun := map[string]int{} // prompt: when it was first heard of
	for i, r := range records {
		for _, id := range r.Prompts {
			if _, ok := begun[id]; !ok {
				begun[id] = i
			}
		}
	}
	all := c.prompts()
	for _, b := range all {
		if b.act.args["if_busy"] != "queue" {
			continue
		}
		for _, a := range all {
			ia, aok := begun[a.turn]
			ib, bok := begun[b.turn]
			if a.session == b.session && !a.acked.IsZero() && a.acked.Before(b.called) && aok && bok && ia > ib {
				c.fault("%s was acknowledged before %s was sent, and began after it in %s", a.act.key, b.act.key, a.session)
			}
		}
	}
}

// judgeLog: no prompt was answered twice.
func (c *chaos) judgeLog(records []fakeclaude.Record) {
	ends := map[string]int{}
	for _, r := range records {
		if r.Event != "turn_end" {
			continue
		}
		for _, id := range r.Prompts {
			if ends[id]++; ends[id] == 2 {
				c.fault("the turn of prompt %s ended twice in Claude Code", id)
			}
		}
	}
}
