package engine

import (
	"context"
	"slices"
	"testing"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// inside is the engine as a server inside a session sees it, which was started
// from others.
func (p *place) inside(e *Engine, id, ancestors string) *Client {
	caller := p.caller
	caller.Env = append(slices.Clone(caller.Env), agent.SessionVar+"="+id, ancestorsVar+"="+ancestors)
	return e.For(caller)
}

// A session cannot widen what it may do itself, nor what one may do that it was
// started from; what is narrower, or no permission, it may change.
func TestInside(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{RequestTimeout: -1})
	settings := SettingsPatch{AllowedTools: []string{"Write", "mcp__cs"}, DisallowedTools: []string{"WebFetch"}, PermissionMode: ptr("plan")}
	a, err := c.Start(context.Background(), Call{}, StartRequest{Prompt: "one", SettingsPatch: settings})
	if err != nil {
		t.Fatal(err)
	}
	id := a.Session.ID
	tests := []struct {
		name  string
		patch SettingsPatch
		want  Code
	}{
		{"a wider mode", SettingsPatch{PermissionMode: ptr("acceptEdits")}, PermissionDenied},
		{"one more tool", SettingsPatch{AllowedTools: []string{"mcp__cs", "Bash"}}, PermissionDenied},
		{"none forbidden", SettingsPatch{DisallowedTools: []string{}}, PermissionDenied},
		{"a folder", SettingsPatch{AddDirs: []string{"/"}}, PermissionDenied},
		{"a server", SettingsPatch{MCPServers: map[string]any{"x": map[string]any{"command": "x"}}}, PermissionDenied},
		{"other settings files", SettingsPatch{SettingSources: []string{"user"}}, PermissionDenied},
		{"a variable", SettingsPatch{PassEnv: []string{"TOKEN"}}, PermissionDenied},
		{"the default mode", SettingsPatch{PermissionMode: ptr("default")}, ""},
		{"fewer tools", SettingsPatch{AllowedTools: []string{"mcp__cs"}}, ""},
		{"another model", SettingsPatch{Model: ptr("small")}, ""},
	}
	for who, in := range map[string]*Client{"itself": p.inside(c.Engine, id, ""), "its child": p.inside(c.Engine, "another", "first,"+id)} {
		for _, test := range tests {
			if _, err := in.Update(context.Background(), Call{}, UpdateRequest{Session: id, SettingsPatch: test.patch}); code(err) != test.want {
				t.Errorf("%s, %s, by an update: %v, want %q", who, test.name, err, test.want)
			}
			if test.want == "" {
				continue
			}
			if _, err := in.Resume(context.Background(), Call{}, ResumeRequest{Session: id, Prompt: "x", SettingsPatch: test.patch, WaitSeconds: ptr(0)}); code(err) != test.want {
				t.Errorf("%s, %s, by a resume: %v", who, test.name, err)
			}
		}
		if _, err := in.Resume(context.Background(), Call{}, ResumeRequest{Session: id, Prompt: "x", Cwd: t.TempDir(), WaitSeconds: ptr(0)}); code(err) != PermissionDenied {
			t.Errorf("%s, another folder: %v", who, err)
		}
		if _, err := in.Update(context.Background(), Call{}, UpdateRequest{Session: id, Note: ptr("by " + who)}); err != nil {
			t.Errorf("%s, a note: %v", who, err)
		}
	}
	if _, err := p.inside(c.Engine, "another", "").Update(context.Background(), Call{}, UpdateRequest{Session: id, SettingsPatch: SettingsPatch{AllowedTools: []string{"Bash"}}}); err != nil {
		t.Errorf("a session that is not inside: %v", err)
	}
}

// What a session asks, others answer.
func TestInsideAnswersNothing(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{RequestTimeout: -1})
	a := p.asks(c, "x.txt")
	in := p.inside(c.Engine, a.Session.ID, "")
	if _, err := in.Reply(context.Background(), Call{}, ReplyRequest{Session: a.Session.ID, Decision: Allow}); code(err) != PermissionDenied {
		t.Errorf("its own answer: %v", err)
	}
	p.reply(c, ReplyRequest{Session: a.Session.ID, Decision: Allow})
}

// A process knows in which sessions it is, whatever its client says.
func TestInsideOf(t *testing.T) {
	env := insideOf([]string{agent.SessionVar + "=c", ancestorsVar + "=a,b"})
	if !slices.Equal(env, []string{"a", "b", "c"}) || len(insideOf(nil)) > 0 {
		t.Errorf("got %q", env)
	}
}
