package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// asks lets a session ask for a permission, and returns its turn.
func (p *place) asks(c *Client, file string) Answer {
	p.t.Helper()
	a := start(p.t, c, fmt.Sprintf("ask\n!tool Write {\"file_path\":%q,\"content\":\"hi\"}\n!say went on", file), 0)
	p.waiting(c, a.Session.ID)
	return a
}

// waiting waits until a session waits for an answer.
func (p *place) waiting(c *Client, id string) Request {
	p.t.Helper()
	var open OpenRequests
	p.until("a request", func() bool {
		var err error
		if open, err = c.Requests(context.Background(), Call{}, RequestsRequest{}); err != nil {
			p.t.Fatal(err)
		}
		s, err := p.store.Session(context.Background(), id)
		return err == nil && s.Status == sessionstore.Waiting && len(open.Requests) == 1 && open.Requests[0].SessionID == id
	})
	return open.Requests[0]
}

func (p *place) reply(c *Client, req ReplyRequest) Replied {
	p.t.Helper()
	r, err := c.Reply(context.Background(), Call{Client: "tester"}, req)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// What a request is answered reaches Claude Code, and is kept with it.
func TestReply(t *testing.T) {
	tests := []struct {
		name    string
		req     ReplyRequest
		written string
		status  sessionstore.RequestStatus
		denied  string
		mode    string
	}{
		{"allow", ReplyRequest{Decision: Allow}, "hi", sessionstore.RequestAllowed, "", ""},
		{"allow something else", ReplyRequest{Decision: Allow, UpdatedInput: map[string]any{"file_path": "x.txt", "content": "ho"}}, "ho", sessionstore.RequestAllowed, "", ""},
		{"allow always", ReplyRequest{Decision: AllowAlways}, "hi", sessionstore.RequestAllowed, "", "acceptEdits"},
		{"deny", ReplyRequest{Decision: Deny, Message: "not now"}, "", sessionstore.RequestDenied, "not now", ""},
		{"deny without a word", ReplyRequest{Decision: Deny}, "", sessionstore.RequestDenied, "The user does not want this.", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			c := p.client(Config{RequestTimeout: -1})
			a := p.asks(c, "x.txt")
			test.req.Session = a.Session.ID[:8]
			r := p.reply(c, test.req)
			if r.Request.Status != test.status || (r.Added != "") != (test.mode != "") {
				t.Errorf("answered: %+v", r)
			}
			turn := p.ended(a.Turn.ID)
			if turn.Status != sessionstore.TurnCompleted || turn.Result != "went on" {
				t.Errorf("the turn ended %s: %q, %+v", turn.Status, turn.Result, turn.Error)
			}
			got, _ := os.ReadFile(filepath.Join(p.dir, "x.txt"))
			if string(got) != test.written {
				t.Errorf("written is %q, want %q", got, test.written)
			}
			if test.denied != "" && (len(turn.Denials) != 1 || !strings.HasPrefix(turn.Denials[0].Message, test.denied)) {
				t.Errorf("denials are %+v", turn.Denials)
			}
			s, _ := p.store.Session(context.Background(), a.Session.ID)
			if s.Settings.PermissionMode != test.mode {
				t.Errorf("the session's mode is %q, want %q", s.Settings.PermissionMode, test.mode)
			}
			all, _ := p.store.Requests(context.Background(), s.ID, false)
			if len(all) != 1 || all[0].Status != test.status || all[0].AnsweredBy != "tester" {
				t.Errorf("the store has %+v", all)
			}
			_, err := c.Reply(context.Background(), Call{}, ReplyRequest{Session: s.ID, RequestID: all[0].ID, Decision: Deny})
			if code(err) != Conflict || !strings.Contains(err.Error(), "by tester") {
				t.Errorf("a second answer: %v", err)
			}
		})
	}
}

// What was allowed always is not asked again, by the living process and by
// turns that waited already.
func TestAllowAlwaysHolds(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{RequestTimeout: -1})
	a := p.asks(c, "x.txt")
	later := resume(t, c, a.Session.ID, "two\n!tool Write {\"file_path\":\"y.txt\",\"content\":\"hi\"}", 0)
	p.reply(c, ReplyRequest{Session: a.Session.ID, Decision: AllowAlways})
	if got := p.ended(later.Turn.ID); got.Status != sessionstore.TurnCompleted || len(got.Denials) > 0 {
		t.Errorf("the turn that waited ended %s, %+v", got.Status, got.Denials)
	}
	if got := p.startsOf(a.Session.ID); got != 1 {
		t.Errorf("its processes: %d", got)
	}
}

func TestReplyToQuestion(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{RequestTimeout: -1})
	a := start(t, c, `ask
!tool AskUserQuestion {"questions":[{"question":"Which way?","header":"Way","options":[{"label":"Left"},{"label":"Right"}]}]}
!say as you like`, 0)
	r := p.waiting(c, a.Session.ID)
	if len(r.Questions) != 1 || len(r.Questions[0].Options) != 2 || !strings.Contains(r.Detail, "- Left") || r.Always != "" {
		t.Errorf("the request is %+v", r)
	}
	for _, bad := range []ReplyRequest{
		{Decision: Allow}, {Decision: Deny, Answers: map[string]any{"Way": "Left"}},
		{Answers: map[string]any{"Who?": "Left"}}, {Answers: map[string]any{"Way": 1}}, {},
	} {
		bad.Session = a.Session.ID
		if _, err := c.Reply(context.Background(), Call{}, bad); code(err) != InvalidArgument {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	p.reply(c, ReplyRequest{Session: a.Session.ID, RequestID: r.ID, Answers: map[string]any{"Way": []any{"Left", "Right"}}})
	if turn := p.ended(a.Turn.ID); turn.Status != sessionstore.TurnCompleted || len(turn.Denials) != 0 {
		t.Errorf("the turn ended %s, %+v", turn.Status, turn.Denials)
	}
}

// A caller is told at once of requests of the turns that it has asked for, and
// of their end; others are not its own.
func TestRequestsOfCaller(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	e := p.engine(Config{RequestTimeout: -1})
	p.caller.ID = "one"
	mine := e.For(p.caller)
	p.caller.ID = "two"
	others := e.For(p.caller)
	first, _ := mine.Requests(context.Background(), Call{}, RequestsRequest{Mine: true})
	told := make(chan OpenRequests, 1)
	wait := func(seq uint64) {
		r, _ := mine.Requests(context.Background(), Call{}, RequestsRequest{Mine: true, Since: seq, WaitSeconds: 20})
		told <- r
	}
	go wait(first.Seq)
	a := p.asks(mine, "x.txt")
	now := <-told
	if len(first.Requests) != 0 || len(now.Requests) != 1 || now.Requests[0].TurnID != a.Turn.ID {
		t.Errorf("told of %+v, then %+v", first, now)
	}
	if r, _ := others.Requests(context.Background(), Call{}, RequestsRequest{Mine: true}); len(r.Requests) != 0 {
		t.Errorf("somebody else was told of %+v", r)
	}
	go wait(now.Seq)
	p.reply(others, ReplyRequest{Session: a.Session.ID, Decision: Deny})
	if now := <-told; len(now.Requests) != 0 {
		t.Errorf("after its answer %+v are open", now.Requests)
	}
}

// A request outlives its engine: it is open with the next one, is asked again by
// the turn's next process, and may be answered before that.
func TestRequestSurvives(t *testing.T) {
	for _, before := range []bool{true, false} {
		t.Run(fmt.Sprint("answered before it is asked again: ", before), func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			first := p.engine(Config{RequestTimeout: -1})
			a := p.asks(first.For(p.caller), "x.txt")
			asked := p.waiting(first.For(p.caller), a.Session.ID)
			p.close(first)
			if got := p.turn(a.Turn.ID); got.Status != sessionstore.TurnQueued {
				t.Fatalf("between two engines the turn is %s: %+v", got.Status, got.Error)
			}
			next := p.engine(Config{RequestTimeout: -1})
			stranger := p.caller
			stranger.Env = append([]string{"ANTHROPIC_API_KEY=another"}, stranger.Env...)
			answer := ReplyRequest{Session: a.Session.ID, RequestID: asked.ID, Decision: Allow}
			if before { // from another login, so that the turn does not go on with the call
				p.reply(next.For(stranger), answer)
				next.For(p.caller)
			} else {
				c := next.For(p.caller)
				p.until("the turn's next process", func() bool {
					return p.turn(a.Turn.ID).Attempts == 2 && p.turn(a.Turn.ID).Status == sessionstore.TurnWaiting
				})
				if now := p.waiting(c, a.Session.ID); now.ID != asked.ID {
					t.Errorf("asked again it is %s, not %s", now.ID, asked.ID)
				}
				p.reply(c, answer)
			}
			turn := p.ended(a.Turn.ID)
			if turn.Status != sessionstore.TurnCompleted || turn.Result != "went on" || len(turn.Denials) != 0 {
				t.Errorf("the turn ended %s: %q, %+v %+v", turn.Status, turn.Result, turn.Error, turn.Denials)
			}
			if got, _ := os.ReadFile(filepath.Join(p.dir, "x.txt")); string(got) != "hi" {
				t.Errorf("written is %q", got)
			}
		})
	}
}

// Of what Claude Code suggests the narrowest is taken, for this session alone.
func TestSuggested(t *testing.T) {
	const rules = `{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"npm test *"},{"toolName":"Read"}],"behavior":"allow","destination":"localSettings"}`
	const dirs = `{"type":"addDirectories","directories":["/w"],"destination":"session"}`
	const mode = `{"type":"setMode","mode":"acceptEdits","destination":"session"}`
	for _, test := range []struct{ raw, want string }{
		{"[" + mode + "," + dirs + "," + rules + "]", "Bash(npm test *), Read"},
		{"[" + mode + "," + dirs + "]", "folder /w, permission_mode acceptEdits"},
		{`[{"type":"addRules","behavior":"deny","rules":[{"toolName":"Bash"}]},{"type":"new"},7]`, ""},
		{"", ""},
	} {
		g := suggested([]byte(test.raw))
		if g.String() != test.want {
			t.Errorf("%s: %q, want %q", test.raw, g.String(), test.want)
		}
		for _, raw := range g.raw {
			if !strings.Contains(string(raw), `"destination":"session"`) {
				t.Errorf("it would write a settings file: %s", raw)
			}
		}
	}
}

// An allow_always gives nothing that the operator has not allowed.
func TestCheckGrant(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.caller.Policy.Roots = []string{p.dir}
	c := p.client(Config{})
	for _, test := range []struct {
		g    grant
		want Code
	}{
		{grant{rules: []string{"Bash(ls *)"}}, ""},
		{grant{dirs: []string{p.dir}}, ""},
		{grant{dirs: []string{"/"}}, PermissionDenied},
		{grant{mode: bypassPermissions}, PermissionDenied},
		{grant{}, InvalidArgument},
	} {
		if err := c.checkGrant(test.g); code(err) != test.want {
			t.Errorf("%+v: %v, want %q", test.g, err, test.want)
		}
	}
}

// A request is shown as a person needs it to decide.
func TestDetail(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.txt")
	if err := os.WriteFile(file, []byte("one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		tool, input string
		want        []string
	}{
		{"Bash", `{"command":"rm -rf build","description":"Clean"}`, []string{"Clean\n", "```sh\nrm -rf build\n```", "in " + dir}},
		{"Write", fmt.Sprintf(`{"file_path":%q,"content":"one\nthree\n"}`, file), []string{"a.txt in " + dir, "```diff", "-two\n", "+three\n"}},
		{"Edit", fmt.Sprintf(`{"file_path":%q,"old_string":"two","new_string":"2"}`, file), []string{"-two\n", "+2\n"}},
		{"WebFetch", `{"url":"https://example.com","prompt":"read"}`, []string{"https://example.com", "read"}},
		{"mcp__x__y", `{"a":1}`, []string{"\"a\": 1"}},
		{"Bash", `{"command":"echo '` + "```" + `'"}`, []string{"````sh"}},
	} {
		got := detail(sessionstore.Request{Tool: test.tool, Input: []byte(test.input)}, dir)
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s %s is shown as %q, without %q", test.tool, test.input, got, want)
			}
		}
	}
	if got := cutText(strings.Repeat("é", maxDetail), maxDetail-1); !strings.HasSuffix(got, "bytes more)") || len(got) > maxDetail+40 {
		t.Errorf("cut to %d bytes", len(got))
	}
}

// An answer that would not be what was asked for is refused, and the request
// stays open.
func TestReplyIsWhole(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{RequestTimeout: -1})
	one := p.asks(c, "a.txt")
	for name, req := range map[string]ReplyRequest{
		"another input":      {Decision: Allow, UpdatedInput: map[string]any{"bogus": 1}},
		"an input, and deny": {Decision: Deny, UpdatedInput: map[string]any{"file_path": "a.txt", "content": ""}},
	} {
		req.Session = one.Session.ID
		if _, err := c.Reply(t.Context(), Call{}, req); code(err) != InvalidArgument {
			t.Errorf("%s gave %v", name, err)
		}
	}
	r := p.reply(c, ReplyRequest{Session: one.Session.ID, Decision: Allow, UpdatedInput: map[string]any{"file_path": "b.txt", "content": "ho"}})
	if r.Request.Summary != "Write: b.txt" {
		t.Errorf("what was allowed is told as %q", r.Request.Summary)
	}
	asked := sessionstore.Request{Question: true, Input: []byte(`{"questions":[{"question":"One?"},{"question":"Two?"}]}`)}
	if _, err := c.decide(asked, ReplyRequest{Answers: map[string]any{"One?": "yes"}}); code(err) != InvalidArgument {
		t.Errorf("an answer to one of two questions gave %v", err)
	}
	if _, err := c.decide(asked, ReplyRequest{Answers: map[string]any{"One?": "yes", "Two?": "no"}}); err != nil {
		t.Errorf("answers to both gave %v", err)
	}
}

// Who waits for a turn that asks something is told what, and how to answer.
func TestAnswerHasRequests(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{RequestTimeout: -1})
	one := p.asks(c, "a.txt")
	a := resume(t, c, one.Session.ID, "two", 0)
	if a.Turn.Status != sessionstore.TurnQueued || len(a.Requests) != 0 {
		t.Errorf("of a turn that waits in line: %+v", a)
	}
	a, err := c.answer(t.Context(), one.Session.ID, one.Turn.ID)
	if err != nil || len(a.Requests) != 1 || !strings.Contains(a.Next, a.Requests[0].ID) {
		t.Errorf("of the turn that asks: %+v, %v", a, err)
	}
}
