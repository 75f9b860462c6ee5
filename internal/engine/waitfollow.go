package engine

import (
	"context"
	"errors"
	"sync"

	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// follow begins to follow the store's changes and the turns that are waited
// for, until end is called. Nothing is told to the caller after that.
func (w *vigil) follow(ctx context.Context, call Call) (changes <-chan []sessionstore.Change, end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	told := make(chan []sessionstore.Change)
	seq := w.seq
	running.Go(func() { w.followChanges(ctx, seq, told) })
	tell := w.teller(call)
	for _, a := range w.sessions {
		if a.job != nil && a.happened == "" {
			call, id, j := tell(a), a.session.ID, a.job // a itself is the loop's
			running.Go(func() {
				w.watch(ctx, call, id, j.id, j, nil)
				select {
				case w.woken <- struct{}{}:
				default:
				}
			})
		}
	}
	return told, func() { cancel(); running.Wait() }
}

// teller makes of the caller's progress one for each session, which may be told
// of at once.
func (w *vigil) teller(call Call) func(*awaited) Call {
	var mu sync.Mutex
	return func(a *awaited) Call {
		if call.OnProgress == nil {
			return call
		}
		prefix := ""
		if len(w.sessions) > 1 {
			prefix = oneline.Cut(a.session.Title(), 30) + ": "
		}
		return Call{OnProgress: func(p Progress) {
			mu.Lock()
			defer mu.Unlock()
			p.Text = prefix + p.Text
			call.OnProgress(p)
		}}
	}
}

// followChanges tells changes after seq until ctx ends. One without a session
// stands for those that are no longer known.
func (w *vigil) followChanges(ctx context.Context, seq uint64, told chan<- []sessionstore.Change) {
	for {
		list, err := w.changesAfter(ctx, seq)
		if err != nil {
			return // ctx has ended, or the store is closing, as the engine is
		}
		seq = list[len(list)-1].Seq
		select {
		case told <- list:
		case <-ctx.Done():
			return
		}
	}
}

// changesAfter waits for changes after seq.
func (w *vigil) changesAfter(ctx context.Context, seq uint64) ([]sessionstore.Change, error) {
	list, err := w.store.Changes(ctx, seq, 0)
	if errors.Is(err, sessionstore.ErrResync) {
		seq, err = w.store.Seq(ctx)
		list = []sessionstore.Change{{Seq: seq}}
	}
	return list, err
}
