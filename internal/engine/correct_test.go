package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// outdate makes what is stored of a session as if an engine with older rules had
// stored it: its summary and its record tell what is wrong.
func (p *place) outdate(id string, wrong func(*importState, *sessionstore.Session)) {
	p.t.Helper()
	src, err := p.store.Source(context.Background(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	var state importState
	if err := json.Unmarshal(src.State, &state); err != nil {
		p.t.Fatal(err)
	}
	state.Version = 0
	s := p.session(id)
	wrong(&state, &s)
	src.State = encodeState(state)
	if _, err := p.store.Commit(context.Background(), sessionstore.Mutation{Update: &s, Source: &src, At: s.UpdatedAt}); err != nil {
		p.t.Fatal(err)
	}
}

// misread is what older rules told of a session whose messages p1 to a2 are of.
func misread(state *importState, s *sessionstore.Session) {
	sum := &state.Summary
	sum.FirstPrompt, sum.LastPrompt, sum.LastAnswer, sum.Last = "wrong", "wrong", "a wrong answer", "p1"
	sum.Synopsis, sum.Turns, sum.Usage.InputTokens, sum.GitBranch, sum.Context = "of another session", 7, 7000, "wrong", 7
	s.FirstPrompt, s.LastPrompt, s.LastResult, s.LastMessage = "wrong", "wrong", "a wrong answer", "p1"
	s.Turns, s.Usage.InputTokens, s.GitBranch, s.ContextTokens = 7, 7000, "wrong", 7
	if sum.CustomTitle == "" {
		s.CLITitle = "of another session"
	}
}

// version is by which rules what is stored of a session was made.
func (p *place) version(id string) int {
	p.t.Helper()
	src, err := p.store.Source(context.Background(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	return versionOf(src)
}

// record is what is stored of a session, but for how often it was written.
func (p *place) record(id string) string {
	p.t.Helper()
	s := p.session(id)
	s.Version = 0
	raw, _ := json.Marshal(s)
	return string(raw)
}

// corrected waits until an engine has corrected all that was outdated.
func (p *place) corrected(e *Engine) {
	p.t.Helper()
	p.until("the end of the corrections", func() bool {
		e.corrections.mu.Lock()
		defer e.corrections.mu.Unlock()
		return e.corrections.looked && len(e.corrections.pending) == 0
	})
}

// importAll has an engine import lines as sessions, and closes it.
func (p *place) importAll(c Config, transcripts map[string][]string) {
	p.t.Helper()
	for id, lines := range transcripts {
		p.terminal(p.path(id), lines...)
	}
	e := p.client(c).Engine
	for id := range transcripts {
		p.awaits("session "+id, id, func(s sessionstore.Session) bool { return s.LastMessage != "" })
	}
	p.settled(e)
	p.close(e)
}

func twoTurns() []string {
	return slices.Concat([]string{begun(0)}, turnLines(1, 1, "", "one", "1"), turnLines(2, 2, "a1", "two", "2"), []string{saved(0.5), noSummary})
}

// noSummary is a line that tells no summary of the session.
const noSummary = `{"type":"summary","summary":""}`

// A record of older rules is made again from the stored lines; the file is not
// needed, and what is stored stays.
func TestCorrected(t *testing.T) {
	for name, more := range map[string][]string{"titled": {title("a title")}, "untitled": nil} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			p.importAll(Config{}, map[string][]string{elsewhereA: append(twoTurns(), more...), elsewhereB: turnLines(3, 3, "", "three", "3")})
			want, lines := p.record(elsewhereA), p.stored(elsewhereA)
			p.outdate(elsewhereA, misread)
			p.outdate(elsewhereB, func(*importState, *sessionstore.Session) {})
			for _, id := range []string{elsewhereA, elsewhereB} {
				if err := os.Remove(p.path(id)); err != nil {
					t.Fatal(err)
				}
			}
			e := p.engine(Config{})
			p.corrected(e)
			if got := p.record(elsewhereA); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if got := p.stored(elsewhereA); !slices.Equal(got, lines) {
				t.Errorf("it has the lines %q", got)
			}
			info, err := e.Info(context.Background())
			if want := "records of 2 sessions were made again from their stored lines: 1 corrected"; err != nil || info.Corrections != want || info.Importing != "" {
				t.Errorf("the engine tells %q, %q, %v", info.Corrections, info.Importing, err)
			}
			p.close(e)
			e = p.engine(Config{})
			p.corrected(e)
			if told := e.corrections.told(); told != "" || p.version(elsewhereA) != agent.SummaryVersion {
				t.Errorf("the next engine tells %q", told)
			}
		})
	}
}

// Where there is no copy the file is read again; without either the record stays.
func TestCorrectedWithoutCopy(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	off := Config{Archive: ArchiveOff}
	p.importAll(off, map[string][]string{elsewhereA: twoTurns(), elsewhereB: twoTurns()})
	want := p.record(elsewhereA)
	p.outdate(elsewhereA, misread)
	p.outdate(elsewhereB, misread)
	wrong := p.record(elsewhereB)
	if err := os.Remove(p.path(elsewhereB)); err != nil {
		t.Fatal(err)
	}
	e := p.engine(off)
	p.corrected(e)
	if got := p.record(elsewhereA); got != want || len(p.stored0(elsewhereA)) > 0 {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := p.record(elsewhereB); got != wrong || p.version(elsewhereB) == agent.SummaryVersion {
		t.Errorf("without its lines it became %s", got)
	}
	want = "records of 2 sessions were made again from their stored lines: 1 corrected, 1 left as they were (neither its file nor a copy of all its lines is there)"
	if told := e.corrections.told(); told != want {
		t.Errorf("it tells %q", told)
	}
}

// stored0 is stored for a session that may have no lines.
func (p *place) stored0(id string) []string {
	if heads, err := p.store.Transcripts(context.Background(), id); err != nil || len(heads) == 0 {
		return nil
	}
	return p.stored(id)
}

// A copy of a part is no copy: the store has only what a run of ours has said.
func TestCorrectedWithPartOfCopy(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	off := Config{Archive: ArchiveOff, MaxWarm: -1}
	path := agent.TranscriptPath(p.caller.Env[1][len("CLAUDE_CONFIG_DIR="):], p.dir, elsewhereA, "")
	p.terminal(path, strings.Split(strings.ReplaceAll(strings.Join(twoTurns(), "\n"), `"/w"`, fmt.Sprintf("%q", p.dir)), "\n")...)
	c := p.client(off)
	p.awaits("the session", elsewhereA, turns(2))
	resume(t, c, elsewhereA, "three\n!say 3", 30)
	p.until("the end of the process", func() bool { return !c.Busy() && !c.atWork(elsewhereA) })
	p.awaits("its own turn", elsewhereA, func(s sessionstore.Session) bool { return s.Turns == 3 && s.GitBranch == "HEAD" })
	p.settled(c.Engine)
	p.close(c.Engine)
	want := p.record(elsewhereA)
	p.outdate(elsewhereA, func(state *importState, s *sessionstore.Session) {
		state.Summary.Turns, state.Summary.GitBranch, s.Turns, s.GitBranch = 9, "wrong", 9, "wrong"
	})
	e := p.engine(off)
	p.corrected(e)
	if got := p.record(elsewhereA); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// madeHere starts a session, and returns when its process has ended and its
// transcript was found.
func (p *place) madeHere() (c *Client, id string) {
	p.t.Helper()
	c = p.client(Config{MaxWarm: -1})
	id = start(p.t, c, "one\n!say 1", 30).Session.ID
	p.until("the end of the process", func() bool { return !c.Busy() && !c.atWork(id) })
	p.awaits("its file", id, func(s sessionstore.Session) bool { return s.ExpiresAt != nil })
	return c, id
}

// Of a session that was made here only what the transcript alone tells is
// corrected: what its turns have used was booked when they ended.
func TestCorrectedMadeHere(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c, id := p.madeHere()
	p.add(p.transcript(id), title("renamed in a terminal"))
	p.awaits("its title", id, func(s sessionstore.Session) bool { return s.CLITitle == "renamed in a terminal" })
	p.settled(c.Engine)
	p.close(c.Engine)
	want := p.record(id)
	p.outdate(id, func(state *importState, s *sessionstore.Session) {
		state.Summary.Turns, state.Summary.Usage.InputTokens, state.Summary.LastAnswer = 9, 9000, "wrong"
		state.Summary.Last, s.LastMessage = state.Summary.First, state.Summary.First
		state.Summary.GitBranch, s.GitBranch = "wrong", "wrong"
		state.Summary.Model, s.Model = "wrong", "wrong"
		state.Summary.Context, s.ContextTokens = 9, 9
	})
	if err := os.Remove(p.transcript(id)); err != nil {
		t.Fatal(err)
	}
	p.corrected(p.engine(Config{}))
	if got := p.record(id); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What others have said last in a session that was made here is corrected, and
// not booked again.
func TestCorrectedOutside(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c, id := p.madeHere()
	p.terminal(p.transcript(id), turnLines(2, 2, p.session(id).LastMessage, "two", "2")...)
	p.awaits("the terminal's turn", id, turns(2))
	p.settled(c.Engine)
	p.close(c.Engine)
	want := p.record(id)
	p.outdate(id, func(state *importState, s *sessionstore.Session) {
		sum := &state.Summary
		sum.LastPrompt, sum.LastAnswer, sum.Last = "wrong", "wrong", "p2"
		s.LastPrompt, s.LastResult, s.LastMessage = "wrong", "wrong", "p2"
	})
	p.corrected(p.engine(Config{}))
	if got := p.record(id); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What a fork has used itself is right, whichever of the two is corrected first,
// and also when its parent is gone.
func TestCorrectedForks(t *testing.T) {
	for _, gone := range []bool{false, true} {
		t.Run(fmt.Sprintf("parent gone: %t", gone), func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			one, two := turnLines(1, 1, "", "one", "1"), turnLines(2, 2, "a1", "two", "2")
			p.importAll(Config{}, map[string][]string{
				elsewhereA: slices.Concat([]string{begun(0)}, one, []string{saved(1)}, two, []string{saved(2)}, turnLines(3, 3, "a2", "three", "3"), []string{saved(3)}),
				elsewhereB: slices.Concat([]string{begun(10)}, one, two, turnLines(4, 11, "a2", "four", "4"), []string{saved(2.5)}),
			})
			want := p.record(elsewhereB)
			for _, id := range []string{elsewhereA, elsewhereB} {
				p.outdate(id, func(state *importState, s *sessionstore.Session) {
					state.Summary.Usage.InputTokens, state.Shared.Usage.InputTokens, state.Shared.Turns = 5000, 400, 7
					s.Usage.InputTokens, s.Inherited.InputTokens, s.Turns = 4600, 400, 7
				})
				if err := os.Remove(p.path(id)); err != nil {
					t.Fatal(err)
				}
			}
			if gone {
				if err := p.store.Delete(context.Background(), elsewhereA, 0); err != nil {
					t.Fatal(err)
				}
			}
			p.corrected(p.engine(Config{}))
			if got := p.record(elsewhereB); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// An engine that ends in the middle leaves the rest to the next one. What is in
// use is corrected when it no longer is.
func TestCorrectionsCutOff(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	ids := []string{elsewhereA, elsewhereB, elsewhereC}
	p.importAll(Config{}, map[string][]string{elsewhereA: twoTurns(), elsewhereB: twoTurns(), elsewhereC: twoTurns()})
	want := p.record(elsewhereA)
	p.outdate(elsewhereA, misread)
	e := p.engine(Config{})
	p.corrected(e)
	im := e.importerOf(p.session(elsewhereA).ConfigDir)
	f, err := im.claim(elsewhereA, p.path(elsewhereA))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		p.outdate(id, misread)
	}
	e.corrections.begin(ids)
	if used := e.correctThese(context.Background(), ids); !slices.Equal(used, ids[:1]) {
		t.Errorf("in use are %q", used)
	}
	if told, want := e.corrections.told(), "records of 3 sessions are being made again from their stored lines: 2 done"; told != want {
		t.Errorf("it tells %q", told)
	}
	p.close(e)
	im.release(f)
	if a, b := p.version(elsewhereA), p.version(elsewhereB); a == agent.SummaryVersion || b != agent.SummaryVersion {
		t.Errorf("the versions are %d and %d", a, b)
	}
	e = p.engine(Config{})
	p.corrected(e)
	if got := p.record(elsewhereA); got != want || e.corrections.total != 1 {
		t.Errorf("of %d got %s\nwant %s", e.corrections.total, got, want)
	}
}

// A session that goes on before its turn has come is right at once, and has each
// line once.
func TestCorrectedWhenItGoesOn(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.importAll(Config{}, map[string][]string{elsewhereA: twoTurns()})
	c := p.client(Config{})
	p.corrected(c.Engine)
	p.settled(c.Engine)
	p.outdate(elsewhereA, misread)
	c.corrections.begin([]string{elsewhereA}) // and nobody is at it
	p.terminal(p.path(elsewhereA), turnLines(3, 3, "a2", "three", "3")...)
	s := p.awaits("the third turn", elsewhereA, turns(3))
	p.settled(c.Engine)
	if s.FirstPrompt != "one" || s.LastResult != "3" || s.LastMessage != "a3" || s.Usage.InputTokens != 300 || s.CLITitle != "" {
		t.Errorf("it is %+v", s)
	}
	if lines := p.stored(elsewhereA); len(lines) != 9 {
		t.Errorf("it has the lines %q", lines)
	}
}

// What a run of ours has told the store beyond what was read of the file is
// counted once.
func TestCorrectedBehindARun(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	p.importAll(Config{}, map[string][]string{elsewhereA: twoTurns()})
	p.outdate(elsewhereA, misread)
	three := turnLines(3, 3, "a2", "three", "3")
	p.terminal(p.path(elsewhereA), three...)
	var lines []json.RawMessage
	for _, line := range three {
		lines = append(lines, json.RawMessage(line))
	}
	if _, err := p.store.Append(context.Background(), sessionstore.Append{SessionID: elsewhereA, Lines: lines}); err != nil {
		t.Fatal(err)
	}
	turn := sessionstore.Turn{ID: "p3", SessionID: elsewhereA, Seq: 1, Prompt: "three", Status: sessionstore.TurnCompleted, LastMessage: "a3"}
	if _, err := p.store.Commit(context.Background(), sessionstore.Mutation{Turns: []sessionstore.Turn{turn}}); err != nil {
		t.Fatal(err)
	}
	c := p.client(Config{})
	s := p.awaits("the third turn", elsewhereA, turns(3))
	p.corrected(c.Engine)
	p.settled(c.Engine)
	if s = p.session(elsewhereA); len(p.stored(elsewhereA)) != 9 || s.Turns != 3 || s.Usage.InputTokens != 300 || s.LastMessage != "a3" {
		t.Errorf("it is %+v", s)
	}
}

// A call that asks for a session does not see, nor go on from, an outdated record.
func TestCallsCorrectFirst(t *testing.T) {
	for name, ask := range map[string]func(c *Client) error{
		"get": func(c *Client) error {
			d, err := c.Get(context.Background(), Call{}, GetRequest{Session: elsewhereA})
			if err == nil && d.FirstPrompt != "one" {
				return fmt.Errorf("its first prompt is %q", d.FirstPrompt)
			}
			return err
		},
		"read": func(c *Client) error {
			page, err := c.Read(context.Background(), Call{}, ReadRequest{Session: elsewhereA})
			if err == nil && page.Title != "one" {
				return fmt.Errorf("its title is %q", page.Title)
			}
			return err
		},
		"fork": func(c *Client) error {
			a, err := c.Fork(context.Background(), Call{}, ForkRequest{Session: elsewhereA, SettingsPatch: SettingsPatch{}, Cwd: c.caller.Cwd})
			if err == nil && a.Session.ForkedAt != "a2" {
				return fmt.Errorf("it is forked at %s", a.Session.ForkedAt)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, sessionstore.Options{})
			p.importAll(Config{}, map[string][]string{elsewhereA: twoTurns()})
			c := p.client(Config{})
			p.corrected(c.Engine)
			p.settled(c.Engine)
			p.outdate(elsewhereA, misread)
			c.corrections.begin([]string{elsewhereA}) // and nobody is at it
			if err := ask(c); err != nil {
				t.Error(err)
			}
			if p.version(elsewhereA) != agent.SummaryVersion || len(c.corrections.pending) > 0 {
				t.Error("it is outdated still")
			}
		})
	}
}

// BenchmarkCorrections makes the records of 2,000 sessions again, of 40 turns
// each, and tells how long a call takes meanwhile.
func BenchmarkCorrections(b *testing.B) {
	const sessions = 2000
	p := openPlace(b, b.TempDir(), sessionstore.Options{})
	answer := strings.Repeat("words ", 200)
	var ids []string
	for i := range sessions {
		var lines []string
		for n, parent := 1, ""; n <= 40; n++ {
			lines = append(lines, turnLines(n, n, parent, fmt.Sprint(i, n), answer)...)
			parent = fmt.Sprintf("a%d", n)
		}
		id := fmt.Sprintf("%08x-1111-4222-8333-444455556666", i)
		mark := fmt.Sprintf("%d-", i) // no family of forks
		p.terminal(p.path(id), strings.NewReplacer(`"p`, `"`+mark+`p`, `"a`, `"`+mark+`a`, `"`+mark+`assistant`, `"assistant`).Replace(strings.Join(lines, "\n")))
		ids = append(ids, id)
	}
	e := p.client(Config{}).Engine
	p.until("all sessions", func() bool { _, err := p.store.Session(b.Context(), ids[0]); return err == nil && !e.listing() })
	p.settled(e)
	p.close(e)
	for b.Loop() {
		for _, id := range ids {
			p.outdate(id, func(state *importState, s *sessionstore.Session) { s.Turns, state.Summary.Turns = 9, 9 })
		}
		began := time.Now()
		c := p.client(Config{})
		var slowest time.Duration
		p.until("the corrections", func() bool {
			asked := time.Now()
			if _, err := c.List(b.Context(), Call{}, ListRequest{}); err != nil {
				b.Fatal(err)
			}
			slowest = max(slowest, time.Since(asked))
			c.corrections.mu.Lock()
			defer c.corrections.mu.Unlock()
			return c.corrections.looked && len(c.corrections.pending) == 0
		})
		b.ReportMetric(sessions/time.Since(began).Seconds(), "sessions/s")
		b.ReportMetric(float64(slowest.Milliseconds()), "slowest-list-ms")
		if told := c.corrections.told(); !strings.HasSuffix(told, ": 2,000 corrected") {
			b.Error(told)
		}
		p.close(c.Engine)
	}
}
