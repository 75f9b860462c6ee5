package fakeclaude

import (
	"context"
	"path/filepath"
	"strings"
)

// later arranges for a turn that the fake begins by itself, as Claude Code does
// when something ends that it has left running in the background.
func (t *turn) later(arg string) error {
	p := t.p
	when, script, _ := strings.Cut(arg, " ")
	text := "<task-notification>\n" + strings.ReplaceAll(script, "; ", "\n")
	if when == "set_model" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.onModel = text
		return nil
	}
	go func() {
		if waitFile(context.Background(), filepath.Join(p.settings.gates, when)) == nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.beginOwn(text)
		}
	}()
	return nil
}

// beginOwn lets the fake begin a turn by itself, or come to it next. p.mu is held.
func (p *process) beginOwn(text string) {
	q := prompt{uuid: newUUID(), text: text, own: true}
	if p.running {
		p.queue = append(p.queue, q)
	} else {
		p.begin([]prompt{q})
	}
	p.notify()
}
