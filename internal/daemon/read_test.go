package daemon

import (
	"testing"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// What is only read goes to the engine and comes back as it is.
func TestReadingCalls(t *testing.T) {
	h := newHome(t)
	h.serve(t, &fake{}, ServeOptions{})
	c := h.client(t, ClientOptions{})
	page, err := c.Read(t.Context(), engine.Call{}, engine.ReadRequest{Session: "s"})
	if err != nil || page.Session != "s" {
		t.Errorf("Read gave %+v, %v", page, err)
	}
	lines, err := c.Lines(t.Context(), engine.Call{}, engine.LinesRequest{From: 4})
	if err != nil || lines.Next != 5 {
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
