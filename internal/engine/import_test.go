package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

const (
	elsewhereA = "aaaaaaaa-1111-4222-8333-444455556666"
	elsewhereB = "bbbbbbbb-1111-4222-8333-444455556666"
	elsewhereC = "cccccccc-1111-4222-8333-444455556666"
)

// dawn is when the transcripts of these tests begin.
var dawn = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// begun is the line with which a terminal begins a transcript.
func begun(minute int) string {
	return fmt.Sprintf(`{"type":"queue-operation","operation":"enqueue","timestamp":%q}`, dawn.Add(time.Duration(minute)*time.Minute).Format(time.RFC3339))
}

// turnLines are the lines of a turn, begun at a minute, with uuids p<n> and a<n>.
func turnLines(n, minute int, parent, prompt, answer string) []string {
	at := dawn.Add(time.Duration(minute) * time.Minute).Format(time.RFC3339)
	if parent != "" {
		parent = fmt.Sprintf(`"parentUuid":%q,`, parent)
	}
	return []string{
		fmt.Sprintf(`{%s"type":"user","uuid":"p%d","timestamp":%q,"cwd":"/w","gitBranch":"topic","message":{"role":"user","content":%q}}`, parent, n, at, prompt),
		fmt.Sprintf(`{"parentUuid":"p%d","type":"assistant","uuid":"a%d","timestamp":%q,"message":{"role":"assistant","id":"m%d","model":"claude-x","stop_reason":"end_turn",`+
			`"content":[{"type":"text","text":%q}],"usage":{"input_tokens":100,"output_tokens":10}}}`, n, n, at, n, answer),
	}
}

func saved(cost float64) string { return fmt.Sprintf(`{"type":"cost-state","totalCostUSD":%g}`, cost) }

func title(s string) string { return fmt.Sprintf(`{"type":"custom-title","customTitle":%q}`, s) }

// path is where a terminal keeps a session.
func (p *place) path(id string) string {
	return filepath.Join(p.dir, "config", "projects", "-w", id+".jsonl")
}

// terminal writes lines to a transcript, as Claude Code in a terminal does.
func (p *place) terminal(path string, lines ...string) {
	p.t.Helper()
	p.raw(path, strings.Join(lines, "\n")+"\n")
}

func (p *place) raw(path, text string) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if closeErr := f.Close(); err != nil || closeErr != nil {
		p.t.Fatal(err, closeErr)
	}
}

// awaits waits until a session is as wanted.
func (p *place) awaits(what, id string, as func(sessionstore.Session) bool) (s sessionstore.Session) {
	p.t.Helper()
	defer func() {
		if p.t.Failed() {
			p.t.Logf("it is %+v", s)
		}
	}()
	p.until(what, func() bool {
		var err error
		s, err = p.store.Session(context.Background(), id)
		return err == nil && as(s)
	})
	return s
}

// stored are the lines that the store has of a session.
func (p *place) stored(id string) (lines []string) {
	p.t.Helper()
	return p.storedOf(id, "")
}

// storedOf are those of one of its transcripts.
func (p *place) storedOf(id, sub string) (lines []string) {
	p.t.Helper()
	for entry, err := range p.store.Entries(context.Background(), id, sub, 0) {
		if err != nil {
			p.t.Fatal(err)
		}
		lines = append(lines, string(entry.Raw))
	}
	return lines
}

// settled waits until all that is known to an engine's importer is read.
func (p *place) settled(e *Engine) {
	p.t.Helper()
	p.until("the end of the import", func() bool {
		for _, im := range e.allImporters() {
			im.mu.Lock()
			defer im.mu.Unlock()
			for _, f := range im.files {
				if f.queued || f.working || f.fresh() {
					return false
				}
			}
		}
		return true
	})
}

// session is what is stored of a session.
func (p *place) session(id string) sessionstore.Session {
	p.t.Helper()
	s, err := p.store.Session(context.Background(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func turns(n int) func(sessionstore.Session) bool {
	return func(s sessionstore.Session) bool { return s.Turns == n }
}

func TestImport(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.raw(filepath.Join(p.dir, "config", "settings.json"), `{"cleanupPeriodDays":7}`)
	lines := slices.Concat([]string{begun(0)}, turnLines(1, 1, "", "What is it?", "It is this."), []string{title("a title"), saved(0.5)})
	p.terminal(p.path(elsewhereA), append(lines, `{"type":"api-request","big":1}`)...)
	c := p.client(Config{})
	p.awaits("the session", elsewhereA, turns(1))
	p.settled(c.Engine)
	s := p.session(elsewhereA)
	modified, err := os.Stat(p.path(elsewhereA))
	if err != nil {
		t.Fatal(err)
	}
	want := sessionstore.Session{
		ID: elsewhereA, RootID: elsewhereA, Origin: sessionstore.Imported, Status: sessionstore.Idle,
		CLITitle: "a title", FirstPrompt: "What is it?", LastPrompt: "What is it?", LastResult: "It is this.",
		Cwd: "/w", GitBranch: "topic", Model: "claude-x", ConfigDir: filepath.Join(p.dir, "config"), Turns: 1, LastMessage: "a1",
		Usage: sessionstore.Usage{InputTokens: 100, OutputTokens: 10, CostUSD: 0.5}, CostTotal: 0.5, ContextTokens: 110,
		CreatedAt: dawn, UpdatedAt: dawn.Add(time.Minute), ExpiresAt: ptr(modified.ModTime().Add(7 * 24 * time.Hour).UTC().Truncate(time.Second)),
		Version: s.Version,
	}
	got, _ := json.Marshal(s)
	wanted, _ := json.Marshal(want)
	if string(got) != string(wanted) {
		t.Errorf("got  %s\nwant %s", got, wanted)
	}
	if got := p.stored(elsewhereA); !slices.Equal(got, lines) {
		t.Errorf("stored\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
	list, err := c.List(context.Background(), Call{}, ListRequest{Origin: "imported"})
	if err != nil || list.Total != 1 || list.Sessions[0].Title != "a title" {
		t.Errorf("the list is %+v, %v", list, err)
	}
	if row := list.Sessions[0]; row.ContextTokens != 110 || row.ContextWindow != 200_000 || row.ExpiresAt == nil {
		t.Errorf("its row has context %d of %d, and expires at %v", row.ContextTokens, row.ContextWindow, row.ExpiresAt)
	}
	c.logins.answered("", agent.Result{Windows: map[string]int64{"claude-x": 500_000}}) // as a turn with this model tells
	if got, err := c.Get(context.Background(), Call{}, GetRequest{Session: elsewhereA}); err != nil || got.Session.ContextWindow != 500_000 {
		t.Errorf("its context holds %d, %v", got.Session.ContextWindow, err)
	}
}

// A session that goes on elsewhere is read on, whole line by whole line.
func TestImportGoesOn(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	path := p.path(elsewhereA)
	p.terminal(path, turnLines(1, 1, "", "one", "1")...)
	p.awaits("the first turn", elsewhereA, turns(1))
	two := turnLines(2, 2, "a1", "two", "2")
	p.terminal(path, two[0])
	p.awaits("the second prompt", elsewhereA, turns(2))
	p.raw(path, two[1][:50])
	p.raw(path, two[1][50:]+"\n")
	s := p.awaits("the second answer", elsewhereA, func(s sessionstore.Session) bool { return s.LastMessage == "a2" })
	if s.LastResult != "2" || s.LastPrompt != "two" || s.FirstPrompt != "one" || s.Usage.InputTokens != 200 || !s.UpdatedAt.Equal(dawn.Add(2*time.Minute)) {
		t.Errorf("it is %+v", s)
	}
	p.settled(c.Engine)
	if got, want := p.stored(elsewhereA), append(turnLines(1, 1, "", "one", "1"), two...); !slices.Equal(got, want) {
		t.Errorf("stored %q", got)
	}
	// The next engine takes up where this one was, and stores nothing twice.
	p.close(c.Engine)
	p.terminal(path, title("new"))
	c = p.client(Config{})
	p.awaits("the title", elsewhereA, func(s sessionstore.Session) bool { return s.CLITitle == "new" })
	p.settled(c.Engine)
	if got := p.stored(elsewhereA); len(got) != 5 {
		t.Errorf("stored %q", got)
	}
}

// What is broken is passed over, with the reason; the rest is imported.
func TestImportBroken(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.terminal(p.path(elsewhereA), "no JSON", "\x00\x00", strings.Replace(turnLines(1, 1, "", "one @", "1")[0], "@", "\xff", 1), `{"long":"`+strings.Repeat("x", 129<<20)+`"}`, title("t"))
	p.raw(p.path(elsewhereB), "")
	p.terminal(p.path("no-id"), "{}")
	p.terminal(p.path(elsewhereC), begun(1)) // nothing is said in it
	link := p.path("dddddddd-1111-4222-8333-444455556666")
	if err := os.Symlink(p.path(elsewhereA), link); err != nil {
		t.Fatal(err)
	}
	c := p.client(Config{})
	s := p.awaits("the session", elsewhereA, turns(1))
	if s.FirstPrompt != "one \ufffd" {
		t.Errorf("the prompt is %q", s.FirstPrompt)
	}
	p.awaits("the end of the file", elsewhereA, func(s sessionstore.Session) bool { return s.CLITitle == "t" })
	p.settled(c.Engine)
	replaced := strings.Join(turnLines(9, 9, "", "another", "file"), "\n") + "\n"
	if err := os.WriteFile(p.path(elsewhereC), []byte(replaced), 0o600); err != nil {
		t.Fatal(err)
	}
	p.awaits("another file", elsewhereC, turns(1))
	p.settled(c.Engine) // it was listed before it was read
	if err := os.WriteFile(p.path(elsewhereC), []byte(strings.ReplaceAll(replaced, "another", "a third")), 0o600); err != nil {
		t.Fatal(err)
	}
	p.awaits("a third file", elsewhereC, func(s sessionstore.Session) bool { return s.FirstPrompt == "a third" })
	p.settled(c.Engine)
	info, err := c.Info(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"empty files: 1, such as " + p.path(elsewhereB) + ".",
		"files whose name is no session id: 1, such as " + p.path("no-id") + ".",
		"links, which are not followed: 1, such as " + link + ".",
		"lines of more than 128 MiB: 1, in " + filepath.Join(p.dir, "config") + ".",
		"lines that are no JSON object: 2, in " + filepath.Join(p.dir, "config") + ".",
		"transcripts that became shorter, or were replaced, and were read anew: 1, in " + filepath.Join(p.dir, "config") + ".",
	}
	if !slices.Equal(info.Passed, want) || info.Sessions != 2 || info.Importing != "" {
		t.Errorf("passed over\n%q\nwant\n%q\nof %d sessions, %s", info.Passed, want, info.Sessions, info.Importing)
	}
}

// What Claude Code's clean-up deletes stays in the list, if there is a copy.
func TestImportedFileIsDeleted(t *testing.T) {
	for _, test := range []struct {
		archive Archive
		want    sessionstore.Status
	}{{ArchiveAll, sessionstore.Idle}, {ArchiveManaged, sessionstore.Missing}, {ArchiveOff, sessionstore.Missing}} {
		t.Run(string(test.archive), func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			c := p.client(Config{Archive: test.archive})
			lines := turnLines(1, 1, "", "one", "1")
			p.terminal(p.path(elsewhereA), lines...)
			p.awaits("the session", elsewhereA, turns(1))
			p.settled(c.Engine)
			if err := os.Remove(p.path(elsewhereA)); err != nil {
				t.Fatal(err)
			}
			s := p.awaits("its end", elsewhereA, func(s sessionstore.Session) bool { return s.ExpiresAt == nil })
			if s.Status != test.want || (s.StatusReason != "") != (test.want == sessionstore.Missing) {
				t.Errorf("it is %s: %s", s.Status, s.StatusReason)
			}
			path, err := c.transcript(context.Background(), s) // back in the project folder of /w
			if (err == nil) != (test.want == sessionstore.Idle) {
				t.Errorf("its transcript is written back to %q: %v", path, err)
			}
			if test.want == sessionstore.Missing {
				p.terminal(p.path(elsewhereA), lines...)
			}
			p.terminal(p.path(elsewhereA), turnLines(2, 2, "a1", "two", "2")...)
			p.awaits("it again", elsewhereA, func(s sessionstore.Session) bool { return s.Turns == 2 && s.Status == sessionstore.Idle })
		})
	}
}

// A fork that was made elsewhere finds its parent, and where it was made,
// whichever of the two is read first.
func TestImportedForks(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	one, two := turnLines(1, 1, "", "one", "1"), turnLines(2, 2, "a1", "two", "2")
	p.terminal(p.path(elsewhereA), slices.Concat([]string{begun(0)}, one, []string{saved(1)}, two, []string{saved(2)}, turnLines(3, 3, "a2", "three", "3"), []string{saved(3)})...)
	p.terminal(p.path(elsewhereB), slices.Concat([]string{begun(10)}, one, two, turnLines(4, 11, "a2", "four", "4"), []string{saved(2.5)})...)
	p.terminal(p.path(elsewhereC), slices.Concat([]string{begun(20)}, one, two, turnLines(4, 11, "a2", "four", "4"), turnLines(5, 21, "a4", "five", "5"), []string{saved(2.75)})...)
	e := p.client(Config{}).Engine
	p.awaits("the fork", elsewhereB, func(s sessionstore.Session) bool { return s.ParentID != "" })
	p.awaits("the fork's fork", elsewhereC, func(s sessionstore.Session) bool { return s.ParentID == elsewhereB })
	p.settled(e)
	b, c := p.session(elsewhereB), p.session(elsewhereC)
	if b.ParentID != elsewhereA || b.ForkedAt != "a2" || b.RootID != elsewhereA || b.Turns != 1 || b.Usage.InputTokens != 100 ||
		b.Usage.CostUSD != 0.5 || b.Inherited.CostUSD != 2 || b.Inherited.InputTokens != 200 {
		t.Errorf("the fork is %+v", b)
	}
	if c.ForkedAt != "a4" || c.RootID != elsewhereA || c.Turns != 1 || c.Usage.CostUSD != 0.25 {
		t.Errorf("the fork's fork is %+v", c)
	}
	p.terminal(p.path(elsewhereB), turnLines(6, 30, "a4", "six", "6")...)
	b = p.awaits("more of the fork", elsewhereB, turns(2))
	if b.ParentID != elsewhereA || b.Usage.InputTokens != 200 {
		t.Errorf("the fork is then %+v", b)
	}
	if a, err := p.store.Session(context.Background(), elsewhereA); err != nil || a.ParentID != "" || a.Turns != 3 {
		t.Errorf("the parent is %+v, %v", a, err)
	}
}

// A session of ours that goes on elsewhere is read on; what our own runs said
// is not counted twice.
func TestManagedGoesOnElsewhere(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	a := start(t, c, "one\n!say 1", 30)
	id := a.Session.ID
	p.awaits("the file's time", id, func(s sessionstore.Session) bool { return s.ExpiresAt != nil })
	s := p.awaits("its turn", id, turns(1))
	if s.LastResult != "1" || viewUsage(s.Usage).USD() != a.Session.Usage.USD() || !s.UpdatedAt.Equal(a.Session.UpdatedAt) {
		t.Errorf("after its own turn it is %+v, was %+v", s, a.Session)
	}
	path := agent.TranscriptPath(s.ConfigDir, s.Cwd, id, "")
	p.terminal(path, append(turnLines(2, 2, s.LastMessage, "two", "2"), saved(s.CostTotal+0.5))...)
	s = p.awaits("the turn of elsewhere", id, turns(2))
	if s.LastMessage != "a2" || s.LastResult != "2" || s.LastPrompt != "two" || s.FirstPrompt != "one\n!say 1" || s.Origin != sessionstore.Managed {
		t.Errorf("it is %+v", s)
	}
	if got := s.Usage.CostUSD - a.Session.Usage.USD(); got < 0.499 || got > 0.501 {
		t.Errorf("it cost %g more", got)
	}
	if b := resume(t, c, id, "three\n!recall", 30); b.Turn.Result != "1. one\n2. two\n3. three" || b.Session.Turns != 3 {
		t.Errorf("it goes on with %q after %d turns", b.Turn.Result, b.Session.Turns)
	}
}

// What a terminal has open is not resumed, unless it is forced.
func TestResumeOfHeld(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	a := start(t, c, "one", 30)
	p.until("the end of the process", func() bool { return !c.Busy() && !c.atWork(a.Session.ID) })
	note := filepath.Join(p.dir, "config", "sessions", "1.json")
	p.raw(note, fmt.Sprintf(`{"pid":%d,"sessionId":%q,"cwd":"/elsewhere","status":"idle"}`, os.Getpid(), a.Session.ID))
	_, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: a.Session.ID, Prompt: "two"})
	if code(err) != Busy || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) || !strings.Contains(err.Error(), "/elsewhere") {
		t.Errorf("got %v", err)
	}
	if _, err := c.Fork(context.Background(), Call{}, ForkRequest{Session: a.Session.ID}); err != nil {
		t.Errorf("a fork of it: %v", err)
	}
	b, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: a.Session.ID, Prompt: "two", Force: true})
	if err != nil || b.Turn.Status != sessionstore.TurnCompleted {
		t.Errorf("by force: %+v, %v", b.Turn, err)
	}
}

// The newest of what an imported session says is where it is forked, and the
// copy is compared with it.
func TestForkOfImported(t *testing.T) {
	for _, archive := range []Archive{ArchiveAll, ArchiveOff} {
		t.Run(string(archive), func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			first := start(t, p.client(Config{}), "one\n!say 1", 30)
			// The same transcript, as if it were of somewhere else.
			raw, err := os.ReadFile(agent.TranscriptPath(filepath.Join(p.dir, "config"), p.dir, first.Session.ID, ""))
			if err != nil {
				t.Fatal(err)
			}
			q := newPlace(t, sessionstore.Options{})
			q.raw(q.path(elsewhereA), strings.ReplaceAll(strings.ReplaceAll(string(raw), first.Session.ID, elsewhereA), p.dir, q.dir))
			c := q.client(Config{Archive: archive})
			q.awaits("the session", elsewhereA, turns(1))
			q.settled(c.Engine)
			f, err := c.Fork(context.Background(), Call{}, ForkRequest{Session: elsewhereA, Prompt: "two\n!recall"})
			if err != nil || f.Turn.Result != "1. one\n2. two" || !f.Session.ForkVerified || f.Session.Origin != sessionstore.Managed {
				t.Errorf("the fork is %+v, %v", f, err)
			}
		})
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) is %s", n, got)
		}
	}
}
