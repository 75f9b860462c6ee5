package engine

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func (p *place) update(c *Client, req UpdateRequest) Updated {
	p.t.Helper()
	u, err := c.Update(context.Background(), Call{}, req)
	if err != nil {
		p.t.Fatalf("updating %s: %v", req.Session, err)
	}
	return u
}

// What a session is called changes, and nothing else.
func TestUpdateRecord(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	s := p.put(sessionstore.Session{Name: "old", Tags: []string{"a", "b"}, CLITitle: "of the CLI", Settings: sessionstore.Settings{PermissionMode: "bypassPermissions"}})
	p.put(sessionstore.Session{Name: "taken"})
	u := p.update(c, UpdateRequest{Session: "old", Name: ptr("new"), Title: ptr(" A title "), AddTags: []string{"c", "b"}, RemoveTags: []string{"a", "z"}, Note: ptr("n"), Archived: ptr(true)})
	if want := []string{"name", "title", "tags", "note", "archived"}; !slices.Equal(u.Changed, want) {
		t.Errorf("changed is %q", u.Changed)
	}
	got := p.session(s.ID)
	if got.Name != "new" || u.Session.Title != "A title" || !slices.Equal(got.Tags, []string{"b", "c"}) || got.Note != "n" || !got.Archived {
		t.Errorf("it is %+v", got)
	}
	if !got.UpdatedAt.Equal(s.UpdatedAt) || got.Version != s.Version+1 {
		t.Errorf("it was active at %s, before %s; version %d", got.UpdatedAt, s.UpdatedAt, got.Version)
	}
	if u := p.update(c, UpdateRequest{Session: "new", AddTags: []string{"b"}, Archived: ptr(true)}); len(u.Changed) != 0 || u.Next == "" || p.session(s.ID).Version != got.Version {
		t.Errorf("without a difference it is %+v", u)
	}
	if list, err := c.List(context.Background(), Call{}, ListRequest{Query: "title", Archived: "any"}); err != nil || list.Total != 1 {
		t.Errorf("by its title it is found %d times, %v", list.Total, err)
	}
	if u := p.update(c, UpdateRequest{Session: "new", Name: ptr(""), Title: ptr(""), Archived: ptr(false)}); u.Session.Title != "of the CLI" || u.Session.Archived {
		t.Errorf("without name and title it is %+v", u.Session)
	}
}

func TestUpdateRefuses(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	p.put(sessionstore.Session{Name: "main", LastMessage: "m"})
	p.put(sessionstore.Session{Name: "taken"})
	for _, test := range []struct {
		req  UpdateRequest
		want Code
	}{
		{UpdateRequest{}, InvalidArgument},
		{UpdateRequest{Name: ptr("taken")}, NameTaken},
		{UpdateRequest{Name: ptr("two\nlines")}, InvalidArgument},
		{UpdateRequest{Title: ptr("two\nlines")}, InvalidArgument},
		{UpdateRequest{Title: ptr(strings.Repeat("x", 201))}, InvalidArgument},
		{UpdateRequest{AddTags: []string{" "}}, InvalidArgument},
		{UpdateRequest{Note: ptr(strings.Repeat("x", 10_001))}, InvalidArgument},
		{UpdateRequest{SettingsPatch: SettingsPatch{PermissionMode: ptr("bypassPermissions")}}, PermissionDenied},
		{UpdateRequest{SettingsPatch: SettingsPatch{AppendSystemPrompt: ptr("new")}}, InvalidArgument},
		{UpdateRequest{SettingsPatch: SettingsPatch{MaxTurns: ptr(-1)}}, InvalidArgument},
	} {
		test.req.Session = "main"
		if _, err := c.Update(t.Context(), Call{}, test.req); code(err) != test.want {
			t.Errorf("%+v gave %v, want %s", test.req, err, test.want)
		}
	}
	if got, err := p.store.Resolve(t.Context(), "main"); err != nil || got.Version != 1 {
		t.Errorf("after refusals it is version %d, %v", got.Version, err)
	}
}

// New settings hold from the next turn on; a running one takes model and mode.
func TestUpdateSettings(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	id := start(t, c, "one\n!hold one\n!say Done.", 0).Session.ID
	p.held("one")
	resume(t, c, id, "two", 0)
	u := p.update(c, UpdateRequest{Session: id, SettingsPatch: SettingsPatch{Model: ptr("opus"), PermissionMode: ptr("plan"), MaxTurns: ptr(7)}})
	if want := []string{"max_turns", "model", "permission_mode"}; !slices.Equal(u.Changed, want) {
		t.Errorf("changed is %q", u.Changed)
	}
	live := strings.Join(u.Live, "\n")
	for _, want := range []string{"goes on with model opus", "goes on with permission_mode plan", "max_turns holds from the next prompt", "(1) keep the settings"} {
		if !strings.Contains(live, want) {
			t.Errorf("live does not say %q:\n%s", want, live)
		}
	}
	p.release("one")
	two := p.get(c, id)
	p.until("the end", func() bool {
		two = p.get(c, id)
		return two.Session.Status == sessionstore.Idle && two.Session.Turns == 2
	})
	if got := p.turn(two.Turn.ID).Settings.Model; got != "" {
		t.Errorf("the turn that waited already has model %q", got)
	}
	if got := resume(t, c, id, "three", 30); p.turn(got.Turn.ID).Settings.MaxTurns != 7 || got.Session.Settings.Model != "opus" {
		t.Errorf("the next turn's settings are %+v", p.turn(got.Turn.ID).Settings)
	}
	// What Claude Code refuses is told, and holds all the same.
	bypass := Caller{Cwd: p.caller.Cwd, Claude: p.caller.Claude, Env: p.caller.Env, Policy: Policy{AllowBypass: true}}
	resume(t, c, id, "four\n!hold four", 0)
	p.held("four")
	u = p.update(c.For(bypass), UpdateRequest{Session: id, SettingsPatch: SettingsPatch{PermissionMode: ptr("bypassPermissions")}})
	if len(u.Live) != 1 || !strings.Contains(u.Live[0], "did not take permission_mode bypassPermissions") || u.Session.Settings.PermissionMode != "bypassPermissions" {
		t.Errorf("refused, it is %q with mode %s", u.Live, u.Session.Settings.PermissionMode)
	}
	p.release("four")
}

// What is told to a running turn is not told to the one that comes after it.
func TestUpdateIsForTheRunningTurn(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	one := start(t, c, "one\n!hold one", 0)
	p.held("one")
	p.begun(c, one.Session.ID)
	two := resume(t, c, one.Session.ID, "two\n!hold two\n!tool Write {\"file_path\":\"x\",\"content\":\"y\"}", 0)
	l := c.hold(one.Session.ID)
	defer c.drop(l)
	c.mu.Lock()
	j := l.running
	c.mu.Unlock()
	p.release("one")
	p.held("two")
	told := c.tellTurn(context.Background(), l, j, sessionstore.Settings{PermissionMode: "acceptEdits"}, []string{"permission_mode"})
	p.release("two")
	p.waiting(c, one.Session.ID)
	if len(told) != 1 || !strings.Contains(told[0], "from the next prompt on") {
		t.Errorf("told: %q", told)
	}
	p.reply(c, ReplyRequest{Session: one.Session.ID, Decision: Deny})
	p.ended(two.Turn.ID)
}
