package loopmodel

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asking streams an answer in a goroutine.
func asking(ctx context.Context, s *Server, messages ...object) <-chan answer {
	done := make(chan answer, 1)
	go func() {
		a, err := tryAsk(ctx, s, messages...)
		if err != nil {
			a.err = err.Error()
		}
		done <- a
	}()
	return done
}

func mustHold(t *testing.T, s *Server, name string) {
	t.Helper()
	if err := s.Held(soon(t), name); err != nil {
		t.Fatal(err)
	}
}

func TestHoldAndRelease(t *testing.T) {
	s := startServer(t)
	first := asking(soon(t), s, user("!hold a\n!say one"))
	mustHold(t, s, "a")
	second := asking(soon(t), s, user("!hold b\n!say two"))
	mustHold(t, s, "b")

	s.Release("b")
	if a := <-second; a.text != "two" {
		t.Errorf("b: got %+v", a)
	}
	select {
	case a := <-first:
		t.Fatalf("a was let go with b: %+v", a)
	default:
	}
	s.Release("a")
	s.Release("a")
	if a := <-first; a.text != "one" {
		t.Errorf("a: got %+v", a)
	}
	if a := ask(t, s, user("!hold a\n!say later")); a.text != "later" {
		t.Errorf("after the release: got %+v", a)
	}
}

func TestPartialIsOutBeforeTheHold(t *testing.T) {
	s := startServer(t)
	resp, err := post(soon(t), s, "/v1/messages", body(user("!partial first words\n!hold a\n!say rest")))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	r := bufio.NewReader(resp.Body)
	for line := ""; !strings.Contains(line, "words"); {
		if line, err = r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	mustHold(t, s, "a")
	s.Release("a")
	if rest, err := io.ReadAll(r); err != nil || !strings.Contains(string(rest), "rest") {
		t.Errorf("after the hold: %v\n%s", err, rest)
	}
}

func TestHeldEndsWithItsContext(t *testing.T) {
	s := startServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Held(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	s.Close()
	if err := s.Held(soon(t), "a"); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: got %v, want ErrClosed", err)
	}
}

func TestClientGone(t *testing.T) {
	for _, wait := range []string{"!hold a", "!delay 1h", "!waitfile /no/such/file"} {
		unfinished := make(chan string, 1)
		s, err := Start(Options{Logf: func(format string, args ...any) {
			if strings.Contains(format, "unfinished") {
				unfinished <- fmt.Sprintf(format, args...)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ctx, cancel := context.WithCancel(soon(t))
		done := asking(ctx, s, user("!partial x\n"+wait))
		waitForRequests(t, s, 1)
		cancel()
		if a := <-done; a.err == "" {
			t.Errorf("%s: an answer came: %+v", wait, a)
		}
		select {
		case <-unfinished:
		case <-soon(t).Done():
			t.Errorf("%s: still waits, with the client gone", wait)
		}
	}
}

func TestCloseCutsOff(t *testing.T) {
	s := startServer(t)
	done := asking(soon(t), s, user("!partial x\n!hold a"))
	mustHold(t, s, "a")
	s.Close()
	if a := <-done; a.err == "" {
		t.Errorf("an answer came: %+v", a)
	}
	s.Close()
	if a := <-asking(soon(t), s, user("x")); a.err == "" {
		t.Errorf("an answer came after Close: %+v", a)
	}
}

func TestWaitfile(t *testing.T) {
	s := startServer(t)
	path := filepath.Join(t.TempDir(), "with a space")
	done := asking(soon(t), s, user("!waitfile "+path+"\n!say one"))
	waitForRequests(t, s, 1)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if a := <-done; a.text != "one" {
		t.Errorf("got %+v", a)
	}
}

func TestSayfile(t *testing.T) {
	s := startServer(t)
	path := filepath.Join(t.TempDir(), "answer")
	if err := os.WriteFile(path, []byte("two\n\nthree\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if a := ask(t, s, user("!say one\n!sayfile "+path+"\n!say four")); a.text != "one\ntwo\n\nthree\nfour" {
		t.Errorf("got %+v", a)
	}
	if a := ask(t, s, user("!sayfile "+path+".not")); !strings.Contains(a.text, "no such file") {
		t.Errorf("a file that is not there: got %+v", a)
	}
}

func waitForRequests(t *testing.T, s *Server, n int) {
	t.Helper()
	for ctx := soon(t); len(s.Requests()) < n; {
		if err := sleep(ctx, time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}
