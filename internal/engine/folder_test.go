package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// foreignFolder is a folder that a session may have been recorded in on another
// system, with its last part.
func foreignFolder() (cwd, project string) {
	if runtime.GOOS == "windows" {
		return "/home/kim/dev/app", "app"
	}
	return `C:\Users\kim\dev\app`, "app"
}

// recordedIn are the lines of a turn in another folder, which can be forked.
func recordedIn(cwd string) []string {
	lines := turnLines(1, 1, "", "one", "1")
	lines[0] = strings.Replace(lines[0], `"cwd":"/w"`, fmt.Sprintf(`"cwd":%q`, cwd), 1)
	lines[1] = strings.Replace(lines[1], `"a1"`, `"a1a1a1a1-1111-4222-8333-444455556666"`, 1)
	return lines
}

// A session that was recorded on another system keeps its folder as it is; to go
// on, it needs one of this machine, and says so.
func TestSessionOfAnotherSystem(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	cwd, project := foreignFolder()
	p.terminal(p.path(elsewhereA), recordedIn(cwd)...)
	c := p.client(Config{})
	p.awaits("the import", elsewhereA, turns(1))
	p.settled(c.Engine)
	d, err := c.Get(context.Background(), Call{}, GetRequest{Session: elsewhereA})
	if err != nil || d.Session.Cwd != cwd || d.Session.Project != project {
		t.Errorf("it is in %q, %q: %v", d.Session.Cwd, d.Session.Project, err)
	}
	for _, filter := range []string{cwd, strings.TrimSuffix(cwd, "app"), strings.TrimSuffix(cwd, `\app`)} {
		if list, err := c.List(context.Background(), Call{}, ListRequest{Cwd: filter}); err != nil || list.Total != 1 {
			t.Errorf("there are %d sessions in %s: %v", list.Total, filter, err)
		}
	}
	_, resumed := c.Resume(context.Background(), Call{}, ResumeRequest{Session: elsewhereA, Prompt: "two"})
	_, forked := c.Fork(context.Background(), Call{}, ForkRequest{Session: elsewhereA, Prompt: "two"})
	_, started := c.Start(context.Background(), Call{}, StartRequest{Prompt: "two", Cwd: cwd})
	for what, err := range map[string]error{"resume": resumed, "fork": forked, "start": started} {
		if code(err) != CwdMissing || !strings.Contains(err.Error(), " "+cwd) && !strings.HasPrefix(err.Error(), cwd) || !strings.Contains(AsError(err).Next, "cwd") {
			t.Errorf("%s: %v", what, err)
		}
		if strings.Contains(fmt.Sprint(err), filepath.Join(p.dir, cwd)) {
			t.Errorf("%s names a folder that never was: %v", what, err)
		}
	}
	a, err := c.Resume(context.Background(), Call{}, ResumeRequest{Session: elsewhereA, Prompt: "two\n!say 2", Cwd: p.dir, WaitSeconds: ptr(30)})
	if err != nil || a.Turn.Result != "2" || a.Session.Cwd != p.dir {
		t.Errorf("in a folder of this machine: %+v, %v", a.Session, err)
	}
}

// A summary can be had of a session whose folder is not here: the new session's
// serves.
func TestSummaryOfAnotherSystem(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	cwd, _ := foreignFolder()
	p.terminal(p.path(elsewhereA), recordedIn(cwd)...)
	c := p.client(Config{})
	p.awaits("the import", elsewhereA, turns(1))
	a, err := c.Start(context.Background(), Call{}, StartRequest{Prompt: "go on", FromSession: elsewhereA, Cwd: p.dir, WaitSeconds: ptr(30)})
	if err != nil || a.Turn.Status != sessionstore.TurnCompleted || p.session(a.Session.SummarySession).Cwd != p.dir {
		t.Errorf("%+v, %v", a, err)
	}
}

// What a record tells is never taken as relative to where the server runs.
func TestRelativeRecordedFolder(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	for _, recorded := range []string{"app", `..\app`, "~/app"} {
		if _, err := c.sessionFolder("", recorded); code(err) != CwdMissing || !strings.Contains(err.Error(), " "+recorded+",") {
			t.Errorf("%s: %v", recorded, err)
		}
	}
}

func TestForeignAddDirs(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	cwd, _ := foreignFolder()
	_, err := c.Start(context.Background(), Call{}, StartRequest{Prompt: "x", SettingsPatch: SettingsPatch{AddDirs: []string{cwd}}})
	if code(err) != InvalidArgument || !strings.Contains(err.Error(), cwd) {
		t.Error(err)
	}
}
