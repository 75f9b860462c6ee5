//go:build unix

package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// TestOracle holds what our server tells of sessions against what the Claude
// Agent SDK tells, over one config folder in which Claude Code itself and the
// SDK have written every kind of transcript that people have. Where we differ,
// it is in the table of onPurpose, or we are wrong.
func TestOracle(t *testing.T) {
	term := newTerminal(t)
	s := shop{terminal: term, sdk: newAgentSDK(t, term.env), parents: &sync.Map{}}
	ids := s.makeAll(t)

	o := oracle{t: t, sdk: s.sdk, ours: ourServer(term), seen: map[difference]bool{}}
	o.ours.await(t, ids)
	var infos []sdkInfo
	s.sdk.call(&infos, "listSessions", map[string]any{})
	known := map[string]sdkInfo{}
	for _, info := range infos {
		known[info.SessionID] = info
	}
	for _, name := range slices.Sorted(maps.Keys(ids)) {
		id := ids[name]
		o.name = name
		o.session(known[id], o.ours.details(t, id), s.parents)
		o.messages(id)
		o.subagents(id)
	}
	o.order(infos)
	for _, d := range onPurpose {
		if !o.seen[d.difference] {
			t.Errorf("%q no longer differs in %s: take it off the table", d.name, d.field)
		}
	}
}

// makeAll makes the sessions of all cases.
func (s shop) makeAll(t *testing.T) map[string]string {
	var mu sync.Mutex
	ids := map[string]string{}
	t.Run("made", func(t *testing.T) {
		for name, build := range oracleCases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				mine, term := s, *s.terminal
				mine.terminal, term.t, mine.sdk = &term, t, s.sdk.of(t)
				id := build(mine)
				mu.Lock()
				defer mu.Unlock()
				ids[name] = id
			})
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	return ids
}

// difference is a field of a case in which we tell something else than the SDK.
type difference struct{ name, field string }

// onPurpose are the differences that are meant. The name is that of a case, ""
// if it is so in all.
var onPurpose = []struct {
	difference
	why string
}{
	{difference{"", "summary"}, "a session without a title is called by its first prompt, which stays; the SDK calls it by its last"},
	{difference{"", "lastModified"}, "a session is as new as what was said in it last; the SDK goes by the file, which a copy or a new title touches, too"},
	{difference{"first prompt comes from an editor", "text"}, "what an editor adds to a prompt is not shown"},
	{difference{"first prompt is a command", "messages"}, "the output of a local command is shown"},
	{difference{"only a command", "messages"}, "the same"},
	{difference{"only a command", "firstPrompt"}, "a command that asks the model nothing is no prompt"},
	{difference{"", "text of <task-notification>"}, "news of a sub-agent are shown as people read them"},
	{difference{"compacted", "messages"}, "what was said before is still shown; the SDK begins with the summary"},
	{difference{"just compacted", "messages"}, "the same"},
	{difference{"prompt given while a tool runs", "uuid of a prompt"}, "it has that of its entry, at which Claude Code can fork; the SDK gives that under which it was sent"},
}

// sdkInfo is a session as the SDK tells of it.
type sdkInfo struct {
	SessionID, Summary, CustomTitle, FirstPrompt, GitBranch, Cwd, Tag string
	LastModified, CreatedAt                                           int64 // in milliseconds
	FileSize                                                          int64
	Archived                                                          bool
}

// oracle compares, and knows which of the differences it has met.
type oracle struct {
	t    *testing.T
	sdk  *agentSDK
	ours *reader
	name string // of the case
	seen map[difference]bool
}

// same compares a field.
func (o *oracle) same(field string, sdk, ours any) {
	o.t.Helper()
	if sdk == ours {
		return
	}
	for _, name := range []string{o.name, ""} {
		for _, d := range onPurpose {
			if d.difference == (difference{name, field}) {
				o.seen[d.difference] = true
				return
			}
		}
	}
	o.t.Errorf("%s: %s:\nSDK  %v\nours %v", o.name, field, sdk, ours)
}

// session compares what is told of a session in a list.
func (o *oracle) session(sdk sdkInfo, details engine.Details, parents *sync.Map) {
	o.same("firstPrompt", sdk.FirstPrompt, asSDK(details.FirstPrompt))
	if sdk.SessionID == "" {
		return // it does not list it
	}
	ours := details.Session
	o.same("summary", sdk.Summary, ours.Title)
	if sdk.CustomTitle != "" {
		o.same("customTitle", sdk.CustomTitle, ours.Title)
	}
	o.same("lastModified", sdk.LastModified, ours.UpdatedAt.UnixMilli())
	touched := time.UnixMilli(sdk.LastModified)
	if ours.UpdatedAt.After(touched.Add(time.Second)) || ours.UpdatedAt.Before(touched.Add(-patience)) {
		o.same("about when it was last modified", touched, ours.UpdatedAt)
	}
	o.same("fileSize", sdk.FileSize, details.Files.TranscriptBytes)
	o.same("gitBranch", sdk.GitBranch, ours.GitBranch)
	o.same("cwd", sdk.Cwd, ours.Cwd)
	o.same("tag", sdk.Tag, strings.Join(ours.Tags, " "))
	o.same("createdAt", sdk.CreatedAt, ours.CreatedAt.UnixMilli())
	o.same("archived", sdk.Archived, ours.Archived)
	parent, _ := parents.Load(sdk.SessionID) // the SDK tells of none, but we know
	o.same("parent", fmt.Sprint(cmp.Or(parent, any(""))), ours.ParentID)
}

// asSDK is a prompt as the SDK writes it: on one line, and of 200 units.
func asSDK(prompt string) string {
	prompt = strings.TrimSpace(strings.ReplaceAll(prompt, "\n", " "))
	if runes := []rune(prompt); len(runes) > 200 {
		return strings.TrimSpace(string(runes[:200])) + "…"
	}
	return prompt
}

// order compares the order of the lists, among sessions that do not differ in
// when they were changed.
func (o *oracle) order(infos []sdkInfo) {
	o.name = "order of the list"
	ours := o.ours.list(o.t)
	for i := 1; i < len(ours.Sessions); i++ {
		if a, b := ours.Sessions[i-1], ours.Sessions[i]; a.UpdatedAt.Before(b.UpdatedAt) {
			o.t.Errorf("%s, of %v, stands before %s, of %v", a.ID, a.UpdatedAt, b.ID, b.UpdatedAt)
		}
	}
	listed := map[string]bool{}
	for _, row := range ours.Sessions {
		listed[row.ID] = true
	}
	for _, info := range infos {
		if !listed[info.SessionID] && !info.Archived {
			o.t.Errorf("%s is in the SDK's list, not in ours", info.SessionID)
		}
	}
}

// reader reads our server.
type reader struct{ *mcpClient }

// ourServer connects a client to a server of ours for the terminal's sessions.
func ourServer(term *terminal) *reader {
	t := term.t
	t.Setenv("XDG_RUNTIME_DIR", "")
	data := filepath.Join(t.TempDir(), "data")
	env := append(slices.Clone(term.env), "CLAUDE_SESSIONS_DATA_DIR="+data, "CLAUDE_SESSIONS_CLAUDE="+term.claude,
		"TMPDIR="+os.TempDir(), "GORACE=atexit_sleep_ms=0")
	c, err := connect("oracle", term.dir, filepath.Join(binaries, "mcp-server"), env, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.leave(); err != nil {
			t.Error(err)
		}
		endEngine(t, data)
	})
	return &reader{c}
}

// into calls a tool and reads its result.
func (r *reader) into(t *testing.T, result any, tool string, args map[string]any) {
	t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := r.call(tool, string(raw))
	if err == nil && answer.IsError {
		err = fmt.Errorf("the call failed: %s", answer.Text)
	}
	if err == nil {
		raw, err = json.Marshal(answer.Structured)
	}
	if err == nil {
		err = json.Unmarshal(raw, result)
	}
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
}

func (r *reader) list(t *testing.T) (list engine.List) {
	t.Helper()
	r.into(t, &list, "list_sessions", map[string]any{"limit": 200, "archived": "any"})
	return list
}

// await waits until all sessions are imported, those of ids among them.
func (r *reader) await(t *testing.T, ids map[string]string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		list, missing := r.list(t), maps.Clone(ids)
		maps.DeleteFunc(missing, func(_, id string) bool {
			return slices.ContainsFunc(list.Sessions, func(row engine.Row) bool { return row.ID == id })
		})
		if list.Importing == "" && len(missing) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions are listed, not %v, %s", list.Total, missing, list.Importing)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// details reads all about a session.
func (r *reader) details(t *testing.T, id string) (d engine.Details) {
	t.Helper()
	r.into(t, &d, "get_session", map[string]any{"session": id})
	return d
}
