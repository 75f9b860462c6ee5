package agent

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestClaudeInputCloseDeniesWhatIsOpen(t *testing.T) {
	s := newStage(t)
	r := startRun(t, s.options())
	r.Prompt(uuid.NewString(), `!tool Write {"file_path":"`+s.dir+`/x.txt","content":"hi"}`)
	next[Permission](t, r)
	r.CloseInput()
	if got := next[Result](t, r); !got.OK || len(got.Denials) != 1 {
		t.Errorf("result is %+v, want a turn that went on without the tool", got)
	}
	if err := exit(t, r); err != nil {
		t.Errorf("Exit.Err = %v", err)
	}
}

func TestClaudeInterrupt(t *testing.T) {
	s := newStage(t)
	r := startRun(t, s.options())
	prompt := uuid.NewString()
	r.Prompt(prompt, "!hold gate\n!say never")
	next[Init](t, r)
	if err := s.model.Held(patient(t), "gate"); err != nil {
		t.Fatal(err)
	}
	interrupted := make(chan error, 1)
	go func() { interrupted <- r.Interrupt(patient(t)) }()
	if got := next[Result](t, r); got.OK || got.Code != CodeInterrupted || !slices.Equal(got.Prompts, []string{prompt}) {
		t.Errorf("result is %+v, want interrupted", got)
	}
	if err := <-interrupted; err != nil {
		t.Errorf("Interrupt: %v", err)
	}
	if got := s.turn(r, "!say on we go"); !got.OK || got.Text != "on we go" {
		t.Errorf("the turn after an interrupt is %+v", got)
	}
}

func TestClaudeExitAfterInterrupt(t *testing.T) {
	s := newStage(t)
	o := s.options()
	r := startRun(t, o)
	prompt := uuid.NewString()
	r.Prompt(prompt, "!hold gate")
	next[Init](t, r)
	if err := s.model.Held(patient(t), "gate"); err != nil {
		t.Fatal(err)
	}
	go r.Interrupt(patient(t))
	next[Result](t, r)
	if err := exit(t, r); err != nil {
		t.Errorf("Exit.Err = %v, want nil: the result has told it", err)
	}
	if got := s.conversation(o.SessionID).Turn(prompt); !got.Found || got.Answered || !got.Interrupted {
		t.Errorf("the turn is %+v, want interrupted", got)
	}
}

func TestClaudeRefusedLogin(t *testing.T) {
	s := newStage(t)
	r := startRun(t, s.options())
	r.Prompt(uuid.NewString(), "!status 401")
	begun := time.Now()
	got := next[Retry](t, r)
	if !got.AuthFailed() || got.Attempt != 1 || got.Max < 1 || got.Delay <= 0 || got.Kind != "authentication_failed" {
		t.Errorf("retry is %+v", got)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %v to tell", took)
	}
}

func TestClaudeErrors(t *testing.T) {
	tests := []struct {
		name, prompt string
		change       func(*Options)
		want         string
	}{
		{"bad request", "!status 400 x9", nil, CodeAPI},
		{"forbidden", "!status 403 x9", nil, CodeNotLoggedIn},
		{"no key", "hello", func(o *Options) {
			o.Env = slices.DeleteFunc(o.Env, func(v string) bool { return strings.HasPrefix(v, "ANTHROPIC_API_KEY=") })
		}, CodeNotLoggedIn},
		{"turns", "!tool Glob {\"pattern\":\"*\"}", func(o *Options) { o.MaxTurns = 1 }, CodeTurnLimit},
		{"budget", "!tool Glob {\"pattern\":\"*\"}", func(o *Options) { o.MaxBudgetUSD = 0.0001 }, CodeBudget},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t)
			o := s.options()
			if test.change != nil {
				test.change(&o)
			}
			r := startRun(t, o)
			if got := s.turn(r, test.prompt); got.OK || got.Code != test.want || got.Text == "" {
				t.Errorf("result is %+v, want code %s", got, test.want)
			}
			if err := exit(t, r); err != nil {
				t.Errorf("Exit.Err = %v, want nil: the result has told it", err)
			}
		})
	}
}

// An engine that dies leaves its processes with closed pipes: the turn is
// ended all the same, and the transcript tells the next engine.
func TestClaudeOrphanFinishes(t *testing.T) {
	s := newStage(t)
	o := s.options()
	r := startRun(t, o)
	prompt := uuid.NewString()
	r.Prompt(prompt, "!hold gate\n!say after all")
	next[Init](t, r)
	if err := s.model.Held(patient(t), "gate"); err != nil {
		t.Fatal(err)
	}
	r.CloseInput()
	r.out.Close()
	s.model.Release("gate")
	if err := WaitGone(patient(t), r.Process()); err != nil {
		t.Fatal(err)
	}
	if got := s.conversation(o.SessionID).Turn(prompt); !got.Answered || got.Text != "after all" {
		t.Errorf("the orphan's turn is %+v", got)
	}
}

func TestClaudeKilledInMidTurn(t *testing.T) {
	s := newStage(t)
	o := s.options()
	r := startRun(t, o)
	prompt := uuid.NewString()
	r.Prompt(prompt, "!hold gate")
	next[Mirror](t, r)
	if err := s.model.Held(patient(t), "gate"); err != nil {
		t.Fatal(err)
	}
	if err := Kill(r.Process()); err != nil {
		t.Fatal(err)
	}
	if got, ok := next[Exit](t, r).Err.(*ExitError); !ok || got.Signal != "killed" || got.Code != CodeFailed {
		t.Errorf("exit is %+v", got)
	}
	if got := s.conversation(o.SessionID).Turn(prompt); !got.Found || got.Answered {
		t.Errorf("the turn is %+v, want found and not answered", got)
	}
	o.Resume = o.SessionID
	again := startRun(t, o)
	if got := s.turn(again, "go on"); !got.OK {
		t.Errorf("result after a crash is %+v", got)
	}
	exit(t, again)
	if got := s.conversation(o.SessionID).Turn(prompt); got.Answered {
		t.Errorf("after a resume the turn is %+v, want not answered", got)
	}
}

// Each Bash tool runs in a session of its own, where killing the CLI and its
// group does not reach it.
func TestClaudeLeavesNothingBehind(t *testing.T) {
	needMarks(t)
	s := newStage(t)
	o := s.options()
	o.AllowedTools = []string{"Bash"}
	r := startRun(t, o)
	fifo := filepath.Join(s.dir, "fifo")
	if err := exec.Command("mkfifo", fifo).Run(); err != nil {
		t.Skipf("no mkfifo here: %v", err)
	}
	r.Prompt(uuid.NewString(), `!tool Bash {"command":"echo $$ > pid; cat fifo","description":"wait"}`)
	next[Init](t, r)
	ctx := patient(t)
	if err := poll(ctx, func() bool { return isFile(filepath.Join(s.dir, "pid")) }); err != nil {
		t.Fatal("the tool did not start")
	}
	if err := signalGroup(r.Process().PID, kill); err != nil {
		t.Fatal(err)
	}
	next[Exit](t, r)
	left, err := Leftovers(o.RunID)
	if err != nil || len(left) == 0 {
		t.Fatalf("Leftovers = %v, %v: this test shows nothing", left, err)
	}
	if err := r.Stop(context.Background(), time.Minute); err != nil {
		t.Error(err)
	}
	if left, _ := Leftovers(o.RunID); len(left) != 0 {
		t.Errorf("after Stop %v are left", left)
	}
}
