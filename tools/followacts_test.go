package tools

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// TestActsAreToldOnceASecond holds that those who follow a session are told what
// its turn does, the first act at once, however many come at most once a second,
// and the last one; and that others are not told.
func TestActsAreToldOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		acts := make(chan uint64, 1) // the newest that was not asked for
		f := newFollower(&fake{changes: func(ctx context.Context, _ engine.ChangesRequest) (engine.Changes, error) {
			select {
			case n := <-acts:
				return engine.Changes{Acts: n, Active: []string{parentID}}, nil
			case <-ctx.Done():
				return engine.Changes{}, ctx.Err()
			}
		}}, Options{}.withDefaults().Log)
		var told []time.Time
		f.told[followed{uri: "session://" + parentID}] = target{session: parentID, acts: true, send: func() { told = append(told, time.Now()) }}
		for _, other := range []target{{session: childID, acts: true}, {session: parentID}, {session: ""}} {
			other.send = func() { t.Errorf("%+v was told", other) }
			f.told[followed{uri: other.session, client: "other"}] = other
		}
		stop := f.begin(f.followActs)
		time.Sleep(time.Minute)
		first := time.Now()
		for n := range 100 {
			select {
			case acts <- uint64(n):
			default: // one is there already
			}
			time.Sleep(50 * time.Millisecond)
		}
		last := time.Now()
		time.Sleep(time.Minute)
		stop()
		f.running.Wait()
		if len(told) != 6 || !told[0].Equal(first) || told[5].Before(last.Add(-50*time.Millisecond)) {
			t.Fatalf("told at %v of acts from %v to %v, want 6 times", told, first, last)
		}
		for i := 1; i < len(told); i++ {
			if gap := told[i].Sub(told[i-1]); gap < actGap {
				t.Errorf("two updates are %v apart, want %v", gap, actGap)
			}
		}
	})
}

// TestFollowingASessionFollowsItsActs holds that what turns do is asked for as
// long as a session is followed, and no longer.
func TestFollowingASessionFollowsItsActs(t *testing.T) {
	asked := make(chan struct{}, 100)
	ended := make(chan struct{}, 1)
	w := serve(t.Context(), t, &fake{changes: func(ctx context.Context, req engine.ChangesRequest) (engine.Changes, error) {
		switch {
		case req.Acts != nil && *req.Acts == 0:
			return engine.Changes{Acts: 7, Active: []string{parentID}}, nil
		case req.Acts != nil:
			asked <- struct{}{}
			<-ctx.Done()
			ended <- struct{}{}
			return engine.Changes{}, ctx.Err()
		case req.Since == nil:
			return engine.Changes{Seq: 1}, nil
		}
		<-ctx.Done()
		return engine.Changes{}, ctx.Err()
	}})
	w.greet()
	u := w.receiving()
	w.send(`{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"session://main"}}`)
	heard := map[notice]bool{u.await(): true, u.await(): true}
	if !heard[notice{updated, "session://main", nil}] {
		t.Errorf("heard %v, want an update of the session", heard)
	}
	<-asked
	w.send(`{"jsonrpc":"2.0","id":2,"method":"resources/unsubscribe","params":{"uri":"session://main"}}`)
	<-ended
}
