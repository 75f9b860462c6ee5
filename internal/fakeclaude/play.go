package fakeclaude

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// play runs the script. What it returns is context.Canceled for an interrupt,
// or a *failure.
func (t *turn) play(ctx context.Context) error {
	if t.p.settings.loggedOut {
		return t.apiFailure(0, "Not logged in · Please run /login")
	}
	t.beginStep()
	for len(t.script) > 0 {
		d := t.script[0]
		t.script = t.script[1:]
		if err := t.do(ctx, d); err != nil {
			return t.explain(d, err)
		}
	}
	return t.finish(ctx)
}

// explain passes on what ends a turn, and makes anything else an error of the API.
func (t *turn) explain(d directive, err error) error {
	var f *failure
	if errors.As(err, &f) || errors.Is(err, context.Canceled) {
		return err
	}
	return t.apiFailure(400, fmt.Sprintf("API Error: 400 reading \"!%s %s\": %v", d.verb, d.arg, err))
}

// finish says the answer of the last step.
func (t *turn) finish(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.sayAll()
	t.event(object{"type": "message_stop"})
	t.tellLimit()
	return t.endStep()
}

// sayAll sends what the step has to say, something in any case.
func (t *turn) sayAll() {
	s := t.step
	if len(s.lines) == 0 && s.count == 0 && s.text == "" {
		s.lines = []string{"Done."}
	}
	t.stream()
	t.closeText(s.stop)
}

// do runs one directive.
func (t *turn) do(ctx context.Context, d directive) error {
	s := t.step
	switch d.verb {
	case "say":
		s.lines = append(s.lines, d.arg)
	case "recall":
		s.lines = append(s.lines, recall(t.p.session.prompts))
	case "big":
		n, err := strconv.Atoi(d.arg)
		s.lines = append(s.lines, strings.Repeat("x", max(n, 0)))
		return err
	case "partial":
		s.lines = append(s.lines, d.arg)
		t.stream()
	case "think":
		t.stream()
		t.closeText(s.stop)
		t.block(object{"type": "thinking", "thinking": d.arg, "signature": ""}, s.stop)
	case "tokens":
		var u tokens
		_, err := fmt.Sscan(d.arg, &u.in, &u.out)
		return err
	case "status":
		return t.status(ctx, d.arg)
	case "header": // taken when the step began
	case "tool":
		return t.tool(ctx, d.arg)
	default:
		return t.wait(ctx, d)
	}
	return nil
}

// wait runs the directives that wait, or let others know.
func (t *turn) wait(ctx context.Context, d directive) error {
	switch d.verb {
	case "delay":
		n, err := time.ParseDuration(d.arg)
		if err != nil {
			return err
		}
		return sleep(ctx, n)
	case "waitfile":
		return waitFile(ctx, d.arg)
	case "touch":
		return touch(d.arg)
	case "hold":
		return t.hold(ctx, d.arg)
	case "later":
		return t.later(d.arg)
	case "folded":
		return t.waitFolded(ctx)
	default:
		return t.harm(d)
	}
}

// hold says that the turn is here, and waits until it may go on.
func (t *turn) hold(ctx context.Context, name string) error {
	if t.p.settings.gates == "" || name == "" {
		return fmt.Errorf("a name or %s is missing", GatesVar)
	}
	gate := filepath.Join(t.p.settings.gates, name)
	if err := touch(gate + ".held"); err != nil {
		return err
	}
	return waitFile(ctx, gate)
}

// waitFolded folds the next prompt into the turn as soon as it comes. One that a
// tool before it has folded is not waited for again.
func (t *turn) waitFolded(ctx context.Context) error {
	for t.awaited++; len(t.folded) < t.awaited; t.fold() {
		select {
		case <-t.p.arrived:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waitFile looks every few milliseconds, as the file may come from any process.
func waitFile(ctx context.Context, path string) error {
	if path == "" {
		return errors.New("a path is missing")
	}
	for {
		if _, err := os.Stat(path); err == nil {
			return nil
		}
		if err := sleep(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}
