package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

const (
	// limitEvery is how often it is looked whether the archive is over its limit.
	limitEvery = time.Minute
	// limitPause is how long a limit that could not be kept is let rest.
	limitPause = 10 * time.Minute
	// limitRest is how long a session must have rested before its copy is
	// dropped: what is dropped while it grows would be copied again and again.
	limitRest = time.Hour
)

// keepLimit holds the archive to its limit until the engine closes.
func (e *Engine) keepLimit() {
	ctx, cancel := e.untilClosing()
	defer cancel()
	tick := time.NewTicker(limitEvery)
	defer tick.Stop()
	var rest time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if e.importing() != "" || time.Now().Before(rest) {
			continue
		}
		met, err := e.limitArchive(ctx)
		if err != nil && ctx.Err() == nil {
			e.log.Warn("the archive cannot be held to its limit", "err", err)
		}
		if !met {
			rest = time.Now().Add(limitPause)
		}
	}
}

// untilClosing is a context that ends when the engine begins to close.
func (e *Engine) untilClosing() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(e.ctx)
	go func() {
		select {
		case <-e.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// limitArchive drops the oldest copies of imported sessions if the archive is
// over its limit, and tells whether it is within it then.
func (e *Engine) limitArchive(ctx context.Context) (met bool, err error) {
	most := e.cfg.ArchiveMaxBytes
	p, err := e.choose(ctx, selection{before: e.store.Now().Add(-limitRest), most: most})
	if err != nil || p.space.Kept <= most {
		return err == nil, err
	}
	n, left := 0, p.space.Kept
	for _, c := range p.chosen {
		dropped, err := e.dropCopy(ctx, c, false)
		if err != nil {
			return false, err
		}
		if dropped {
			n, left = n+1, left-c.bytes
		}
	}
	if n > 0 {
		e.log.Info("the archive was over its limit: copies of the oldest imported sessions are dropped", "sessions", n)
		e.compact()
	}
	return left <= most, nil
}

// compact has the store free what was dropped.
func (e *Engine) compact() {
	if e.cfg.Compact == nil {
		return
	}
	ctx, cancel := e.untilClosing()
	defer cancel()
	if err := e.cfg.Compact(ctx); err != nil && ctx.Err() == nil {
		e.log.Warn("freeing the space of what was dropped", "err", err)
	}
}

// archiveInfo says how large the archive is, and whether that is too large.
func (e *Engine) archiveInfo(s sessionstore.Space) (text string, over bool) {
	most := e.cfg.ArchiveMaxBytes
	text = humanize.IBytes(uint64(s.Kept)) + " of copies of transcripts"
	switch {
	case most <= 0:
		return text, false
	case s.Kept <= most:
		return fmt.Sprintf("%s, at most %s", text, humanize.IBytes(uint64(most))), false
	}
	return fmt.Sprintf("%s, which is over the limit of %s", text, humanize.IBytes(uint64(most))), true
}
