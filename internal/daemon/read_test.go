package daemon

import (
	"testing"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// What is only read goes to the engine and comes back as it is, raw messages and
// lines to the byte.
func TestReadingCalls(t *testing.T) {
	h := newHome(t)
	h.serve(t, &fake{}, ServeOptions{})
	c := h.client(t, ClientOptions{})
	raw := `{"<b>":"& \u003c  "}`
	page, err := c.Read(t.Context(), engine.Call{}, engine.ReadRequest{Session: "s", Cursor: raw})
	if err != nil || page.Session != "s" {
		t.Fatalf("Read gave %+v, %v", page, err)
	}
	if got := string(page.Messages[0].Uses[0].Input); got != raw {
		t.Errorf("Read gave the input %q, want %q", got, raw)
	}
	lines, err := c.Lines(t.Context(), engine.Call{}, engine.LinesRequest{Session: raw, From: 4})
	if err != nil || lines.Next != 5 || string(lines.Lines) != raw {
		t.Errorf("Lines gave %+v, %v", lines, err)
	}
	s, err := c.Get(t.Context(), engine.Call{}, engine.GetRequest{Session: "s"})
	if err != nil || s.Session.ID != "s" {
		t.Errorf("Get gave %+v, %v", s, err)
	}
	updated, err := c.Update(t.Context(), engine.Call{}, engine.UpdateRequest{Session: "u"})
	if err != nil || updated.Next != "u" {
		t.Errorf("Update gave %+v, %v", updated, err)
	}
	deleted, err := c.Delete(t.Context(), engine.Call{}, engine.DeleteRequest{Sessions: []string{"d"}})
	if err != nil || len(deleted.AlreadyDeleted) != 1 {
		t.Errorf("Delete gave %+v, %v", deleted, err)
	}
	found, err := c.Complete(t.Context(), engine.Call{}, engine.CompleteRequest{Begun: "b"})
	if err != nil || len(found.Values) != 1 || found.Values[0] != "b" {
		t.Errorf("Complete gave %+v, %v", found, err)
	}
}
