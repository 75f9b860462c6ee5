package engine

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func (p *place) delete(c *Client, req DeleteRequest) Deletion {
	p.t.Helper()
	d, err := c.Delete(context.Background(), Call{}, req)
	if err != nil {
		p.t.Fatalf("deleting %q: %v", req.Sessions, err)
	}
	return d
}

func (p *place) gone(id string) bool {
	_, err := p.store.Session(context.Background(), id)
	return errors.Is(err, sessionstore.ErrNotFound)
}

// Without confirm nothing is touched; with it all go, and their files stay,
// unless these are to go, too.
func TestDelete(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	root := start(t, c, "one", 30).Session
	fork, err := c.Fork(context.Background(), Call{}, ForkRequest{Session: root.ID, Name: "fork", Prompt: "two"})
	if err != nil {
		t.Fatal(err)
	}
	other := start(t, c, "other", 30).Session
	path := func(id string) string { return agent.TranscriptPath(filepath.Join(p.dir, "config"), p.dir, id, "") }

	if _, err := c.Delete(context.Background(), Call{}, DeleteRequest{Sessions: []string{other.ID, root.ID}, Confirm: true}); code(err) != Conflict || p.gone(other.ID) {
		t.Fatalf("with a fork it gave %v", err)
	}
	would := p.delete(c, DeleteRequest{Sessions: []string{root.ID}, WithForks: true, DeleteTranscript: true})
	if would.Deleted || would.Total != 2 || would.Forks != 1 || would.StoredBytes == 0 || would.TranscriptBytes == 0 || would.Next == "" ||
		would.Sessions[1].ID != fork.Session.ID || would.Sessions[0].Transcript != path(root.ID) || p.gone(root.ID) {
		t.Errorf("it would be %+v", would)
	}
	did := p.delete(c, DeleteRequest{Sessions: []string{root.ID, "fork"}, Confirm: true, DeleteTranscript: true})
	if !did.Deleted || did.Total != 2 || did.Forks != 0 || len(did.Failed) != 0 || !p.gone(root.ID) || !p.gone(fork.Session.ID) {
		t.Errorf("it is %+v", did)
	}
	for _, id := range []string{root.ID, fork.Session.ID} {
		if _, err := os.Stat(path(id)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the file of %s: %v", id, err)
		}
	}
	again := p.delete(c, DeleteRequest{Sessions: []string{root.ID, "fork"}, Confirm: true})
	if again.Total != 0 || !slices.Equal(again.AlreadyDeleted, []string{root.ID, fork.Session.ID}) {
		t.Errorf("again it is %+v", again)
	}
	p.delete(c, DeleteRequest{Sessions: []string{other.ID}, Confirm: true})
	if _, err := os.Stat(path(other.ID)); err != nil || !p.gone(other.ID) {
		t.Errorf("its file was to stay: %v", err)
	}
}

// What is at work, here or elsewhere, is refused, and with it all others.
func TestDeleteRefuses(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	busy := start(t, c, "one\n!hold one", 0).Session
	p.held("one")
	other := p.put(sessionstore.Session{Name: "other"})
	for _, confirm := range []bool{false, true} {
		if _, err := c.Delete(t.Context(), Call{}, DeleteRequest{Sessions: []string{"other", busy.ID}, Confirm: confirm}); code(err) != Busy {
			t.Errorf("with a session at work it gave %v", err)
		}
	}
	p.release("one")
	for _, test := range []struct {
		sessions []string
		want     Code
	}{
		{nil, InvalidArgument}, {slices.Repeat([]string{"other"}, 101), InvalidArgument}, {[]string{"other", "nobody"}, NotFound}, {[]string{""}, InvalidArgument},
	} {
		if _, err := c.Delete(t.Context(), Call{}, DeleteRequest{Sessions: test.sessions, Confirm: true}); code(err) != test.want {
			t.Errorf("%d sessions gave %v, want %s", len(test.sessions), err, test.want)
		}
	}
	if p.gone(other.ID) {
		t.Error("one of those that were named is gone")
	}
}

// A file that stays does not bring its session back, until somebody adds to it;
// neither now nor with the next engine.
func TestDeletedStaysAway(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	p.awaits("the session", elsewhereA, turns(1))
	p.settled(c.Engine)
	p.delete(c, DeleteRequest{Sessions: []string{elsewhereA}, Confirm: true})
	rescan := func() {
		for _, im := range c.allImporters() {
			im.rescan()
		}
		p.terminal(p.path(elsewhereB), turnLines(5, 1, "", "b", "b")...) // read after it
		p.awaits("another session", elsewhereB, func(s sessionstore.Session) bool { return s.Turns > 0 })
		p.settled(c.Engine)
	}
	rescan()
	if !p.gone(elsewhereA) {
		t.Fatal("a scan brought it back")
	}
	p.close(c.Engine)
	c = p.client(Config{})
	rescan()
	if !p.gone(elsewhereA) {
		t.Fatal("the next engine brought it back")
	}
	p.terminal(p.path(elsewhereA), turnLines(2, 2, "a1", "two", "2")...)
	p.awaits("its return", elsewhereA, turns(2))
	if _, err := p.store.Tombstone(t.Context(), elsewhereA); !errors.Is(err, sessionstore.ErrNotFound) {
		t.Errorf("its tombstone: %v", err)
	}
	p.delete(c, DeleteRequest{Sessions: []string{elsewhereA}, Confirm: true})
	if !p.gone(elsewhereA) {
		t.Error("it cannot be deleted again")
	}
}
