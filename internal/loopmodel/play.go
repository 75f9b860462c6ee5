package loopmodel

import (
	"context"
	"os"
	"strings"
	"time"
)

// A player runs the directives of one step into a reply.
type player struct {
	server  *Server
	prompts []string // of the conversation
	reply   *reply

	said  bool     // something of the answer is out
	lines []string // of the answer, not out yet
}

// play answers with the step. It returns an error only if ctx ended first; then
// the reply is unfinished.
func (p *player) play(ctx context.Context, s step) error {
	for _, d := range s {
		switch d.verb {
		case "tokens":
			p.reply.usage = d.usage
		case "header":
			p.reply.w.Header().Set(d.name, d.value)
		}
	}
	for _, d := range s {
		done, err := p.do(ctx, d)
		if done || err != nil {
			return err
		}
	}
	if !p.said && len(p.lines) == 0 {
		p.lines = []string{"Done."}
	}
	p.flush()
	p.reply.end("end_turn")
	return nil
}

// do runs one directive; done means that it ended the answer.
func (p *player) do(ctx context.Context, d directive) (done bool, err error) {
	switch d.verb {
	case "say":
		p.lines = append(p.lines, d.text)
	case "sayfile":
		p.lines = append(p.lines, fileText(d.name))
	case "recall":
		p.lines = append(p.lines, recall(p.prompts))
	case "partial":
		p.lines = append(p.lines, d.text)
		p.flush()
	case "think":
		p.reply.think(d.text)
	case "also":
		p.flush()
		p.said = true
		p.reply.tool(d.name, d.input)
	case "tool":
		p.flush()
		p.reply.tool(d.name, d.input)
		p.reply.end("tool_use")
		return true, nil
	case "status":
		if p.server.spend(d) {
			p.reply.fail(d.code, d.text)
			return true, nil
		}
	default:
		return false, p.wait(ctx, d)
	}
	return false, nil
}

// fileText is what a file holds, or why that cannot be said.
func fileText(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return strings.TrimRight(string(text), "\n")
}

// wait runs the directives that take time.
func (p *player) wait(ctx context.Context, d directive) error {
	switch d.verb {
	case "delay":
		return sleep(ctx, d.wait)
	case "hold":
		return p.server.gates.hold(ctx, d.name)
	case "waitfile":
		return waitFile(ctx, d.name)
	}
	return nil
}

// flush sends the lines that were gathered.
func (p *player) flush() {
	if len(p.lines) == 0 {
		return
	}
	text := strings.Join(p.lines, "\n")
	if p.reply.open == "text" {
		text = "\n" + text
	}
	p.reply.text(text)
	p.said, p.lines = true, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waitFile looks every 20 ms, as the file may come from any process.
func waitFile(ctx context.Context, path string) error {
	for {
		if _, err := os.Stat(path); err == nil {
			return nil
		}
		if err := sleep(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}
