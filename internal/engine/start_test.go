package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func TestCheckName(t *testing.T) {
	tests := []struct {
		name, want string
		code       Code
	}{
		{"", "", ""},
		{"  main ", "main", ""},
		{"Größe 1/2", "Größe 1/2", ""},
		{strings.Repeat("ü", maxName), strings.Repeat("ü", maxName), ""},
		{strings.Repeat("ü", maxName+1), "", InvalidArgument},
		{"a\nb", "", InvalidArgument},
		{"a\x1bb", "", InvalidArgument},
		{"a\xffb", "", InvalidArgument},
		{"3f0a2c52-6b0e-4e63-8d9c-3cf7f3a7c111", "", InvalidArgument},
		{"{3f0a2c52-6b0e-4e63-8d9c-3cf7f3a7c111}", "", InvalidArgument},
		{"3f0a2c52", "", InvalidArgument},
		{"3F0A2C52-6b0", "", InvalidArgument},
		{"decade", "decade", ""},
	}
	for _, test := range tests {
		got, err := checkName(test.name)
		if got != test.want || code(err) != test.code {
			t.Errorf("checkName(%q) = %q, %v; want %q, %q", test.name, got, err, test.want, test.code)
		}
	}
}

func TestCheckPrompt(t *testing.T) {
	tests := []struct {
		name, prompt string
		want         Code
	}{
		{"text", "hi", ""},
		{"blank", " \n\t", InvalidArgument},
		{"as long as can be", strings.Repeat("x", maxPrompt), ""},
		{"longer", strings.Repeat("x", maxPrompt+1), InvalidArgument},
		{"no UTF-8", "a\xff", InvalidArgument},
		{"another session", "/clear", InvalidArgument},
		{"another session, with a word", "/new thing", InvalidArgument},
		{"another session, with a line", "/reset\nnow", InvalidArgument},
		{"a command", "/compact", ""},
		{"a command that begins alike", "/new:thing", ""},
		{"a path", "/clear/cut is a folder", ""},
		{"about a command", "What does /clear do?", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := code(checkPrompt(test.prompt)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestShorten(t *testing.T) {
	for _, test := range []struct {
		text string
		n    int
		want string
	}{{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"äöüß", 3, "äö…"}} {
		if got := oneline.Shorten(test.text, test.n); got != test.want {
			t.Errorf("oneline.Shorten(%q, %d) = %q, want %q", test.text, test.n, got, test.want)
		}
	}
}

// A request that cannot be answered is refused before anything is stored.
func TestRefusedBeforeStored(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	wait := ptr(MaxWaitSeconds + 1)
	_, err := c.Start(context.Background(), Call{}, StartRequest{Prompt: "x", WaitSeconds: wait})
	if code(err) != InvalidArgument {
		t.Errorf("start: got %v", err)
	}
	_, err = c.Start(context.Background(), Call{}, StartRequest{Prompt: "x", Cwd: "nowhere"})
	if code(err) != CwdMissing {
		t.Errorf("start in a missing folder: got %v", err)
	}
	list, err := c.List(context.Background(), Call{}, ListRequest{})
	if err != nil || list.Total != 0 {
		t.Errorf("%d sessions were stored (%v)", list.Total, err)
	}
}

// Tags and notes of a new session or fork are held to what those of a change are.
func TestNewLabels(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	one, err := c.Start(t.Context(), Call{}, StartRequest{Prompt: "one", Tags: []string{" a", "a", "b"}, Note: "n"})
	if err != nil || !slices.Equal(one.Session.Tags, []string{"a", "b"}) || one.Session.Note != "n" {
		t.Fatalf("got %+v, %v", one.Session, err)
	}
	for name, req := range map[string]ForkRequest{
		"a long tag": {Tags: []string{strings.Repeat("x", 101)}}, "no tag": {Tags: []string{""}},
		"many tags": {Tags: manyTags(51)}, "a long note": {Note: strings.Repeat("x", 10_001)},
	} {
		if _, err := c.Start(t.Context(), Call{}, StartRequest{Prompt: "p", Tags: req.Tags, Note: req.Note}); code(err) != InvalidArgument {
			t.Errorf("a start with %s gave %v", name, err)
		}
		req.Session = one.Session.ID
		if _, err := c.Fork(t.Context(), Call{}, req); code(err) != InvalidArgument {
			t.Errorf("a fork with %s gave %v", name, err)
		}
	}
}

func manyTags(n int) (tags []string) {
	for i := range n {
		tags = append(tags, fmt.Sprint("t", i))
	}
	return tags
}
