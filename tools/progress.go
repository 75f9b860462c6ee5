package tools

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
)

const (
	progressGap = 250 * time.Millisecond // least time between two notifications
	heartbeat   = 10 * time.Second       // a sign of life for clients whose time-out it resets
)

// progress sends notifications of one call to its client. Of what comes
// quicker than progressGap the newest is sent. A nil progress is that of a
// client that did not ask for any.
type progress struct {
	send  func(count int, text string)
	began time.Time

	news  chan string // holds the newest text that was not sent yet
	ended chan struct{}
	done  sync.WaitGroup
}

// startProgress returns the progress of the call req, or nil without a token.
// The caller must stop it.
func startProgress(ctx context.Context, req mcp.CallToolRequest) *progress {
	notify := notifierOf(ctx)
	if req.Params.Meta == nil || req.Params.Meta.ProgressToken == nil || notify == nil {
		return nil
	}
	p := &progress{
		send: func(count int, text string) {
			notify("notifications/progress", map[string]any{
				"progressToken": req.Params.Meta.ProgressToken, "progress": count, "message": text,
			})
		},
		began: time.Now(),
		news:  make(chan string, 1),
		ended: make(chan struct{}),
	}
	p.done.Go(p.run)
	return p
}

// callback is what the engine tells its progress to; nil for a nil p.
func (p *progress) callback() func(engine.Progress) {
	if p == nil {
		return nil
	}
	return func(news engine.Progress) {
		text := oneline.Cut(news.Text, 200)
		for {
			select {
			case p.news <- text:
				return
			case <-p.news: // make room: the newest wins
			}
		}
	}
}

// stop sends what is left and returns when it is sent: a result must not
// overtake its progress.
func (p *progress) stop() {
	if p == nil {
		return
	}
	close(p.ended)
	p.done.Wait()
}

// run sends until the call ended. It owns the count.
func (p *progress) run() {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	count, last := 0, "working"
	tell := func(text string) { count++; p.send(count, text) }
	for {
		select {
		case last = <-p.news:
			tell(last)
			beat.Reset(heartbeat)
			p.pause()
		case <-beat.C:
			tell(fmt.Sprintf("%s (%d s)", last, int(time.Since(p.began).Seconds())))
		case <-p.ended:
			select {
			case text := <-p.news:
				tell(text)
			default:
			}
			return
		}
	}
}

// pause lets progressGap go by, or less if the call ends.
func (p *progress) pause() {
	gap := time.NewTimer(progressGap)
	defer gap.Stop()
	select {
	case <-gap.C:
	case <-p.ended:
	}
}
