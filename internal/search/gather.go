package search

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// To read what was said in sessions costs as much as to write it down, and
// only the latter must be done by one alone.
const (
	gathered  = 16        // so many sessions are read before their documents are written
	gatherers = 4         // of them at once
	partBytes = 256 << 10 // of a longer transcript the rest is read while it is written
)

// part is what the index lacks of a transcript.
type part struct {
	session sessionstore.Session
	num     int64
	head    sessionstore.TranscriptHead

	have int64 // the index has all entries before this one, or they are in docs
	docs []document
	err  error // why docs are not all
}

// take takes some sessions, each once, out of the queue.
func (f *follower) take() (ids []string) {
	for len(ids) < gathered {
		id, ok := f.queue.next()
		if !ok {
			break
		}
		if !slices.Contains(ids, id) { // once is enough: none has been looked at
			ids = append(ids, id)
		}
	}
	return ids
}

// read makes the documents of some transcripts.
func (f *follower) read(ctx context.Context, parts []*part) {
	var readers errgroup.Group
	readers.SetLimit(gatherers)
	for _, p := range parts {
		readers.Go(func() error {
			p.err = p.read(ctx, f.store)
			return nil
		})
	}
	_ = readers.Wait() // each part has its own
}

func (p *part) read(ctx context.Context, store sessionstore.Store) error {
	bytes := 0
	for e, err := range store.Entries(ctx, p.session.ID, p.head.Sub, p.have) {
		if err != nil {
			return err
		}
		if d, ok := said(e); ok {
			p.docs = append(p.docs, d)
			bytes += len(d.text)
		}
		if p.have = e.Seq + 1; bytes >= partBytes {
			break
		}
	}
	return nil
}
