package agent

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestClaudeTurn(t *testing.T) {
	s := newStage(t)
	o := s.options()
	r := startRun(t, o)
	prompt := uuid.NewString()
	r.Prompt(prompt, "!tokens 1000 100\n!say hello\n")
	begin := next[Init](t, r)
	if begin.SessionID != o.SessionID || begin.Version == "" || begin.Model == "" || begin.PermissionMode != "default" {
		t.Errorf("init is %+v", begin)
	}
	var mirrored []json.RawMessage
	var got Result
	for got.Prompts == nil {
		switch event := (<-r.Events()).(type) {
		case Mirror:
			mirrored = append(mirrored, event.Lines...)
			if want := TranscriptPath(ConfigDir(s.env()), s.dir, o.SessionID, ""); event.Path != want || event.Sub != "" {
				t.Errorf("mirror of %s, sub %q, want %s", event.Path, event.Sub, want)
			}
		case Result:
			got = event
		case Exit:
			t.Fatalf("the run ended: %v", event.Err)
		}
	}
	if !got.OK || got.Text != "hello" || !slices.Equal(got.Prompts, []string{prompt}) || got.Usage.OutputTokens != 100 || got.Usage.CostUSD <= 0 {
		t.Errorf("result is %+v", got)
	}
	live := NewConversation()
	for _, line := range mirrored {
		live.Add(line)
	}
	if o := live.Turn(prompt); !o.Answered || o.Text != "hello" || o.Usage.OutputTokens != 100 {
		t.Errorf("the mirrored turn is %+v", o)
	}
	if err := exit(t, r); err != nil {
		t.Errorf("Exit.Err = %v", err)
	}
	path, _ := FindTranscript(ConfigDir(s.env()), s.dir, o.SessionID)
	if saved, err := SavedCost(path); err != nil || saved != got.CostTotal {
		t.Errorf("SavedCost = %v, %v, want %v", saved, err, got.CostTotal)
	}
}

// A title that is given in mid-turn is in the transcript.
func TestClaudeRename(t *testing.T) {
	s := newStage(t)
	o := s.options()
	r := startRun(t, o)
	r.Prompt(uuid.NewString(), "!hold gate")
	next[Init](t, r)
	reading(t, r, func() {
		if err := r.Rename(patient(t), "Given here"); err != nil {
			t.Error(err)
		}
	})
	s.model.Release("gate")
	next[Result](t, r)
	if err := exit(t, r); err != nil {
		t.Errorf("Exit.Err = %v", err)
	}
	path, _ := FindTranscript(ConfigDir(s.env()), s.dir, o.SessionID)
	var sum Summary
	for line, err := range ReadLines(path, 0) {
		if err != nil {
			t.Fatal(err)
		}
		sum.Add(line)
	}
	if sum.Title() != "Given here" {
		t.Errorf("the title is %q", sum.Title())
	}
}

func TestClaudePermission(t *testing.T) {
	s := newStage(t)
	r := startRun(t, s.options())
	file := filepath.Join(s.dir, "x.txt")
	input, _ := json.Marshal(map[string]string{"file_path": file, "content": "hi"})
	script := "!tool Write " + string(input) + "\n!say done"

	r.Prompt(uuid.NewString(), script)
	ask := next[Permission](t, r)
	if ask.Tool != "Write" || ask.Summary != "Write: x.txt" || ask.Suggestions == nil {
		t.Errorf("permission is %+v", ask)
	}
	r.Deny(ask.ID, "not now")
	got := next[Result](t, r)
	if want := (Denial{Tool: "Write", Input: "x.txt"}); !got.OK || !slices.Equal(got.Denials, []Denial{want}) {
		t.Errorf("result is %+v, want one denial %+v", got, want)
	}
	if isFile(file) {
		t.Error("the file was written although it was denied")
	}

	r.Prompt(uuid.NewString(), script)
	r.Allow(next[Permission](t, r).ID, nil, nil)
	if got := next[Result](t, r); !got.OK || got.Text != "done" || len(got.Denials) != 0 {
		t.Errorf("result is %+v", got)
	}
	if !isFile(file) {
		t.Error("the file was not written although it was allowed")
	}
}

func TestClaudeQuestion(t *testing.T) {
	s := newStage(t)
	r := startRun(t, s.options())
	r.Prompt(uuid.NewString(), `!tool AskUserQuestion {"questions":[{"question":"Tea?","header":"Drink","multiSelect":false,"options":[{"label":"Yes","description":"y"},{"label":"No","description":"n"}]}]}`)
	ask := next[Permission](t, r)
	if !ask.Question || ask.Summary != "AskUserQuestion: Tea?" {
		t.Fatalf("permission is %+v", ask)
	}
	var input map[string]json.RawMessage
	if err := json.Unmarshal(ask.Input, &input); err != nil {
		t.Fatal(err)
	}
	input["answers"] = json.RawMessage(`{"Tea?":"Yes"}`)
	answered, _ := json.Marshal(input)
	r.Allow(ask.ID, answered, nil)
	if got := next[Result](t, r); !got.OK || len(got.Denials) != 0 {
		t.Errorf("result is %+v", got)
	}
}

func TestClaudeSettings(t *testing.T) {
	s := newStage(t)
	o := s.options()
	o.AllowedTools = []string{"Bash(git status *)", "Write"}
	o.AppendSystemPrompt = "-speak softly"
	o.AddDirs = []string{t.TempDir(), t.TempDir()}
	o.SettingSources = []string{"project"}
	o.PermissionMode, o.Effort, o.Model = "acceptEdits", "low", "claude-haiku-4-5"
	o.MCPServers = json.RawMessage(`{"gone":{"command":"` + filepath.Join(s.dir, "none") + `"}}`)
	r := startRun(t, o)
	r.Prompt(uuid.NewString(), `!tool Write {"file_path":"`+s.dir+`/x.txt","content":"hi"}`)
	if got := next[Init](t, r); got.PermissionMode != "acceptEdits" || got.Model != "claude-haiku-4-5" {
		t.Errorf("init is %+v", got)
	}
	if got := next[Result](t, r); !got.OK || len(got.Denials) != 0 {
		t.Errorf("result is %+v", got)
	}
	if err := exit(t, r); err != nil {
		t.Errorf("Exit.Err = %v", err)
	}
}

// Model and mode change in a living process; what it was not started for it
// refuses.
func TestClaudeSetModelAndMode(t *testing.T) {
	s := newStage(t)
	o := s.options()
	o.Model = "claude-haiku-4-5"
	r := startRun(t, o)
	begin := func(prompt string) Init {
		r.Prompt(uuid.NewString(), prompt)
		i := next[Init](t, r)
		next[Result](t, r)
		return i
	}
	began := begin("!say one")
	var refused error
	reading(t, r, func() {
		if err := r.SetModel(patient(t), "claude-sonnet-4-5"); err != nil {
			t.Error(err)
		}
		if err := r.SetPermissionMode(patient(t), "acceptEdits"); err != nil {
			t.Error(err)
		}
		refused = r.SetPermissionMode(patient(t), "bypassPermissions")
	})
	if !errors.Is(refused, ErrRefused) {
		t.Errorf("bypassPermissions: %v, want ErrRefused", refused)
	}
	if got := begin("!say two"); got.Model != "claude-sonnet-4-5" || got.PermissionMode != "acceptEdits" {
		t.Errorf("changed, the turn began with %+v", got)
	}
	reading(t, r, func() {
		if err := r.SetModel(patient(t), ""); err != nil {
			t.Error(err)
		}
	})
	if got := begin("!say three"); got.Model == "claude-sonnet-4-5" || got.Model == began.Model {
		t.Errorf("the default model is %q", got.Model)
	}
}

// A prompt can be taken back until Claude Code is at it.
func TestClaudeWithdraw(t *testing.T) {
	s := newStage(t)
	r := startRun(t, s.options())
	first, second := uuid.NewString(), uuid.NewString()
	r.Prompt(first, "!hold gate\n!say one")
	next[Init](t, r)
	if err := s.model.Held(patient(t), "gate"); err != nil {
		t.Fatal(err)
	}
	r.Prompt(second, "!say two")
	reading(t, r, func() {
		for prompt, want := range map[string]bool{second: true, first: false} {
			if got, err := r.Withdraw(patient(t), prompt); err != nil || got != want {
				t.Errorf("Withdraw = %t, %v, want %t", got, err, want)
			}
		}
	})
	s.model.Release("gate")
	if got := next[Result](t, r); !slices.Equal(got.Prompts, []string{first}) {
		t.Errorf("result is %+v", got)
	}
	if err := exit(t, r); err != nil {
		t.Errorf("Exit.Err = %v", err)
	}
}

// reading reads the run's events away while do speaks to it.
func reading(t *testing.T, r *Run, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	for {
		select {
		case _, ok := <-r.Events():
			if !ok {
				t.Error("the run ended")
				<-done
				return
			}
		case <-done:
			return
		}
	}
}

func TestClaudeVersionAndLogin(t *testing.T) {
	s := newStage(t)
	path, err := Find(os.Getenv(claudeVar), s.env())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Version(patient(t), path, s.env()); err != nil || strings.Count(got, ".") != 2 {
		t.Errorf("Version = %q, %v", got, err)
	}
	got, err := Login(patient(t), path, s.env())
	if want := (LoginState{LoggedIn: true, Method: "api_key", Detail: "ANTHROPIC_API_KEY"}); err != nil || got != want {
		t.Errorf("Login = %+v, %v, want %+v", got, err, want)
	}
	none := []string{"HOME=" + s.home, "PATH=" + os.Getenv("PATH")}
	got, err = Login(patient(t), path, none)
	if want := (LoginState{Method: "none"}); err != nil || got != want {
		t.Errorf("Login without a key = %+v, %v, want %+v", got, err, want)
	}
}

// A sub-agent works in the background by default. When it has ended, Claude
// Code begins a turn by itself, and it does not end before that.
func TestClaudeSubAgent(t *testing.T) {
	s := newStage(t)
	o := s.options()
	r := startRun(t, o)
	r.Prompt(uuid.NewString(), `!tool Task {"description":"look","prompt":"!delay 100ms\n!say found it","subagent_type":"general-purpose"}`+"\n!say it is on its way")
	if got := next[Result](t, r); got.Text != "it is on its way" || got.Origin != "" {
		t.Errorf("the prompt's result is %+v", got)
	}
	r.CloseInput()
	if got := next[Result](t, r); got.Origin != "task-notification" || len(got.Prompts) != 0 || got.Usage.OutputTokens == 0 {
		t.Errorf("the result of Claude Code's own turn is %+v", got)
	}
	if err := exit(t, r); err != nil {
		t.Errorf("Exit.Err = %v", err)
	}
	path, _ := FindTranscript(ConfigDir(s.env()), s.dir, o.SessionID)
	files, err := TranscriptFiles(path)
	if err != nil || len(files) != 2 || files[1].Path != TranscriptPath(ConfigDir(s.env()), s.dir, o.SessionID, files[1].Sub) {
		t.Fatalf("files are %v, %v", files, err)
	}
	heard := strings.Join(collect(t, ReadLines(files[1].Path, 0)), "\n")
	if !strings.Contains(heard, "found it") {
		t.Errorf("the sub-agent's transcript has no answer: %s", heard)
	}
}
