package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestClaudeResume(t *testing.T) {
	s := newStage(t)
	o := s.options()
	o.SessionID = s.session("!tokens 1000 100\nfirst")
	path, _ := FindTranscript(ConfigDir(s.env()), s.dir, o.SessionID)
	o.Resume = o.SessionID
	o.CostBefore, _ = SavedCost(path)
	r := startRun(t, o)
	got := s.turn(r, "!tokens 1000 100\n!recall")
	if !got.OK || !strings.Contains(got.Text, "first") {
		t.Errorf("result is %+v, want the first prompt recalled", got)
	}
	if want := got.CostTotal - o.CostBefore; want <= 0 || !near(got.Usage.CostUSD, want) {
		t.Errorf("own cost is %v, want %v", got.Usage.CostUSD, want)
	}
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

func TestClaudeForkAt(t *testing.T) {
	s := newStage(t)
	parent := s.session("one", "two", "three")
	before := s.conversation(parent)
	var prompts []string
	for _, m := range before.Loaded() {
		if m.Prompt {
			prompts = append(prompts, m.UUID)
		}
	}
	at := before.Turn(prompts[1]).LastMessage

	o := s.options()
	o.Resume, o.Fork, o.ResumeAt = parent, true, at
	r := startRun(t, o)
	got := s.turn(r, "!recall")
	if !strings.Contains(got.Text, "two") || strings.Contains(got.Text, "three") {
		t.Errorf("the fork recalls %q, want two prompts", got.Text)
	}
	if got.Usage.CostUSD <= 0 || got.Usage.CostUSD >= got.CostTotal {
		t.Errorf("own cost of the fork's first turn is %v of %v", got.Usage.CostUSD, got.CostTotal)
	}
	exit(t, r)

	fork, after := s.conversation(o.SessionID), s.conversation(parent)
	if err := VerifyFork(after, fork, at); err != nil {
		t.Error(err)
	}
	if err := VerifyFork(after, fork, after.ForkPoint()); err == nil {
		t.Error("a fork at the second message passes for one at the end")
	}
	if len(after.messages) != len(before.messages) {
		t.Errorf("the parent has %d messages, before the fork it had %d", len(after.messages), len(before.messages))
	}
}

// Every message of the chain is a valid point to fork at, not only answers.
func TestClaudeForkPoints(t *testing.T) {
	s := newStage(t)
	parent := s.session("one", "!say I shall\n!tool Glob {\"pattern\":\"*\"}\n!say done")
	conversation := s.conversation(parent)
	tried := map[string]bool{}
	for _, m := range conversation.Active() {
		kind := fmt.Sprintf("%s, prompt %v, stop %q", m.Type, m.Prompt, m.stop)
		if tried[kind] {
			continue
		}
		tried[kind] = true
		o := s.options()
		o.Resume, o.Fork, o.ResumeAt = parent, true, m.UUID
		r := startRun(t, o)
		if got := s.turn(r, "again"); !got.OK {
			t.Errorf("fork at a %s: %+v", kind, got)
		}
		exit(t, r)
		if err := VerifyFork(conversation, s.conversation(o.SessionID), m.UUID); err != nil {
			t.Errorf("fork at a %s: %v", kind, err)
		}
	}
	if len(tried) < 5 { // prompt, tool's result, attachment, end of a step, end of a turn
		t.Errorf("only %v were tried", tried)
	}
}

// A compacted session can be forked, but not at what was summed up.
func TestClaudeForkOfACompacted(t *testing.T) {
	s := newStage(t)
	parent := s.session("one", "/compact", "two")
	conversation := s.conversation(parent)
	chain := digests(conversation.Active()).order
	tests := []struct{ name, at, code string }{
		{"at the end", "", ""},
		{"at its last answer", chain[len(chain)-1].UUID, ""},
		{"before it was compacted", chain[0].UUID, CodeMessageMissing},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := s.options()
			o.Resume, o.Fork, o.ResumeAt = parent, true, test.at
			r := startRun(t, o)
			if got := s.turn(r, "again"); got.Code != test.code {
				t.Fatalf("result is %+v, want code %q", got, test.code)
			}
			exit(t, r)
			if test.code != "" {
				return
			}
			if err := VerifyFork(conversation, s.conversation(o.SessionID), test.at); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestClaudeMissing(t *testing.T) {
	s := newStage(t)
	there := s.session("one")
	tests := []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"session", func(o *Options) { o.Resume = o.SessionID }, CodeSessionMissing},
		{"parent", func(o *Options) { o.Resume, o.Fork = uuid.NewString(), true }, CodeSessionMissing},
		{"message", func(o *Options) { o.Resume, o.Fork, o.ResumeAt = there, true, uuid.NewString() }, CodeMessageMissing},
		{"place for a new session", func(o *Options) { o.SessionID = there }, CodeSessionExists},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := s.options()
			test.change(&o)
			r := startRun(t, o)
			r.Prompt(uuid.NewString(), "hello")
			err := exit(t, r)
			got, ok := err.(*ExitError)
			if !ok || got.Code != test.want {
				t.Errorf("Exit.Err = %#v, want code %s", err, test.want)
			}
		})
	}
}

func TestClaudeRestoredTranscript(t *testing.T) {
	s := newStage(t)
	id := s.session("remember me")
	path, _ := FindTranscript(ConfigDir(s.env()), s.dir, id)
	elsewhere := newStage(t)
	if err := Restore(TranscriptPath(ConfigDir(elsewhere.env()), elsewhere.dir, id, ""), ReadLines(path, 0)); err != nil {
		t.Fatal(err)
	}
	o := elsewhere.options()
	o.SessionID, o.Resume = id, id
	r := startRun(t, o)
	if got := elsewhere.turn(r, "!recall"); !strings.Contains(got.Text, "remember me") {
		t.Errorf("a restored session recalls %q", got.Text)
	}
}

func TestClaudeLongFolder(t *testing.T) {
	s := newStage(t)
	s.dir = filepath.Join(s.dir, strings.Repeat("long é 𝄞 ", 8), strings.Repeat("e\u0301x", 40), strings.Repeat("n", 80))
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	id := s.session("one")
	if want := TranscriptPath(ConfigDir(s.env()), s.dir, id, ""); !isFile(want) {
		got, _ := FindTranscript(ConfigDir(s.env()), s.dir, id)
		t.Errorf("the transcript is at\n%s, want\n%s", got, want)
	}
}
