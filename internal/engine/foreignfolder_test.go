package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// A session that was recorded on Windows is listed by its own folder, and goes on
// in one of this machine only when that is named.
func TestFolderOfAnotherKindOfMachine(t *testing.T) {
	const recorded = `C:\Users\kim\dev\app`
	p := newPlace(t, sessionstore.Options{})
	var lines []string
	for _, l := range turnLines(1, 1, "", "one", "1") {
		lines = append(lines, strings.Replace(l, `"cwd":"/w"`, fmt.Sprintf(`"cwd":%q`, recorded), 1))
	}
	p.terminal(p.path(elsewhereA), lines...)
	c := p.client(Config{})
	p.awaits("the session", elsewhereA, turns(1))
	p.settled(c.Engine)
	ctx, wait := context.Background(), 30
	details, err := c.Get(ctx, Call{}, GetRequest{Session: elsewhereA})
	if err != nil || details.Session.Cwd != recorded || details.Session.Project != "app" {
		t.Errorf("it is in %q, project %q, %v", details.Session.Cwd, details.Session.Project, err)
	}
	for folder, want := range map[string]int{recorded: 1, `c:\users\KIM`: 1, "C:/Users/kim/": 1, `C:\Users\ki`: 0, "/w": 0} {
		if list, err := c.List(ctx, Call{}, ListRequest{Cwd: folder}); err != nil || list.Total != want {
			t.Errorf("in %s there are %d, %v; want %d", folder, list.Total, err, want)
		}
	}
	for what, call := range map[string]func() error{
		"resume": func() error {
			_, err := c.Resume(ctx, Call{}, ResumeRequest{Session: elsewhereA, Prompt: "two", WaitSeconds: &wait})
			return err
		},
		"fork": func() error {
			_, err := c.Fork(ctx, Call{}, ForkRequest{Session: elsewhereA, Prompt: "two", WaitSeconds: &wait})
			return err
		},
		"start": func() error {
			_, err := c.Start(ctx, Call{}, StartRequest{Cwd: recorded, Prompt: "two", WaitSeconds: &wait})
			return err
		},
	} {
		if err := call(); code(err) != CwdMissing || !strings.Contains(err.Error(), "the folder "+recorded+" is") || !strings.Contains(err.Error(), "cwd") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if a, err := c.Resume(ctx, Call{}, ResumeRequest{Session: elsewhereA, Prompt: "two", Cwd: p.dir, WaitSeconds: &wait}); err != nil || a.Turn.Status != sessionstore.TurnCompleted {
		t.Errorf("in a folder of this machine: %+v, %v", a.Turn, err)
	}
}
