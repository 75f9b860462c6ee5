package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// chain makes the lines of a conversation, each entry the child of the one
// before it.
type chain struct {
	lines []json.RawMessage
	leaf  string
}

// add appends an entry. fields is the rest of it, as JSON.
func (c *chain) add(uuid, fields string) {
	parent := "null"
	if c.leaf != "" {
		parent = `"` + c.leaf + `"`
	}
	c.lines = append(c.lines, json.RawMessage(fmt.Sprintf(`{"uuid":%q,"parentUuid":%s,%s}`, uuid, parent, fields)))
	c.leaf = uuid
}

func (c *chain) user(uuid, text string) {
	c.add(uuid, fmt.Sprintf(`"type":"user","message":{"role":"user","content":%q}`, text))
}

func (c *chain) says(uuid, reply string, blocks ...string) {
	c.add(uuid, fmt.Sprintf(`"type":"assistant","message":{"id":%q,"role":"assistant","model":"opus","content":[%s],"usage":{"input_tokens":10,"output_tokens":5}}`,
		reply, strings.Join(blocks, ",")))
}

func (c *chain) result(uuid, use, text string) {
	c.add(uuid, fmt.Sprintf(`"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":%q,"content":%q}]}`, use, text))
}

func (c *chain) bookkeeping(uuid string) {
	c.add(uuid, `"type":"attachment","attachment":{"type":"date"}`)
}

func textPart(text string) string { return fmt.Sprintf(`{"type":"text","text":%q}`, text) }

func usePart(id, tool, input string) string {
	return fmt.Sprintf(`{"type":"tool_use","id":%q,"name":%q,"input":%s}`, id, tool, input)
}

// keep stores lines as a transcript.
func (p *place) keep(id, sub string, lines []json.RawMessage) {
	p.t.Helper()
	for some := range slices.Chunk(lines, importBatch) {
		if _, err := p.store.Append(context.Background(), sessionstore.Append{SessionID: id, Sub: sub, Lines: some}); err != nil {
			p.t.Fatal(err)
		}
	}
}

// talk stores a session whose conversation has n prompts, p0 and so on, each
// with an answer, a0 and so on.
func (p *place) talk(name string, n int) sessionstore.Session {
	var c chain
	for i := range n {
		c.user(fmt.Sprintf("p%d", i), fmt.Sprintf("prompt %d", i))
		c.bookkeeping(fmt.Sprintf("x%d", i))
		c.says(fmt.Sprintf("a%d", i), fmt.Sprintf("m%d", i), textPart(fmt.Sprintf("answer %d", i)))
	}
	s := p.put(sessionstore.Session{Name: name, Turns: n})
	p.keep(s.ID, "", c.lines)
	return s
}

func read(t *testing.T, c *Client, req ReadRequest) Transcript {
	t.Helper()
	page, err := c.Read(t.Context(), Call{}, req)
	if err != nil {
		t.Fatalf("reading %+v: %v", req, err)
	}
	if len(page.Messages) != page.Shown {
		t.Errorf("the page says that it shows %d messages, and has %d", page.Shown, len(page.Messages))
	}
	return page
}

func uuids(page Transcript) string {
	var list []string
	for _, m := range page.Messages {
		list = append(list, m.UUID)
	}
	return strings.Join(list, " ")
}

// Pages begin where they are asked to, and tell whether there is more on
// either side.
func TestReadPages(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	p.talk("s", 5)
	tests := []struct {
		req         ReadRequest
		want        string
		older, more bool
	}{
		{ReadRequest{}, "p0 a0 p1 a1 p2 a2 p3 a3 p4 a4", false, false},
		{ReadRequest{Limit: 3}, "a3 p4 a4", true, false},
		{ReadRequest{Limit: 10}, "p0 a0 p1 a1 p2 a2 p3 a3 p4 a4", false, false},
		{ReadRequest{From: "start", Limit: 3}, "p0 a0 p1", false, true},
		{ReadRequest{From: "start", Limit: 10}, "p0 a0 p1 a1 p2 a2 p3 a3 p4 a4", false, false},
		{ReadRequest{From: "p2", Limit: 2}, "p2 a2", true, true},
		{ReadRequest{From: "p4"}, "p4 a4", true, false},
		{ReadRequest{From: "p0", Limit: 1}, "p0", false, true},
		{ReadRequest{From: "x2", Limit: 1}, "a2", true, true}, // an entry that shows nothing
		{ReadRequest{Roles: []string{"user"}, Limit: 2}, "p3 p4", true, false},
		{ReadRequest{Roles: []string{"user"}, From: "start", Limit: 4}, "p0 p1 p2 p3", false, true},
		{ReadRequest{Roles: []string{"tool"}}, "", false, false},
	}
	for _, test := range tests {
		test.req.Session = "s"
		page := read(t, c, test.req)
		if got := uuids(page); got != test.want || (page.PrevCursor != "") != test.older || (page.NextCursor != "") != test.more {
			t.Errorf("%+v gave %q, older %t, newer %t; want %q, %t, %t", test.req, got, page.PrevCursor != "", page.NextCursor != "", test.want, test.older, test.more)
		}
	}
}

// Going all the way by cursors shows each message once, in both directions,
// whatever the size of a page.
func TestReadByCursors(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	const n = 300 // more entries than are read at a time
	p.talk("s", n)
	var want []string
	for i := range n {
		want = append(want, fmt.Sprintf("p%d", i), fmt.Sprintf("a%d", i))
	}
	for _, limit := range []int{7, 200} {
		var down, up []string
		page := read(t, c, ReadRequest{Session: "s", From: "start", Limit: limit})
		for ; page.NextCursor != ""; page = read(t, c, ReadRequest{Session: "s", Limit: limit, Cursor: page.NextCursor}) {
			down = append(down, strings.Fields(uuids(page))...)
		}
		down = append(down, strings.Fields(uuids(page))...)
		for page = read(t, c, ReadRequest{Session: "s", Limit: limit}); page.PrevCursor != ""; page = read(t, c, ReadRequest{Session: "s", Limit: limit, Cursor: page.PrevCursor}) {
			up = append(strings.Fields(uuids(page)), up...)
		}
		up = append(strings.Fields(uuids(page)), up...)
		if diff := cmp.Diff(want, down); diff != "" {
			t.Errorf("limit %d, from the start (-want +got):\n%s", limit, diff)
		}
		if diff := cmp.Diff(want, up); diff != "" {
			t.Errorf("limit %d, from the end (-want +got):\n%s", limit, diff)
		}
	}
}

// What is not on the living branch is not shown, unless it is asked for.
func TestReadBranches(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	s := p.put(sessionstore.Session{Name: "s", Turns: 3})
	var lines chain
	lines.user("p0", "begin")
	lines.says("a0", "m0", textPart("begun"))
	lines.user("p1", "left")
	lines.says("a1", "m1", textPart("went left"))
	lines.leaf = "a0"
	lines.user("p2", "right")
	lines.says("a2", "m2", textPart("went right"))
	lines.lines = append(lines.lines, json.RawMessage(`{"type":"user","uuid":"sub","parentUuid":"a2","isSidechain":true,"message":{"content":"x"}}`))
	p.keep(s.ID, "", lines.lines)
	for from, want := range map[string]string{
		"end": "p0 a0 p2 a2", "start": "p0 a0 p2 a2", "p1": "p1 a1", "a0": "a0 p2 a2",
	} {
		if got := uuids(read(t, c, ReadRequest{Session: "s", From: from})); got != want {
			t.Errorf("from %s there is %q, want %q", from, got, want)
		}
	}
	older := read(t, c, ReadRequest{Session: "s", From: "p1", Limit: 1}).PrevCursor
	if got := uuids(read(t, c, ReadRequest{Session: "s", Cursor: older})); got != "p0 a0" {
		t.Errorf("before a message of a dead branch there is %q, want its own past", got)
	}
}

// A message tells what it holds, as much as was asked for.
func TestReadParts(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	const prompt = "aaaaaaaa-0000-4000-8000-000000000001"
	s := p.put(sessionstore.Session{Name: "s", Turns: 1}, sessionstore.Turn{
		ID: prompt, Status: sessionstore.TurnCompleted, Usage: sessionstore.Usage{CostUSD: 0.5},
	})
	long := strings.Repeat("0123456789\n", 1900)
	var lines chain
	lines.user(prompt, "Do it.")
	lines.says("t", "m1", `{"type":"thinking","thinking":"hm"}`)
	lines.says("u", "m1", usePart("tu", "Bash", `{"command":"make"}`))
	lines.result("r", "tu", long)
	lines.says("a", "m2", textPart("Done."))
	p.keep(s.ID, "", lines.lines)

	got := read(t, c, ReadRequest{Session: "s"})
	tokens := &Tokens{Input: 10, Output: 5}
	want := []Message{
		{UUID: prompt, Role: "user", Text: "Do it.", TurnID: prompt, Turn: &TurnNote{Status: sessionstore.TurnCompleted, Usage: Usage{Cost: KnownCost(0.5)}}},
		{UUID: "u", Role: "assistant", Model: "opus", Uses: []ToolUse{{ID: "tu", Name: "Bash", Summary: "Bash: make"}}, Tokens: tokens},
		{UUID: "r", Role: "tool", Results: []ToolResult{{UseID: "tu", Name: "Bash", Text: long[:summaryBytes], Cut: len(long)}}},
		{UUID: "a", Role: "assistant", Model: "opus", Text: "Done.", Tokens: tokens},
	}
	if diff := cmp.Diff(want, got.Messages); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if !strings.Contains(got.Next, "for r that is") {
		t.Errorf("next is %q, want how to get the whole of r", got.Next)
	}

	page := read(t, c, ReadRequest{Session: "s", IncludeThinking: true, IncludeTools: "none"})
	if got := uuids(page); got != prompt+" t a" || page.Messages[1].Thinking != "hm" || page.Messages[1].Tokens == nil {
		t.Errorf("with thinking and without tools there is %q, %+v", got, page.Messages)
	}
	page = read(t, c, ReadRequest{Session: "s", From: "u", IncludeTools: "full"})
	if use := page.Messages[0].Uses[0]; string(use.Input) != `{"command":"make"}` {
		t.Errorf("the input in full is %s", use.Input)
	}
	if r := page.Messages[1].Results[0]; r.Cut != len(long) || len(r.Text) > DefaultReadTokens*bytesPerToken/toolShare {
		t.Errorf("beside others, a long result has %d bytes, cut of %d; want a share of the page", len(r.Text), r.Cut)
	}
	page = read(t, c, ReadRequest{Session: "s", From: "r", IncludeTools: "full", Limit: 1})
	if r := page.Messages[0].Results[0]; r.Text != long || r.Cut != 0 {
		t.Errorf("by itself, a long result has %d bytes, cut of %d; want all %d", len(r.Text), r.Cut, len(long))
	}
}

// No page takes more than it may.
func TestReadBudget(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	s := p.put(sessionstore.Session{Name: "s", Turns: 1})
	var lines chain
	for i := range 13 {
		text := strings.Repeat("wörd\t文 ", 1<<i)
		input, _ := json.Marshal(map[string]any{"content": text, "list": []string{text, text}})
		lines.user(fmt.Sprintf("p%d", i), text)
		lines.says(fmt.Sprintf("u%d", i), "", usePart("t", "Write", string(input)))
		lines.result(fmt.Sprintf("r%d", i), "t", text)
	}
	p.keep(s.ID, "", lines.lines)
	for _, most := range []int{500, 2000, DefaultReadTokens} {
		for _, tools := range []string{ToolsSummary, ToolsFull} {
			seen := 0
			req := ReadRequest{Session: "s", MaxTokens: most, IncludeTools: tools}
			for page := read(t, c, req); ; page = read(t, c, req) {
				raw, err := json.Marshal(page.Messages)
				if err != nil {
					t.Fatal(err)
				}
				if page.Shown > 1 && (page.Tokens > most || len(raw)/bytesPerToken > most+page.Shown) {
					t.Errorf("a page for %d tokens says %d, and has %d bytes", most, page.Tokens, len(raw))
				}
				if page.Shown == 1 && len(raw) > 4*most*bytesPerToken {
					t.Errorf("a single message for %d tokens has %d bytes", most, len(raw))
				}
				seen += page.Shown
				if req.Cursor = page.PrevCursor; req.Cursor == "" {
					break
				}
			}
			if seen != 39 {
				t.Errorf("%d tokens, tools %s: %d messages were shown, want 39", most, tools, seen)
			}
		}
	}
}

// Sub-agents are read by a part of their name, and only then.
func TestReadSubagent(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	s := p.talk("s", 1)
	for _, name := range []string{"agent-abc1", "agent-abd2"} {
		p.keep(s.ID, "subagents/"+name, []json.RawMessage{
			json.RawMessage(`{"type":"user","uuid":"` + name + `","isSidechain":true,"message":{"content":"look"}}`),
			json.RawMessage(`{"type":"assistant","uuid":"` + name + `-2","parentUuid":"` + name + `","isSidechain":true,"message":{"content":[{"type":"text","text":"found"}]}}`),
		})
	}
	own := read(t, c, ReadRequest{Session: "s"})
	if diff := cmp.Diff([]string{"subagents/agent-abc1", "subagents/agent-abd2"}, own.Subagents); diff != "" || uuids(own) != "p0 a0" {
		t.Errorf("messages %q, sub-agents (-want +got):\n%s", uuids(own), diff)
	}
	page := read(t, c, ReadRequest{Session: "s", Subagent: "abd", Limit: 1})
	if page.Subagent != "subagents/agent-abd2" || uuids(page) != "agent-abd2-2" {
		t.Errorf("sub-agent abd gave %q of %q", uuids(page), page.Subagent)
	}
	if page = read(t, c, ReadRequest{Session: "s", Cursor: page.PrevCursor}); uuids(page) != "agent-abd2" {
		t.Errorf("its cursor gave %q", uuids(page))
	}
	_, err := c.Read(t.Context(), Call{}, ReadRequest{Session: "s", Subagent: "agent-ab"})
	if e := AsError(err); e.Code != NotFound || !strings.Contains(e.Message, "agent-abc1, subagents/agent-abd2") {
		t.Errorf("a part of two names gave %v", err)
	}
}

// A use of a tool that began a sub-agent names its transcript: by its result,
// wherever that is, and before there is one by the file beside the transcript.
func TestReadSubagentOfUse(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	s := p.put(sessionstore.Session{Name: "s", Turns: 1})
	var lines chain
	lines.user("p0", "look")
	lines.says("a0", "m0", usePart("t1", "Agent", `{"description":"one"}`), usePart("t2", "Agent", `{"description":"two"}`), usePart("t3", "Bash", `{"command":"ls"}`))
	lines.add("r1", `"type":"user","toolUseResult":{"agentId":"a1"},"message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"begun"}]}`)
	lines.result("r3", "t3", "main.go")
	p.keep(s.ID, "", lines.lines)
	for _, name := range []string{"agent-a1", "agent-a2"} {
		p.keep(s.ID, "subagents/"+name, []json.RawMessage{json.RawMessage(`{"type":"user","uuid":"` + name + `","isSidechain":true,"message":{"content":"look"}}`)})
	}
	named := func() (list []string) {
		for _, m := range read(t, c, ReadRequest{Session: "s"}).Messages {
			for _, u := range m.Uses {
				list = append(list, "use "+u.ID+" "+u.Subagent)
			}
			for _, r := range m.Results {
				list = append(list, "result "+r.UseID+" "+r.Subagent)
			}
		}
		return list
	}
	want := []string{"use t1 subagents/agent-a1", "use t2 ", "use t3 ", "result t1 subagents/agent-a1", "result t3 "}
	if diff := cmp.Diff(want, named()); diff != "" {
		t.Errorf("by results (-want +got):\n%s", diff)
	}
	write(t, agent.TranscriptPath(s.ConfigDir, s.Cwd, s.ID, ""), "{}\n")
	path := agent.TranscriptPath(s.ConfigDir, s.Cwd, s.ID, "subagents/agent-a2")
	write(t, path, "{}\n")
	write(t, strings.TrimSuffix(path, ".jsonl")+".meta.json", `{"toolUseId":"t2"}`)
	want[1] = "use t2 subagents/agent-a2"
	if diff := cmp.Diff(want, named()); diff != "" {
		t.Errorf("by files, too (-want +got):\n%s", diff)
	}
	if page := read(t, c, ReadRequest{Session: "s", Limit: 2}); page.Messages[0].Results[0].Subagent != "subagents/agent-a1" {
		t.Errorf("a result without its use is of %q", page.Messages[0].Results[0].Subagent)
	}
}

// A fork that never ran shows what it will begin with, and no more.
func TestReadForkThatNeverRan(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	parent := p.talk("parent", 3)
	fork := p.put(sessionstore.Session{Name: "fork", ParentID: parent.ID, RootID: parent.ID, ForkedAt: "a1"})
	p.put(sessionstore.Session{Name: "fork of it", ParentID: fork.ID, RootID: parent.ID, ForkedAt: "a0"})
	for name, want := range map[string]string{"fork": "p0 a0 p1 a1", "fork of it": "p0 a0"} {
		page := read(t, c, ReadRequest{Session: name})
		if got := uuids(page); got != want || page.Inherited != parent.ID {
			t.Errorf("%s shows %q of %s, want %q of its parent", name, got, page.Inherited, want)
		}
	}
	if _, err := c.Read(t.Context(), Call{}, ReadRequest{Session: "fork", From: "p2"}); AsError(err).Code != NotFound {
		t.Errorf("what its parent said later gave %v, want not_found", err)
	}
}

// A transcript that the store has nothing of is read from its file.
func TestReadFile(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	s := p.put(sessionstore.Session{Name: "s", Origin: sessionstore.Imported})
	if _, err := c.Read(t.Context(), Call{}, ReadRequest{Session: "s"}); AsError(err).Code != SessionMissing {
		t.Errorf("without any transcript there is %v, want session_missing", err)
	}
	var lines chain
	lines.user("p0", "hello")
	lines.says("a0", "m", textPart("hi"))
	text := string(lines.lines[0]) + "\nno json\n" + string(lines.lines[1]) + "\n"
	path := agent.TranscriptPath(s.ConfigDir, s.Cwd, s.ID, "")
	write(t, path, text)
	write(t, agent.TranscriptPath(s.ConfigDir, s.Cwd, s.ID, "subagents/agent-a"), `{"type":"user","uuid":"sub","isSidechain":true,"message":{"content":"x"}}`+"\n")
	if got := uuids(read(t, c, ReadRequest{Session: "s"})); got != "p0 a0" {
		t.Errorf("the file gave %q", got)
	}
	if got := uuids(read(t, c, ReadRequest{Session: "s", Limit: 1, Subagent: "agent-a"})); got != "sub" {
		t.Errorf("the file of a sub-agent gave %q", got)
	}
	if got := p.allLines(c, LinesRequest{Session: "s"}); got != text {
		t.Errorf("the lines are\n%swant the file\n%s", got, text)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(path[:strings.LastIndexByte(path, os.PathSeparator)], 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Requests that make no sense are refused in words.
func TestReadRefusals(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	p.talk("s", 2)
	p.talk("other", 2)
	p.put(sessionstore.Session{Name: "new"})
	foreign := read(t, c, ReadRequest{Session: "other", Limit: 1}).PrevCursor
	tests := []struct {
		req  ReadRequest
		want Code
	}{
		{ReadRequest{}, InvalidArgument},
		{ReadRequest{Session: "none"}, NotFound},
		{ReadRequest{Session: "s", From: "nowhere"}, NotFound},
		{ReadRequest{Session: "s", Limit: MaxReadLimit + 1}, InvalidArgument},
		{ReadRequest{Session: "s", Limit: -1}, InvalidArgument},
		{ReadRequest{Session: "s", MaxTokens: 10}, InvalidArgument},
		{ReadRequest{Session: "s", Roles: []string{"bot"}}, InvalidArgument},
		{ReadRequest{Session: "s", IncludeTools: "some"}, InvalidArgument},
		{ReadRequest{Session: "s", Format: "html"}, InvalidArgument},
		{ReadRequest{Session: "s", Cursor: "x"}, InvalidArgument},
		{ReadRequest{Session: "s", Cursor: foreign}, InvalidArgument},
		{ReadRequest{Session: "s", Subagent: "a"}, NotFound},
		{ReadRequest{Session: "new", Subagent: "a"}, NotFound},
	}
	for _, test := range tests {
		if _, err := c.Read(t.Context(), Call{}, test.req); err == nil || AsError(err).Code != test.want {
			t.Errorf("%+v gave %v, want %s", test.req, err, test.want)
		}
	}
	if page := read(t, c, ReadRequest{Session: "new"}); page.Shown != 0 || page.Next == "" {
		t.Errorf("a session that has said nothing gave %+v", page)
	}
}

// Sub-agents of old versions are in the session's own transcript: they are listed
// and read like others, and the use of a tool that began one names it.
func TestReadInlineSubagents(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	s := p.put(sessionstore.Session{Name: "s", Turns: 1})
	var lines chain
	lines.user("p0", "ask")
	lines.says("u0", "m0", usePart("t0", "Task", `{"prompt":"look it up"}`), usePart("t1", "Task", `{"prompt":"count it"}`))
	side := func(uuid, parent, kind, text string) {
		lines.lines = append(lines.lines, json.RawMessage(fmt.Sprintf(
			`{"type":%q,"uuid":%q,"parentUuid":%s,"isSidechain":true,"message":{"role":%q,"content":[{"type":"text","text":%q}]}}`, kind, uuid, parent, kind, text)))
	}
	side("s1", "null", "user", "count it")
	side("s0", "null", "user", "look it up")
	side("b0", `"s0"`, "assistant", "found")
	side("b1", `"s1"`, "assistant", "three")
	lines.result("r0", "t0", "found it")
	lines.says("a0", "m1", textPart("Done."))
	p.keep(s.ID, "", lines.lines)

	page := read(t, c, ReadRequest{Session: "s"})
	if got := uuids(page); got != "p0 u0 r0 a0" || !slices.Equal(page.Subagents, []string{"inline/agent-s1", "inline/agent-s0"}) {
		t.Errorf("the session has %q, sub-agents %q", got, page.Subagents)
	}
	if uses := page.Messages[1].Uses; uses[0].Subagent != "inline/agent-s0" || uses[1].Subagent != "inline/agent-s1" {
		t.Errorf("the uses are %+v", uses)
	}
	for ref, want := range map[string]string{"inline/agent-s0": "s0 b0", "agent-s1": "s1 b1"} {
		if page := read(t, c, ReadRequest{Session: "s", Subagent: ref}); uuids(page) != want {
			t.Errorf("%s is %q, want %q", ref, uuids(page), want)
		}
	}
	page = read(t, c, ReadRequest{Session: "s", From: "b0", Limit: 1})
	if uuids(page) != "b0" || page.Subagent != "inline/agent-s0" {
		t.Errorf("from a message of a sub-agent there is %q of %q", uuids(page), page.Subagent)
	}
	if page = read(t, c, ReadRequest{Session: "s", Cursor: page.PrevCursor}); uuids(page) != "s0" {
		t.Errorf("before that there is %q", uuids(page))
	}
	if got := p.allLines(c, LinesRequest{Session: "s", Subagent: "agent-s0"}); strings.Count(got, "\n") != 2 || !strings.Contains(got, "found") {
		t.Errorf("its lines are %s", got)
	}
	if _, err := c.Read(t.Context(), Call{}, ReadRequest{Session: "s", Subagent: "agent-s9"}); code(err) != NotFound || !strings.Contains(err.Error(), "inline/agent-s0") {
		t.Errorf("of a sub-agent that is not there: %v", err)
	}
}
