package sessionstore_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// load fills a store with n sessions, by many writers, as one alone would wait
// for the disk each time.
func load(b *testing.B, db *sessionstore.DB, n int) {
	b.Helper()
	var next atomic.Int64
	done := make(chan error)
	const writers = 64
	for range writers {
		go func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				s := benchSession(int(i))
				if _, err := db.Commit(b.Context(), sessionstore.Mutation{Create: &s}); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

func benchSession(i int) sessionstore.Session {
	return sessionstore.Session{
		ID: fmt.Sprintf("%08x-0000-4000-8000-000000000000", i), Status: sessionstore.Statuses[i%len(sessionstore.Statuses)],
		Name: fmt.Sprint("session ", i), FirstPrompt: "fix the tests in package " + fmt.Sprint(i%100), Cwd: "/home/me/project",
		LastPrompt: strings.Repeat("and then ", 10), LastResult: strings.Repeat("done ", 40), Tags: []string{"tag"},
		CreatedAt: time.Unix(int64(i), 0),
	}
}

func openBench(b *testing.B, sessions int) *sessionstore.DB {
	b.Helper()
	db, err := sessionstore.Open(b.TempDir(), sessionstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	load(b, db, sessions)
	return db
}

func BenchmarkPage(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint("sessions=", n), func(b *testing.B) {
			db := openBench(b, n)
			q := sessionstore.Query{Status: []sessionstore.Status{sessionstore.Failed}, Limit: 50}
			b.Run("status", func(b *testing.B) { benchList(b, db, q, 50) })
			touch(b, db, min(3*n, 30_000))
			b.Run("touched", func(b *testing.B) { benchList(b, db, q, 50) })
			b.Run("text", func(b *testing.B) { benchList(b, db, sessionstore.Query{Text: "no such words"}, 0) })
		})
	}
}

// touch updates ten sessions n times in all.
func touch(b *testing.B, db *sessionstore.DB, n int) {
	b.Helper()
	done := make(chan error)
	for w := range 10 {
		go func() {
			s, err := db.Session(b.Context(), benchSession(w+1).ID)
			for range n / 10 {
				if err != nil {
					break
				}
				var c sessionstore.Committed
				c, err = db.Commit(b.Context(), sessionstore.Mutation{Update: &s})
				s = c.Session
			}
			done <- err
		}()
	}
	for range 10 {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

func benchList(b *testing.B, db *sessionstore.DB, q sessionstore.Query, want int) {
	for b.Loop() {
		p, err := db.List(b.Context(), q)
		if err != nil || len(p.Sessions) != want {
			b.Fatalf("got %d sessions, %v", len(p.Sessions), err)
		}
	}
}

func BenchmarkCommit(b *testing.B) {
	db := openBench(b, 1000)
	s, err := db.Session(b.Context(), benchSession(1).ID)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c, err := db.Commit(b.Context(), sessionstore.Mutation{Update: &s})
		if err != nil {
			b.Fatal(err)
		}
		s = c.Session
	}
}

func BenchmarkCommitBy16(b *testing.B) {
	db := openBench(b, 1000)
	var next atomic.Int64
	b.SetParallelism(8) // times GOMAXPROCS, which is 2 on small machines
	b.RunParallel(func(pb *testing.PB) {
		s, err := db.Session(b.Context(), benchSession(int(next.Add(1))).ID)
		for pb.Next() && err == nil {
			var c sessionstore.Committed
			c, err = db.Commit(b.Context(), sessionstore.Mutation{Update: &s})
			s = c.Session
		}
		if err != nil {
			b.Error(err)
		}
	})
}

func BenchmarkAppend20(b *testing.B) {
	db := openBench(b, 1)
	n := 0
	text := strings.Repeat("x", 2900)
	b.SetBytes(20 * 3000)
	for b.Loop() {
		a := sessionstore.Append{SessionID: benchSession(1).ID, Lines: make([]json.RawMessage, 0, 20)}
		for range 20 {
			a.Lines = append(a.Lines, fmt.Appendf(nil, `{"uuid":"%036d","text":"%s"}`, n, text))
			n++
		}
		if _, err := db.Append(b.Context(), a); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen opens a store of 100,000 sessions and closes it again.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	db, err := sessionstore.Open(dir, sessionstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	load(b, db, 100_000)
	for b.Loop() {
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		if db, err = sessionstore.Open(dir, sessionstore.Options{}); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}
