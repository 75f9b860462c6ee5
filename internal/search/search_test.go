package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// patience bounds everything that a test waits for.
const patience = time.Minute

// place is a store with an index of it.
type place struct {
	t     testing.TB
	dir   string
	store *sessionstore.DB
	*Index
}

func newPlace(t testing.TB) *place {
	t.Helper()
	store, err := sessionstore.Open("", sessionstore.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	p := &place{t: t, dir: filepath.Join(t.TempDir(), "search"), store: store}
	p.open()
	return p
}

// open opens the index, until the test ends or close is called.
func (p *place) open() {
	p.t.Helper()
	x, err := Open(Options{Dir: p.dir, Store: p.store, Log: slog.New(slog.NewTextHandler(p.t.Output(), nil))})
	if err != nil {
		p.t.Fatal(err)
	}
	p.Index = x
	p.t.Cleanup(func() { x.Close() })
}

func (p *place) close() {
	p.t.Helper()
	if err := p.Close(); err != nil {
		p.t.Fatal(err)
	}
}

// session makes a session with a transcript of these lines.
func (p *place) session(s sessionstore.Session, lines ...string) sessionstore.Session {
	p.t.Helper()
	if s.ID == "" {
		s.ID = uuid.NewString()
	}
	s.RootID, s.Status, s.Origin = s.ID, sessionstore.Idle, sessionstore.Managed
	if s.CreatedAt.IsZero() {
		s.CreatedAt = p.store.Now()
	}
	done, err := p.store.Commit(context.Background(), sessionstore.Mutation{Create: &s})
	if err != nil {
		p.t.Fatal(err)
	}
	p.say(s.ID, lines...)
	return done.Created
}

func (p *place) say(id string, lines ...string) {
	p.t.Helper()
	a := sessionstore.Append{SessionID: id}
	for _, l := range lines {
		a.Lines = append(a.Lines, json.RawMessage(l))
	}
	if _, err := p.store.Append(context.Background(), a); err != nil {
		p.t.Fatal(err)
	}
}

// message is a line of a transcript, said at a time.
func message(role, id, text string, at time.Time) string {
	raw, err := json.Marshal(map[string]any{"type": role, "uuid": id, "timestamp": at, "message": map[string]any{"role": role, "content": text}})
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func say(text string) string { return message("user", uuid.NewString(), text, time.Now()) }

// find returns the hits of a query.
func (p *place) find(q Query) []Hit {
	p.t.Helper()
	page, err := p.Search(context.Background(), q)
	if err != nil {
		p.t.Fatalf("searching for %q: %v", q.Text, err)
	}
	return page.Hits
}

// until waits for a query to have so many hits.
func (p *place) until(text string, hits int) []Hit {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		got := p.find(Query{Text: text, Limit: maxLimit})
		if len(got) == hits {
			return got
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%q has %d hits, want %d: %+v", text, len(got), hits, got)
		}
	}
}

// complete waits until nothing is left to index.
func (p *place) complete() {
	p.t.Helper()
	seq, err := p.store.Seq(context.Background())
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	p.queue.await(ctx, seq)
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if _, total := p.Progress(); total == 0 {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatal("the index is never complete")
		}
	}
}

func TestWhatIsFound(t *testing.T) {
	p := newPlace(t)
	s := p.session(sessionstore.Session{Name: "clockwork", Tags: []string{"urgent"}},
		say("Warum ist die Größe der Uhr falsch? See src/foo_bar/main.go"),
		message("assistant", uuid.NewString(), "The clock drifts: 時計が遅れる. HTTPServer restarts.", time.Now()),
		`{"type":"assistant","uuid":"u-tool","timestamp":"2026-01-02T03:04:05Z","message":{"content":[{"type":"tool_use","name":"Bash","input":{"command":"systemctl restart chronyd"}}]}}`,
		`{"type":"user","uuid":"u-result","message":{"content":[{"type":"tool_result","content":"resultword"}]}}`)
	p.session(sessionstore.Session{}, say("nothing of that kind"))
	tests := []struct {
		query   string
		role    string // "" for no hit
		snippet string
	}{
		{"uhr", RoleUser, "**Uhr**"},
		{"GRÖSSE", "", ""}, // ß is ß
		{"GROßE", RoleUser, "**Größe**"},
		{"größe", RoleUser, "**Größe**"},
		{"grosse uhr", "", ""},
		{"uhr clock", "", ""}, // not in one message
		{"clock drifts", RoleAssistant, "**clock** **drifts**"},
		{`"clock drifts"`, RoleAssistant, "**clock drifts**"},
		{`"drifts clock"`, "", ""},
		{`"clock drifts`, RoleAssistant, "**clock drifts**"},
		{"drif*", RoleAssistant, "**drifts**"},
		{"drif", "", ""},
		{"main.go", RoleUser, "**main.go**"},
		{"foo_bar", RoleUser, "**foo_bar**"},
		{"foo_b*", RoleUser, "**foo_bar**"},
		{"時計", RoleAssistant, "**時計**"},
		{"計時", "", ""},
		{"httpserver", RoleAssistant, "**HTTPServer**"},
		{"chronyd", RoleAssistant, "systemctl restart **chronyd**"},
		{"resultword", "", ""},
		{"clockwork", RoleTitle, "**clockwork**"},
		{"urgent", RoleTitle, "**urgent**"},
		{"NOT uhr", "", ""}, // no operators
		{"uhr) OR (x", "", ""},
		{`text:uhr`, "", ""},
	}
	p.complete()
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			hits := p.find(Query{Text: test.query})
			if test.role == "" {
				if len(hits) > 0 {
					t.Errorf("found %+v", hits)
				}
				return
			}
			if len(hits) != 1 || hits[0].SessionID != s.ID || hits[0].Role != test.role || !strings.Contains(hits[0].Snippet, test.snippet) {
				t.Errorf("got %+v, want %s of %s with %s", hits, test.role, s.ID, test.snippet)
			}
		})
	}
}

func TestRoleAndSessionsAreFiltered(t *testing.T) {
	p := newPlace(t)
	one := p.session(sessionstore.Session{Name: "pear one"}, say("a pear"), message("assistant", uuid.NewString(), "the pear", time.Now()))
	two := p.session(sessionstore.Session{}, say("two pear trees"))
	p.until("pear", 4)
	if got := p.find(Query{Text: "pear", Role: RoleAssistant}); len(got) != 1 || got[0].Role != RoleAssistant {
		t.Errorf("answers: %+v", got)
	}
	asked := map[string]int{}
	got := p.find(Query{Text: "pear", Fits: func(id string) (bool, error) { asked[id]++; return id == two.ID, nil }})
	if len(got) != 1 || got[0].SessionID != two.ID || asked[one.ID] != 1 {
		t.Errorf("of one session: %+v, asked %v", got, asked)
	}
	broken := errors.New("broken")
	if _, err := p.Search(t.Context(), Query{Text: "pear", Fits: func(string) (bool, error) { return false, broken }}); !errors.Is(err, broken) {
		t.Errorf("a filter that fails: got %v", err)
	}
}

func TestRanking(t *testing.T) {
	p := newPlace(t)
	now := time.Now()
	long := strings.Repeat("lorem ipsum dolor ", 100)
	texts := []struct {
		role, text string
		age        time.Duration
	}{
		{"user", "the maple tree", 0},
		{"user", "the maple tree, long ago", 300 * 24 * time.Hour},
		{"assistant", long + " maple " + long + " tree", 0},
		{"assistant", long + " maple tree " + long, 0},
	}
	s := p.session(sessionstore.Session{})
	for i, m := range texts {
		p.say(s.ID, message(m.role, fmt.Sprint(i), m.text, now.Add(-m.age)))
	}
	var got []string
	for _, h := range p.until("maple tree", len(texts)) {
		got = append(got, h.UUID)
	}
	if want := []string{"0", "1", "3", "2"}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

// A page goes on where the one before ended, whatever comes meanwhile, and
// every hit is on one page.
func TestPaging(t *testing.T) {
	p := newPlace(t)
	s := p.session(sessionstore.Session{})
	const all = 2*blockSize + 50
	var lines []string
	for i := range all {
		lines = append(lines, message("user", fmt.Sprintf("m%d", i), strings.Repeat("walnut ", 1+i%7)+fmt.Sprint(i), time.Now().Add(-10*time.Second-time.Duration(i)*time.Second/2)))
	}
	p.say(s.ID, lines...)
	p.complete()
	seen := map[string]int{}
	q := Query{Text: "walnut", Limit: 70}
	for pages := 0; ; pages++ {
		page, err := p.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range page.Hits {
			seen[h.UUID]++
		}
		if page.Next == "" {
			break
		}
		if len(page.Hits) != q.Limit {
			t.Errorf("page %d has %d hits, want %d", pages, len(page.Hits), q.Limit)
		}
		q.Cursor = page.Next
		p.say(s.ID, message("user", fmt.Sprintf("new%d", pages), "walnut", time.Now()))
	}
	for i := range all {
		if n := seen[fmt.Sprintf("m%d", i)]; n != 1 {
			t.Errorf("message %d was found %d times", i, n)
		}
	}
	if len(seen) != all {
		t.Errorf("found %d messages, want %d: those that came later are not for these pages", len(seen), all)
	}
}

func TestPagingWithinExactBounds(t *testing.T) {
	p := newPlace(t)
	s := p.session(sessionstore.Session{})
	for i := range 4 {
		p.say(s.ID, say(fmt.Sprintf("hazel %d", i)))
	}
	p.until("hazel", 4)
	page, err := p.Search(t.Context(), Query{Text: "hazel", Limit: 4})
	if err != nil || len(page.Hits) != 4 || page.Next != "" {
		t.Errorf("one full page: %d hits, next %q, %v", len(page.Hits), page.Next, err)
	}
	page, err = p.Search(t.Context(), Query{Text: "hazel", Limit: 3})
	if err != nil || len(page.Hits) != 3 || page.Next == "" {
		t.Fatalf("first of two pages: %d hits, next %q, %v", len(page.Hits), page.Next, err)
	}
	if _, err := p.Search(t.Context(), Query{Text: "other", Cursor: page.Next}); !errors.Is(err, ErrBadCursor) {
		t.Errorf("the cursor of another query: %v", err)
	}
	if _, err := p.Search(t.Context(), Query{Text: "hazel", Role: RoleUser, Cursor: page.Next}); !errors.Is(err, ErrBadCursor) {
		t.Errorf("the cursor of another role: %v", err)
	}
}

// A fork has its parent's messages under the same uuids: each is one hit, in
// the parent as long as that is wanted.
func TestCopiesAreOneHit(t *testing.T) {
	p := newPlace(t)
	lines := []string{message("user", "shared", "the elm", time.Now()), say("own elm")}
	fork := p.session(sessionstore.Session{}, lines[0])
	parent := p.session(sessionstore.Session{CreatedAt: time.Now().Add(-time.Hour)}, lines...)
	for _, h := range p.until("elm", 2) {
		if h.SessionID != parent.ID {
			t.Errorf("hit in %s, want the parent %s", h.SessionID, parent.ID)
		}
	}
	got := p.find(Query{Text: "elm", Fits: func(id string) (bool, error) { return id == fork.ID, nil }})
	if len(got) != 1 || got[0].SessionID != fork.ID {
		t.Errorf("without the parent: %+v", got)
	}
}

func TestTheIndexFollowsTheStore(t *testing.T) {
	p := newPlace(t)
	s := p.session(sessionstore.Session{Name: "birch"}, message("user", "m1", "larch", time.Now()))
	p.until("larch", 1)
	p.say(s.ID, message("user", "m2", "larch again", time.Now()))
	p.until("larch", 2)
	p.until("birch", 1)
	s, err := p.store.Session(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	s.Name = "alder"
	if _, err := p.store.Commit(t.Context(), sessionstore.Mutation{Update: &s}); err != nil {
		t.Fatal(err)
	}
	p.until("alder", 1)
	p.until("birch", 0)
	if err := p.store.Delete(t.Context(), s.ID, 0); err != nil {
		t.Fatal(err)
	}
	p.until("larch", 0)
	p.until("alder", 0)
	p.session(sessionstore.Session{ID: s.ID}, say("one"), say("two"), say("three larch"))
	p.until("larch", 1)
	p.until("three", 1)
}

// What was indexed stays, what came while the index was closed is added, and
// what went is gone.
func TestGoingOn(t *testing.T) {
	p := newPlace(t)
	keep := p.session(sessionstore.Session{}, say("spruce one"))
	gone := p.session(sessionstore.Session{}, say("spruce two"))
	p.until("spruce", 2)
	p.complete()
	p.close()
	p.say(keep.ID, say("spruce three"))
	if err := p.store.Delete(t.Context(), gone.ID, 0); err != nil {
		t.Fatal(err)
	}
	p.open()
	p.until("spruce", 2)
	p.until("three", 1)
	if _, err := p.Search(t.Context(), Query{Text: "two"}); err != nil {
		t.Fatal(err)
	}
}

// After a restart nobody waits for changes that were indexed before it.
func TestNothingToWaitFor(t *testing.T) {
	p := newPlace(t)
	p.session(sessionstore.Session{}, say("alder"))
	p.until("alder", 1)
	p.complete()
	p.close()
	p.open()
	seq, err := p.store.Seq(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if p.queue.await(ctx, seq); ctx.Err() != nil {
		t.Error("a search waits for what is in the index")
	}
}

func TestClosed(t *testing.T) {
	p := newPlace(t)
	p.close()
	if _, err := p.Search(t.Context(), Query{Text: "x1"}); !errors.Is(err, ErrClosed) {
		t.Errorf("searching: %v", err)
	}
	if _, err := p.Rebuild(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("rebuilding: %v", err)
	}
}

func TestRebuild(t *testing.T) {
	p := newPlace(t)
	for i := range 20 {
		p.session(sessionstore.Session{}, say(fmt.Sprintf("rowan %d", i)))
	}
	p.until("rowan", 20)
	if n, err := p.Rebuild(t.Context()); err != nil || n != 20 {
		t.Fatalf("Rebuild = %d, %v; want 20 sessions", n, err)
	}
	p.until("rowan", 20)
}

// After a Rebuild that failed there is nothing to search, and the next one
// works as soon as it can.
func TestRebuildAfterOneThatFailed(t *testing.T) {
	p := newPlace(t)
	p.session(sessionstore.Session{}, say("hazel"))
	p.until("hazel", 1)
	inTheWay := filepath.Join(p.dir, fileName+"-journal")
	if err := os.MkdirAll(filepath.Join(inTheWay, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := p.Rebuild(t.Context()); err == nil || errors.Is(err, ErrClosed) {
			t.Errorf("rebuilding where nothing can be removed: %v", err)
		}
		if _, err := p.Search(t.Context(), Query{Text: "hazel"}); !errors.Is(err, ErrBroken) {
			t.Errorf("searching where there is nothing: %v", err)
		}
	}
	if err := os.RemoveAll(inTheWay); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Rebuild(t.Context()); err != nil || n != 1 {
		t.Fatalf("Rebuild = %d, %v; want 1 session", n, err)
	}
	p.until("hazel", 1)
}

// An index that cannot be read, or is of another store, is made anew.
func TestBrokenIndex(t *testing.T) {
	breaks := map[string]func(file string) error{
		"garbage":   func(file string) error { return os.WriteFile(file, []byte("this is no database, not at all"), 0o600) },
		"empty":     func(file string) error { return os.Truncate(file, 0) },
		"cut":       func(file string) error { return os.Truncate(file, 5000) },
		"not there": os.Remove,
		"half zero": func(file string) error {
			raw, err := os.ReadFile(file)
			if err == nil {
				clear(raw[len(raw)/2:])
				err = os.WriteFile(file, raw, 0o600)
			}
			return err
		},
		"another store": func(file string) error {
			db, err := connectDatabase(filepath.Dir(file))
			if err != nil {
				return err
			}
			if _, err := db.write.Exec(`UPDATE meta SET value = '1 other' WHERE key = 'store'`); err != nil {
				return err
			}
			return db.close()
		},
	}
	for name, damage := range breaks {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.session(sessionstore.Session{}, say("juniper"))
			p.until("juniper", 1)
			p.close()
			if err := damage(filepath.Join(p.dir, fileName)); err != nil {
				t.Fatal(err)
			}
			p.open()
			p.until("juniper", 1)
		})
	}
}

// An index that was made by older rules is made anew from the store, while
// searches are answered.
func TestIndexOfOlderRules(t *testing.T) {
	p := newPlace(t)
	p.session(sessionstore.Session{}, say("juniper"))
	p.until("juniper", 1)
	p.close()
	db, err := connectDatabase(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{`DELETE FROM docs`, `DELETE FROM words`, `UPDATE meta SET value = '` + schemaVersion + ` ' || substr(value, instr(value, ' ') + 1) WHERE key = 'store'`} {
		if _, err := db.write.Exec(change); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.close(); err != nil {
		t.Fatal(err)
	}
	p.open()
	if _, err := p.Search(t.Context(), Query{Text: "juniper"}); err != nil {
		t.Error(err)
	}
	p.until("juniper", 1)
}

// The same entries twice, as after a crash between two batches, are there once.
func TestIdempotence(t *testing.T) {
	p := newPlace(t)
	p.session(sessionstore.Session{Name: "yew"}, say("yew tree"), say("yew wood"))
	p.until("yew", 3)
	p.complete()
	if _, err := p.db.write.Exec(`DELETE FROM transcripts; DELETE FROM meta WHERE key = 'seq'`); err != nil {
		t.Fatal(err)
	}
	p.close()
	p.open()
	p.complete()
	p.until("yew", 3)
	var docs int
	if err := p.db.read.QueryRow(`SELECT count(*) FROM docs`).Scan(&docs); err != nil || docs != 3 {
		t.Errorf("%d documents, %v; want 3", docs, err)
	}
}

// Messages of one second, or without a time, all have a place.
func TestCrowdedSecond(t *testing.T) {
	p := newPlace(t)
	s := p.session(sessionstore.Session{})
	at := time.Now()
	var lines []string
	for i := range 300 {
		lines = append(lines, message("user", fmt.Sprint(i), "poplar", at))
		lines = append(lines, message("user", fmt.Sprint("t", i), "poplar", time.Time{}))
	}
	p.say(s.ID, lines...)
	p.complete()
	var docs int
	if err := p.db.read.QueryRow(`SELECT count(*) FROM docs`).Scan(&docs); err != nil || docs != len(lines) {
		t.Errorf("%d documents, %v; want %d", docs, err, len(lines))
	}
}

// TestListedSessionsWait holds that a session is indexed when its transcript has
// been read, not when it is only listed.
func TestListedSessionsWait(t *testing.T) {
	p := newPlace(t)
	ctx := context.Background()
	id := uuid.NewString()
	s := sessionstore.Session{ID: id, RootID: id, Status: sessionstore.Idle, Origin: sessionstore.Imported, FirstPrompt: "heron"}
	src := sessionstore.Source{SessionID: id, Path: "/there"}
	done, err := p.store.Commit(ctx, sessionstore.Mutation{Create: &s, Source: &src})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.find(Query{Text: "heron"}); len(got) > 0 {
		t.Errorf("found before it was read: %v", got)
	}
	src.ModTime = p.store.Now()
	if _, err := p.store.Commit(ctx, sessionstore.Mutation{Update: &done.Session, Source: &src}); err != nil {
		t.Fatal(err)
	}
	if got := p.find(Query{Text: "heron"}); len(got) != 1 {
		t.Errorf("%d hits when it was read, want 1", len(got))
	}
}
