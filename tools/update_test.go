package tools

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

func TestShowUpdated(t *testing.T) {
	u := engine.Updated{Session: plainAnswer().Session, Changed: []string{"name", "model"}, Live: []string{"The running turn goes on with model opus."}, Next: "Go on."}
	want := `main (` + parentID + `): idle
Changed: name, model.
The running turn goes on with model opus.

Next: Go on.`
	if diff := cmp.Diff(want, showUpdated(u)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := boundUpdated(engine.Updated{}).Changed; got == nil {
		t.Error("no change is null, not an empty list")
	}
}
