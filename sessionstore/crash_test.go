package sessionstore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// crashDir names the variable that makes the test binary a process that writes
// to the store in that folder until it is killed.
const crashDir = "SESSIONSTORE_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const (
	crashWriters = 4
	crashBatch   = 5 // lines of an append
)

func crashOptions() sessionstore.Options {
	return sessionstore.Options{SegmentBytes: 64 << 10, CompressAfter: time.Millisecond, ChangesKept: 500}
}

// writeUntilKilled has several writers count up in sessions of their own, and
// says so on standard output after each write that is acknowledged.
func writeUntilKilled(dir string) error {
	db, err := sessionstore.Open(dir, crashOptions())
	if err != nil {
		return err
	}
	failed := make(chan error)
	for w := range crashWriters {
		go func() { failed <- crashWriter(db, fmt.Sprint("w", w)) }()
	}
	go func() {
		for {
			if err := db.Maintain(context.Background()); err != nil {
				failed <- err
			}
		}
	}()
	return <-failed
}

func crashWriter(db *sessionstore.DB, id string) error {
	ctx := context.Background()
	s, err := db.Session(ctx, id)
	if errors.Is(err, sessionstore.ErrNotFound) {
		s = sessionstore.Session{ID: id, Status: sessionstore.Idle}
		c, err := db.Commit(ctx, sessionstore.Mutation{Create: &s})
		if err != nil {
			return err
		}
		s = c.Session
	} else if err != nil {
		return err
	}
	for { // finishing first what a kill may have cut short
		if err := crashAppend(ctx, db, s); err != nil {
			return err
		}
		if err := crashDelete(ctx, db, s); err != nil {
			return err
		}
		if s, err = crashCommit(ctx, db, s); err != nil {
			return err
		}
	}
}

// crashCommit counts s.Turns up together with a turn.
func crashCommit(ctx context.Context, db *sessionstore.DB, s sessionstore.Session) (sessionstore.Session, error) {
	s.Turns++
	s.Name = fmt.Sprintf("%s counts %d", s.ID, s.Turns)
	turn := sessionstore.Turn{ID: s.Name, SessionID: s.ID, Seq: int64(s.Turns), Status: sessionstore.TurnCompleted}
	c, err := db.Commit(ctx, sessionstore.Mutation{Update: &s, Turns: []sessionstore.Turn{turn}})
	if err != nil {
		return s, err
	}
	fmt.Printf("commit %s %d\n", s.ID, s.Turns)
	return c.Session, nil
}

// crashAppend appends the lines of round s.Turns.
func crashAppend(ctx context.Context, db *sessionstore.DB, s sessionstore.Session) error {
	_, err := db.Append(ctx, sessionstore.Append{SessionID: s.ID, Lines: crashLines(s.ID, s.Turns)})
	if err == nil {
		fmt.Printf("append %s %d\n", s.ID, s.Turns)
	}
	return err
}

// crashDelete makes and deletes another session.
func crashDelete(ctx context.Context, db *sessionstore.DB, s sessionstore.Session) error {
	other := sessionstore.Session{ID: fmt.Sprintf("%s-other-%d", s.ID, s.Turns), Status: sessionstore.Idle}
	_, err := db.Commit(ctx, sessionstore.Mutation{Create: &other})
	if err != nil && !errors.Is(err, sessionstore.ErrExists) {
		return err
	}
	if _, err := db.Append(ctx, sessionstore.Append{SessionID: other.ID, Lines: crashLines(other.ID, 0)}); err != nil {
		return err
	}
	if err := db.Delete(ctx, other.ID, 0); err != nil {
		return err
	}
	fmt.Printf("delete %s %d\n", s.ID, s.Turns)
	return nil
}

func crashLines(id string, round int) (lines []json.RawMessage) {
	for i := range crashBatch {
		lines = append(lines, fmt.Appendf(nil, `{"uuid":"%s.%d.%d","text":"%s"}`, id, round, i, strings.Repeat("x", 200)))
	}
	return lines
}

// TestKill kills a process that writes, at a random point, several times on the
// same store: what was acknowledged is there, and nothing is there in part.
func TestKill(t *testing.T) {
	t.Parallel()
	kills := 8
	if testing.Short() {
		kills = 2
	}
	dir := t.TempDir()
	for range kills {
		acks := runAndKill(t, dir, 20+rand.IntN(300))
		checkAfterKill(t, dir, acks)
		if t.Failed() {
			return
		}
	}
}

// acks are the highest numbers that were acknowledged, by "what writer".
type acks map[string]int

// runAndKill lets a process write to dir until it has acknowledged n writes,
// kills it, and returns all that it acknowledged.
func runAndKill(t *testing.T, dir string, n int) acks {
	t.Helper()
	out := &ackWriter{enough: make(chan struct{}), want: n}
	var stderr bytes.Buffer
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	cmd.Stdout, cmd.Stderr = out, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	select {
	case <-out.enough:
	case err := <-exited:
		t.Fatalf("the process that writes ended by itself: %v\n%s", err, stderr.String())
	case <-time.After(time.Minute):
		t.Errorf("the process that writes does not write")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-exited
	return out.acks(t)
}

// ackWriter is the standard output of the process.
type ackWriter struct {
	mu     sync.Mutex
	all    bytes.Buffer
	want   int
	enough chan struct{} // closed after that many lines
}

func (w *ackWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.want
	w.want -= bytes.Count(p, []byte{'\n'})
	if before > 0 && w.want <= 0 {
		close(w.enough)
	}
	return w.all.Write(p)
}

func (w *ackWriter) acks(t *testing.T) acks {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make(acks)
	for line := range strings.Lines(w.all.String()) {
		var what, id string
		var n int
		if _, err := fmt.Sscanf(line, "%s %s %d\n", &what, &id, &n); err != nil {
			t.Fatalf("acknowledgement %q: %v", line, err)
		}
		list[what+" "+id] = n
	}
	return list
}

func checkAfterKill(t *testing.T, dir string, acked acks) {
	t.Helper()
	db, err := sessionstore.Open(dir, crashOptions())
	if err != nil {
		t.Fatalf("opening after a kill: %v", err)
	}
	defer db.Close()
	for w := range crashWriters {
		id := fmt.Sprint("w", w)
		if acked["commit "+id] > 0 {
			checkWriter(t, db, id, acked)
		}
	}
	checkList(t, db)
}

func checkWriter(t *testing.T, db *sessionstore.DB, id string, acked acks) {
	t.Helper()
	ctx := t.Context()
	s, err := db.Resolve(ctx, id)
	if err != nil {
		t.Fatalf("session %s: %v", id, err)
	}
	if s.Turns < acked["commit "+id] || s.Turns > acked["commit "+id]+1 {
		t.Errorf("session %s counts %d, %d were acknowledged", id, s.Turns, acked["commit "+id])
	}
	turns := 0
	for turn, err := range db.Turns(ctx, id) {
		if err != nil || turn.Seq != int64(s.Turns-turns) {
			t.Fatalf("turn of %s: got %d, %v, want %d", id, turn.Seq, err, s.Turns-turns)
		}
		turns++
	}
	var want []json.RawMessage
	for round := range s.Turns + 1 {
		want = append(want, crashLines(id, round)...)
	}
	n := 0
	for e, err := range db.Entries(ctx, id, "", 0) {
		if err != nil {
			t.Fatalf("entry %d of %s: %v", n, id, err)
		}
		if want := want[n]; !bytes.Equal(e.Raw, want) {
			t.Fatalf("entry %d of %s: got %s, want %s", n, id, e.Raw, want)
		}
		n++
	}
	if n%crashBatch != 0 || n < crashBatch*(acked["append "+id]+1) {
		t.Errorf("transcript of %s: got %d entries, %d batches of %d were acknowledged", id, n, acked["append "+id], crashBatch)
	}
	for round := range acked["delete "+id] + 1 {
		if _, err := db.Session(ctx, fmt.Sprintf("%s-other-%d", id, round)); !errors.Is(err, sessionstore.ErrNotFound) {
			t.Errorf("deleted session %d of %s: got %v, want ErrNotFound", round, id, err)
		}
	}
}

// checkList compares the list, which is rebuilt, with the records.
func checkList(t *testing.T, db *sessionstore.DB) {
	t.Helper()
	p, err := db.List(t.Context(), sessionstore.Query{Limit: 1000})
	if err != nil || p.Total != len(p.Sessions) {
		t.Fatalf("List: got %d of %d sessions, %v", len(p.Sessions), p.Total, err)
	}
	last := time.Now().Add(time.Hour)
	for _, s := range p.Sessions {
		if got, err := db.Resolve(t.Context(), s.Name); s.Name != "" && (err != nil || got.ID != s.ID) {
			t.Errorf("Resolve(%q): got %s, %v, want %s", s.Name, got.ID, err, s.ID)
		}
		if !s.UpdatedAt.Before(last) {
			t.Errorf("session %s of %v is listed after one of %v", s.ID, s.UpdatedAt, last)
		}
		last = s.UpdatedAt
	}
}
