package agent

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
)

// startSleeper starts a process with a run's mark, waits until it plays its
// part, and reaps it when it ends.
func startSleeper(t *testing.T, runID, fake string) Process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{fakeVar + "=" + fake, RunIDVar + "=" + runID}
	ownSession(cmd)
	out, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout = theirs
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := newLineReader(out, maxLine).next(); err != nil {
		t.Fatalf("the %s did not begin: %v", fake, err)
	}
	p, err := Identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	reaped := make(chan struct{})
	go func() {
		defer close(reaped)
		cmd.Wait()
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-reaped
	})
	return p
}

// patient is a context that ends well before the test binary is given up.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func TestProcessLife(t *testing.T) {
	p := startSleeper(t, uuid.NewString(), "sleeper")
	if !Alive(p) {
		t.Fatal("a process just started is not alive")
	}
	later := Process{PID: p.PID, StartTime: p.StartTime + "1"}
	if Alive(later) {
		t.Error("a process is taken for another one with its pid")
	}
	if err := Kill(later); err != nil || !Alive(p) {
		t.Errorf("Kill of another one with its pid: %v, alive %v", err, Alive(p))
	}
	if err := Terminate(p); err != nil {
		t.Fatal(err)
	}
	if err := WaitGone(patient(t), p); err != nil {
		t.Fatalf("WaitGone: %v", err)
	}
	if err := Kill(p); err != nil {
		t.Errorf("Kill of one that is gone: %v, want nil", err)
	}
}

func TestWaitGoneIsBounded(t *testing.T) {
	p := startSleeper(t, uuid.NewString(), "sleeper")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := WaitGone(ctx, p); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("WaitGone = %v, want the context's error", err)
	}
}

func TestIdentifyNobody(t *testing.T) {
	if _, err := Identify(1 << 30); !errors.Is(err, ErrNoProcess) {
		t.Errorf("Identify = %v, want ErrNoProcess", err)
	}
	if Alive(Process{PID: 1 << 30}) {
		t.Error("nobody is alive")
	}
}

func TestZombieIsNotAlive(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only where the state of processes is told for sure")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{fakeVar + "=failed", quickExit}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	p, err := Identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := WaitGone(patient(t), p); err != nil {
		t.Errorf("a process that nobody has reaped yet counts as alive: %v", err)
	}
}

func TestLeftovers(t *testing.T) {
	needMarks(t)
	runID := uuid.NewString()
	mine := startSleeper(t, runID, "sleeper")
	stubborn := startSleeper(t, runID, "stubborn")
	other := startSleeper(t, runID+"0", "sleeper")
	found, err := Leftovers(runID)
	if err != nil || len(found) != 2 {
		t.Fatalf("Leftovers = %v, %v, want two", found, err)
	}
	n, err := EndLeftovers(t.Context(), runID, 50*time.Millisecond)
	if err != nil || n != 2 {
		t.Errorf("EndLeftovers = %d, %v, want 2", n, err)
	}
	if Alive(mine) || Alive(stubborn) {
		t.Error("leftovers are alive")
	}
	if !Alive(other) {
		t.Error("the process of another run was ended")
	}
	if n, err := EndLeftovers(t.Context(), runID, time.Hour); err != nil || n != 0 {
		t.Errorf("EndLeftovers of none = %d, %v", n, err)
	}
}

func TestLeftoversOfNoRun(t *testing.T) {
	startSleeper(t, "", "sleeper")
	if found, err := Leftovers(""); err != nil || len(found) != 0 {
		t.Errorf("Leftovers(\"\") = %v, %v, want none", found, err)
	}
}

// A tool's process may outlive Claude Code, hold its pipes, and be in a
// session of its own: it must neither delay the end nor survive Stop.
func TestGrandchildHoldsThePipes(t *testing.T) {
	needMarks(t)
	r := startRun(t, fakeOptions(t, "holder"))
	pid, err := strconv.Atoi(next[Result](t, r).Text)
	if err != nil {
		t.Fatal(err)
	}
	grandchild, err := Identify(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := exit(t, r); err != nil {
		t.Errorf("Exit.Err = %v, want nil", err)
	}
	if !Alive(grandchild) {
		t.Fatal("the grandchild is gone already: this test shows nothing")
	}
	if err := r.Stop(t.Context(), patience); err != nil {
		t.Fatal(err)
	}
	if Alive(grandchild) {
		t.Error("the grandchild is alive after Stop")
	}
}

// needMarks skips where the environment of processes cannot be read.
func needMarks(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skipf("the environment of processes is not shown on %s", runtime.GOOS)
	}
}

func BenchmarkLeftovers(b *testing.B) {
	for b.Loop() {
		if _, err := Leftovers("no such run"); err != nil {
			b.Fatal(err)
		}
	}
}
