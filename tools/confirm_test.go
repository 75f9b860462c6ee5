package tools

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// shredder is a Sessions that deletes what is confirmed.
type shredder struct {
	fake
	total int
}

func (s *shredder) Delete(_ context.Context, _ engine.Call, req engine.DeleteRequest) (engine.Deletion, error) {
	return engine.Deletion{Deleted: req.Confirm, Total: s.total, Next: "confirm"}, nil
}

// TestDeletionIsConfirmed holds what a person's answer does to a deletion: only
// a yes that a person can have given deletes.
func TestDeletionIsConfirmed(t *testing.T) {
	for name, c := range map[string]struct {
		after   time.Duration
		answers []string
		req     engine.DeleteRequest
		total   int
		deleted bool
		next    string
		asked   int
	}{
		"yes":         {2 * time.Second, []string{`{"action":"accept","content":{"confirm":true}}`}, engine.DeleteRequest{}, 1, true, "confirm", 1},
		"no":          {2 * time.Second, []string{`{"action":"accept","content":{"confirm":false}}`}, engine.DeleteRequest{}, 1, false, "The user was asked just now and does not want this. Do not delete these sessions.", 1},
		"decline":     {2 * time.Second, []string{`{"action":"decline"}`}, engine.DeleteRequest{}, 1, false, "The user was asked just now and does not want this. Do not delete these sessions.", 1},
		"cancel":      {2 * time.Second, []string{`{"action":"cancel","content":{"confirm":true}}`}, engine.DeleteRequest{}, 1, false, "confirm", 1},
		"empty":       {2 * time.Second, []string{`{"action":"accept"}`}, engine.DeleteRequest{}, 1, false, "confirm", 1},
		"words":       {2 * time.Second, []string{`{"action":"accept","content":{"confirm":"true"}}`}, engine.DeleteRequest{}, 1, false, "confirm", 1},
		"too fast":    {time.Second / 2, []string{`{"action":"accept","content":{"confirm":true}}`}, engine.DeleteRequest{}, 1, false, "confirm", 1},
		"never":       {0, nil, engine.DeleteRequest{}, 1, false, "confirm", 1},
		"confirmed":   {0, nil, engine.DeleteRequest{Confirm: true}, 1, true, "confirm", 0},
		"none to go ": {0, nil, engine.DeleteRequest{}, 0, false, "confirm", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, p := &script{after: c.after, answers: c.answers}, newPerson(nil)
				p.send = s.send
				began := time.Now()
				d, err := deleteAsking(&shredder{total: c.total}, withPerson(t.Context(), p), engine.Call{}, c.req)
				if err != nil || d.Deleted != c.deleted || d.Next != c.next || len(s.asked) != c.asked {
					t.Errorf("got %+v, %v, asked %d times", d, err, len(s.asked))
				}
				if took := time.Since(began); took > 31*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
	if d, err := deleteAsking(&shredder{total: 1}, t.Context(), engine.Call{}, engine.DeleteRequest{}); err != nil || d.Deleted {
		t.Errorf("with nobody to ask: %+v, %v", d, err)
	}
}
