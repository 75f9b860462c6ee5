package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func (p *place) changes(c *Client, req ChangesRequest) Changes {
	p.t.Helper()
	got, err := c.Changes(context.Background(), Call{}, req)
	if err != nil {
		p.t.Fatalf("changes %+v: %v", req, err)
	}
	return got
}

// What changed is told once for each session, as it is now.
func TestChanges(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	begin := p.changes(c, ChangesRequest{}).Seq
	if got := p.changes(c, ChangesRequest{Since: &begin}); len(got.Sessions) != 0 || got.Seq != begin {
		t.Errorf("without a change there is %+v", got)
	}
	one := p.put(sessionstore.Session{Name: "one"})
	two := p.put(sessionstore.Session{Name: "two"})
	one.Name = "first"
	if _, err := p.store.Commit(t.Context(), sessionstore.Mutation{Update: &one}); err != nil {
		t.Fatal(err)
	}
	if err := p.store.Delete(t.Context(), two.ID, 0); err != nil {
		t.Fatal(err)
	}
	got := p.changes(c, ChangesRequest{Since: &begin})
	if len(got.Sessions) != 1 || got.Sessions[0].Title != "first" || !slices.Equal(got.Deleted, []string{two.ID}) || got.More || got.Resync {
		t.Errorf("changes are %+v, want first changed and two deleted", got)
	}
	if again := p.changes(c, ChangesRequest{Since: &got.Seq}); len(again.Sessions)+len(again.Deleted) != 0 || again.Seq != got.Seq {
		t.Errorf("after all changes there is %+v", again)
	}
	late := got.Seq + 1000
	if got := p.changes(c, ChangesRequest{Since: &late}); !got.Resync {
		t.Errorf("since a time to come there is %+v, want a resync", got)
	}
}

// A caller that waits is told at once when something changes.
func TestChangesAreWaitedFor(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	since := p.changes(c, ChangesRequest{}).Seq
	done := make(chan Changes)
	go func() {
		got, err := c.Changes(context.Background(), Call{}, ChangesRequest{Since: &since, WaitSeconds: MaxWaitSeconds})
		if err != nil {
			t.Errorf("waiting: %v", err)
		}
		done <- got
	}()
	s := p.put(sessionstore.Session{Name: "s"})
	select {
	case got := <-done:
		if len(got.Sessions) != 1 || got.Sessions[0].ID != s.ID {
			t.Errorf("heard %+v, want the new session", got)
		}
	case <-time.After(patience):
		t.Fatal("the caller was not told")
	}
}

// Many changes come in parts, none is left out.
func TestManyChanges(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	since := p.changes(c, ChangesRequest{}).Seq
	const n = 2*MaxFollow + 10
	for i := range n {
		p.put(sessionstore.Session{Name: fmt.Sprint("s", i)})
	}
	seen := map[string]bool{}
	for more := true; more; {
		got := p.changes(c, ChangesRequest{Since: &since})
		if len(got.Sessions) > MaxFollow || got.Seq <= since {
			t.Fatalf("%d sessions at once, up to %d after %d", len(got.Sessions), got.Seq, since)
		}
		for _, s := range got.Sessions {
			seen[s.ID] = true
		}
		since, more = got.Seq, got.More
	}
	if len(seen) != n {
		t.Errorf("%d sessions were told, want %d", len(seen), n)
	}
}

func TestComplete(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	id := "abcd" + uuid.NewString()[4:]
	p.put(sessionstore.Session{ID: id, Name: "Main", Tags: []string{"red", "rose"}})
	p.put(sessionstore.Session{Name: "maintenance", Tags: []string{"red"}, Archived: true})
	for range 3 {
		p.put(sessionstore.Session{})
	}
	tests := []struct {
		req  CompleteRequest
		want string
	}{
		{CompleteRequest{Begun: "mai"}, "maintenance Main"},
		{CompleteRequest{Begun: "abcd"}, id},
		{CompleteRequest{Begun: id}, id},
		{CompleteRequest{Begun: "nothing"}, ""},
		{CompleteRequest{Begun: "r", Tag: true}, "red rose"},
		{CompleteRequest{Begun: "ro", Tag: true}, "rose"},
	}
	for _, test := range tests {
		got, err := c.Complete(t.Context(), Call{}, test.req)
		if err != nil {
			t.Fatal(err)
		}
		if values := strings.Join(got.Values, " "); values != test.want || got.More {
			t.Errorf("%+v gave %q, more %t; want %q", test.req, values, got.More, test.want)
		}
	}
	for range MaxCompletions {
		p.put(sessionstore.Session{})
	}
	if got, err := c.Complete(t.Context(), Call{}, CompleteRequest{}); err != nil || len(got.Values) != MaxCompletions || !got.More {
		t.Errorf("without a beginning there are %d values, more %t, %v", len(got.Values), got.More, err)
	}
}

// What a running turn does and says is told to those who ask for that, once.
func TestActs(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	a := start(t, c, "one\n!say Looking.\n!tool Read {\"file_path\":\"/x\"}\n!hold one\n!say Done.", 0)
	p.held("one")
	none := uint64(0)
	var first Changes
	p.until("it has said something", func() bool { return p.get(c, a.Session.ID).LastWords != "" })
	p.until("what it did is told", func() bool {
		first = p.changes(c, ChangesRequest{Acts: &none})
		return slices.Equal(first.Active, []string{a.Session.ID}) && len(first.Sessions) == 0
	})
	if again := p.changes(c, ChangesRequest{Acts: &first.Acts}); len(again.Active) != 0 || again.Acts != first.Acts {
		t.Errorf("without an act there is %+v", again)
	}
	waiting := make(chan Changes)
	go func() { waiting <- p.changes(c, ChangesRequest{Acts: &first.Acts, WaitSeconds: MaxWaitSeconds}) }()
	c.mu.Lock()
	j := c.jobs[a.Turn.ID]
	c.mu.Unlock()
	c.act(j, "reading")
	if got := <-waiting; !slices.Equal(got.Active, []string{a.Session.ID}) || got.Acts <= first.Acts {
		t.Errorf("of an act there is %+v", got)
	}
	if got := p.changes(c, ChangesRequest{Since: &first.Seq}); got.Acts != 0 || len(got.Active) != 0 {
		t.Errorf("who did not ask for acts is told %+v", got)
	}
	p.release("one")
	p.until("nothing is told after the turn", func() bool { return len(p.changes(c, ChangesRequest{Acts: &none}).Active) == 0 })
}
