package agent

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// patience bounds every wait of the tests in this package.
const patience = time.Minute

// quickExit spares a fake built with the race detector its second of farewell.
const quickExit = "GORACE=atexit_sleep_ms=0"

// fakeOptions start the test binary as a fake.
func fakeOptions(t *testing.T, name string) Options {
	t.Helper()
	return Options{
		Command:   os.Args[0],
		Dir:       t.TempDir(),
		Env:       []string{fakeVar + "=" + name, "PATH=" + os.Getenv("PATH"), quickExit},
		SessionID: uuid.NewString(),
		RunID:     uuid.NewString(),
	}
}

// startRun starts a run that is stopped at the end of the test.
func startRun(t *testing.T, o Options) *Run {
	t.Helper()
	r, err := Start(t.Context(), o)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		go func() {
			for range r.Events() { // let it end
			}
		}()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := r.Stop(ctx, 0); err != nil {
			t.Errorf("Stop at the end: %v", err)
		}
	})
	return r
}

// next returns the next event of type T, and passes over others.
func next[T Event](t *testing.T, r *Run) T {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case event, ok := <-r.Events():
			if !ok {
				t.Fatalf("the events ended before a %T; stderr: %s", *new(T), r.Stderr())
			}
			if want, ok := event.(T); ok {
				return want
			}
		case <-timeout:
			t.Fatalf("no %T within %v; stderr: %s", *new(T), patience, r.Stderr())
		}
	}
}

// exit closes the input and returns how the run ended.
func exit(t *testing.T, r *Run) error {
	t.Helper()
	r.CloseInput()
	end := next[Exit](t, r)
	if event, open := <-r.Events(); open {
		t.Errorf("after Exit came %#v, want the channel closed", event)
	}
	return end.Err
}

func TestTurns(t *testing.T) {
	r := startRun(t, fakeOptions(t, "echo"))
	for _, text := range []string{"one", "two <&> \u2028"} {
		id := uuid.NewString()
		if err := r.Prompt(id, text); err != nil {
			t.Fatal(err)
		}
		got := next[Result](t, r)
		if !got.OK || got.Text != text || len(got.Prompts) != 1 || got.Prompts[0] != id {
			t.Errorf("result of %q is %+v", text, got)
		}
	}
	if err := exit(t, r); err != nil {
		t.Errorf("Exit.Err = %v, want nil", err)
	}
	if err := r.Prompt(uuid.NewString(), "late"); !errors.Is(err, ErrInputClosed) {
		t.Errorf("Prompt after the end: %v, want ErrInputClosed", err)
	}
}

func TestPermission(t *testing.T) {
	allowed := `{"behavior":"allow","updatedInput":{"file_path":"/a/main.go","n":12345678901234567890}}`
	tests := []struct {
		name   string
		answer func(*Run, string) error
		want   string
	}{
		{"allow", func(r *Run, id string) error { return r.Allow(id, nil, nil) }, allowed},
		{"allow with changes", func(r *Run, id string) error {
			return r.Allow(id, json.RawMessage(`{"a":1}`), json.RawMessage(`[2]`))
		}, `{"behavior":"allow","updatedInput":{"a":1},"updatedPermissions":[2]}`},
		{"deny", func(r *Run, id string) error { return r.Deny(id, "no") }, `{"behavior":"deny","message":"no"}`},
		{"deny without a word", func(r *Run, id string) error { return r.Deny(id, "") }, `{"behavior":"deny","message":"This use of the tool was denied."}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := startRun(t, fakeOptions(t, "echo"))
			r.Prompt(uuid.NewString(), "tool")
			ask := next[Permission](t, r)
			if ask.Tool != "Write" || ask.Summary != "Write: main.go" || ask.Question {
				t.Errorf("permission is %+v", ask)
			}
			if err := r.Deny("other", ""); !errors.Is(err, ErrNotOpen) {
				t.Errorf("Deny of another request: %v, want ErrNotOpen", err)
			}
			if err := test.answer(r, ask.ID); err != nil {
				t.Fatal(err)
			}
			if got := next[Result](t, r).Text; got != test.want {
				t.Errorf("claude was told %s, want %s", got, test.want)
			}
			if err := r.Allow(ask.ID, nil, nil); !errors.Is(err, ErrNotOpen) {
				t.Errorf("second answer: %v, want ErrNotOpen", err)
			}
		})
	}
}

func TestUnknownRequestIsRefused(t *testing.T) {
	r := startRun(t, fakeOptions(t, "echo"))
	r.Prompt(uuid.NewString(), "strange")
	if got, want := next[Result](t, r).Text, "unsupported request: hook_callback"; got != want {
		t.Errorf("claude was told %q, want %q", got, want)
	}
}

func TestInterrupt(t *testing.T) {
	r := startRun(t, fakeOptions(t, "echo"))
	results := make(chan Result, 1)
	go func() { results <- next[Result](t, r) }()
	r.Prompt(uuid.NewString(), "hang")
	if err := r.Interrupt(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-results; got.OK || got.Code != CodeInterrupted {
		t.Errorf("result is %+v, want interrupted", got)
	}
	exit(t, r)
	if err := r.Interrupt(t.Context()); !errors.Is(err, ErrInputClosed) {
		t.Errorf("Interrupt after the end: %v, want ErrInputClosed", err)
	}
}

func TestInterruptIsBounded(t *testing.T) {
	r := startRun(t, fakeOptions(t, "stubborn"))
	next[Init](t, r)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	// More than the pipe takes, so that a writer would be held up.
	r.Prompt(uuid.NewString(), strings.Repeat("x", 1<<20))
	if err := r.Interrupt(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Interrupt of a run that does not answer: %v, want the context's error", err)
	}
}

func TestExit(t *testing.T) {
	tests := []struct {
		fake string
		want *ExitError
	}{
		{"missing", &ExitError{Code: CodeSessionMissing, Status: 1, Stderr: "No conversation found with session ID: x\n"}},
		{"torn", &ExitError{Code: CodeFailed, Status: 3, Stderr: "out of cheese\n"}},
		{"failed", nil},
		{"noisy", nil},
	}
	for _, test := range tests {
		t.Run(test.fake, func(t *testing.T) {
			err := exit(t, startRun(t, fakeOptions(t, test.fake)))
			var got *ExitError
			if errors.As(err, &got); test.want == nil && err != nil || test.want != nil && (got == nil || *got != *test.want) {
				t.Errorf("Exit.Err = %+v, want %+v", err, test.want)
			}
		})
	}
}

func TestSessionMissingIsToldInTheResult(t *testing.T) {
	r := startRun(t, fakeOptions(t, "missing"))
	if got := next[Result](t, r); got.OK || got.Code != CodeSessionMissing {
		t.Errorf("result is %+v, want code %s", got, CodeSessionMissing)
	}
}

func TestFloodOnStderr(t *testing.T) {
	r := startRun(t, fakeOptions(t, "noisy"))
	exit(t, r)
	if got := r.Stderr(); len(got) > tailSize || !strings.HasSuffix(got, "x\nthe last word\n") {
		t.Errorf("stderr of %d bytes ends with %q", len(got), got[max(0, len(got)-40):])
	}
}

func TestLongLine(t *testing.T) {
	r := startRun(t, fakeOptions(t, "long"))
	got := next[Mirror](t, r)
	if len(got.Lines) != 1 || len(got.Lines[0]) < 32<<20 {
		t.Fatalf("%d lines", len(got.Lines))
	}
	if head := string(got.Lines[0][:31]); head != `{"n":12345678901234567890,"a":"` {
		t.Errorf("line begins %s, want it as it was written", head)
	}
}

func TestSlowReaderLosesNothing(t *testing.T) {
	r := startRun(t, fakeOptions(t, "late"))
	for i := range 300 {
		if i == 1 {
			<-r.gone // and only then read on
			timer := time.NewTimer(2 * drainWait)
			<-timer.C // longer than any wait for output
		}
		if got := next[Said](t, r).UUID; got != strconv.Itoa(i) {
			t.Fatalf("event %d is that of %s", i, got)
		}
	}
}

func TestArguments(t *testing.T) {
	o := fakeOptions(t, "args")
	secret := `{"s":{"command":"x","env":{"KEY":"` + strings.Repeat("secret", 20<<10) + `"}}}`
	o.MCPServers = json.RawMessage(secret)
	o.Env = append(o.Env, RunIDVar+"=of-another-run", SessionVar+"=another")
	r := startRun(t, o)
	text := next[Result](t, r).Text
	line, rest, _ := strings.Cut(text, "\n")
	dir, rest, _ := strings.Cut(rest, "\n")
	config, mark, _ := strings.Cut(rest, "\n")
	if strings.Contains(line, "secret") || !strings.Contains(line, "--session-id="+o.SessionID) {
		t.Errorf("arguments are %.200s", line)
	}
	if want, _ := filepath.EvalSymlinks(o.Dir); dir != want {
		t.Errorf("working directory is %s, want %s", dir, want)
	}
	if want := `{"mcpServers":` + secret + `}`; config != want {
		t.Errorf("MCP configuration has %d bytes, want %d", len(config), len(want))
	}
	if want := o.RunID + " " + o.SessionID; mark != want {
		t.Errorf("marks are %s, want %s", mark, want)
	}
}

func TestStartErrors(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"no claude", func(o *Options) { o.Command = filepath.Join(o.Dir, "none") }, CodeClaudeNotFound},
		{"not a program", func(o *Options) { o.Command = o.Dir }, CodeClaudeNotFound},
		{"no directory", func(o *Options) { o.Dir = filepath.Join(o.Dir, "none") }, CodeCwdMissing},
		{"a file for a directory", func(o *Options) { o.Dir = os.Args[0] }, CodeCwdMissing},
		{"a setting", func(o *Options) { o.PermissionMode = "yolo" }, CodeInvalid},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := fakeOptions(t, "echo")
			test.change(&o)
			_, err := Start(t.Context(), o)
			var got *StartError
			if !errors.As(err, &got) || got.Code != test.want {
				t.Errorf("Start: %v, want code %s", err, test.want)
			}
		})
	}
}

func TestStopLetsTheTurnEnd(t *testing.T) {
	r := startRun(t, fakeOptions(t, "echo"))
	r.Prompt(uuid.NewString(), "last")
	stopped := make(chan error, 1)
	go func() { stopped <- r.Stop(context.Background(), patience) }()
	if got := next[Result](t, r).Text; got != "last" {
		t.Errorf("result is %q", got)
	}
	if err := next[Exit](t, r).Err; err != nil {
		t.Errorf("Exit.Err = %v, want nil", err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Stop: %v", err)
	}
}

func TestStopEndsTheStubborn(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGTERM to ignore")
	}
	r := startRun(t, fakeOptions(t, "stubborn"))
	next[Init](t, r)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // no grace
	if err := r.Stop(ctx, time.Hour); err != nil {
		t.Fatal(err)
	}
	if Alive(r.Process()) {
		t.Error("the process is alive after Stop")
	}
	var got *ExitError
	if err := next[Exit](t, r).Err; !errors.As(err, &got) || got.Status != -1 || got.Signal != "killed" {
		t.Errorf("Exit.Err = %+v, want killed", err)
	}
}
