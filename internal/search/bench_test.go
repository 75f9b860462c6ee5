package search

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

var benchSessions = flag.Int("sessions", 300, "how many sessions the benchmarks have, about 190 KB each")

// BenchmarkSearch measures the making of an index over generated sessions, and
// queries of one to three words, common and rare, some of them phrases and
// prefixes.
func BenchmarkSearch(b *testing.B) {
	dir := b.TempDir()
	store, err := sessionstore.Open(filepath.Join(dir, "store"), sessionstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	g := newGenerator()
	text := 0
	for i := range *benchSessions {
		text += g.session(b, store, time.Now().Add(-time.Duration(i)*37*time.Minute))
	}
	before := peak()
	began := time.Now()
	x, err := Open(Options{Dir: filepath.Join(dir, "search"), Store: store})
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	for done, total := 0, 1; total > 0 || done > 0 || x.queue.size() == 0; done, total = x.Progress() {
		time.Sleep(10 * time.Millisecond)
	}
	made := time.Since(began)
	var all []time.Duration
	for b.Loop() {
		began := time.Now()
		if _, err := x.Search(context.Background(), Query{Text: g.query()}); err != nil {
			b.Fatal(err)
		}
		all = append(all, time.Since(began))
	}
	slices.Sort(all)
	b.ReportMetric(made.Seconds(), "index-s")
	b.ReportMetric(float64(text)/1e6, "text-MB")
	b.ReportMetric(float64(size(filepath.Join(dir, "search")))/1e6, "disk-MB")
	b.ReportMetric(ms(all[len(all)/2]), "median-ms")
	b.ReportMetric(ms(all[len(all)*95/100]), "p95-ms")
	b.ReportMetric(before, "store-peak-MB")
	b.ReportMetric(peak(), "peak-MB")
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func size(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n
}

// peak is the most memory that the process has had, in MB; 0 where that cannot
// be told.
func peak() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kb, _ := strconv.Atoi(fields[0])
	return float64(kb) / 1024
}

// generator makes sessions whose words are as common and as rare as words are.
type generator struct {
	random *rand.Rand
	common *rand.Zipf
	words  []string
}

func newGenerator() *generator {
	g := &generator{random: rand.New(rand.NewPCG(1, 2))}
	for i := range 60_000 {
		var b strings.Builder
		for range 2 + g.random.IntN(min(2+i/100, 8)) {
			b.WriteByte("etaoinshrdlucmfwypvbgkjqxz"[int(26*g.random.Float64()*g.random.Float64())])
		}
		g.words = append(g.words, b.String()+strconv.Itoa(i)[:i%2])
	}
	g.common = rand.NewZipf(g.random, 1.1, 4, uint64(len(g.words)-1))
	return g
}

func (g *generator) text(words int) string {
	var b strings.Builder
	for range words {
		b.WriteString(g.words[g.common.Uint64()])
		b.WriteByte(" \n"[g.random.IntN(12)/11])
	}
	return b.String()
}

// session puts one into the store, and returns how many bytes of it are words
// that can be found.
func (g *generator) session(b *testing.B, store *sessionstore.DB, at time.Time) (text int) {
	id := uuid.NewString()
	s := sessionstore.Session{ID: id, RootID: id, Status: sessionstore.Idle, Origin: sessionstore.Imported, CLITitle: g.text(6), CreatedAt: at}
	if _, err := store.Commit(b.Context(), sessionstore.Mutation{Create: &s, At: at}); err != nil {
		b.Fatal(err)
	}
	a := sessionstore.Append{SessionID: id}
	for i := range 12 {
		at = at.Add(time.Minute)
		prompt, answer, command := g.text(10+g.random.IntN(60)), g.text(20+g.random.IntN(200)), g.text(5+g.random.IntN(60))
		text += len(prompt) + len(answer) + len(command)
		a.Lines = append(a.Lines, json.RawMessage(message("user", uuid.NewString(), prompt, at)),
			line(at, "assistant", map[string]any{"type": "tool_use", "name": "Bash", "input": map[string]any{"command": command}}),
			line(at, "user", map[string]any{"type": "tool_result", "content": strings.Repeat(command, 20)}),
			json.RawMessage(message("assistant", uuid.NewString(), answer, at.Add(time.Second))),
			json.RawMessage(fmt.Sprintf(`{"type":"attachment","uuid":%q,"attachment":{"type":"file","content":%q}}`, uuid.NewString(), strings.Repeat(answer, 1+9000/len(answer)+i%2))))
	}
	if _, err := store.Append(b.Context(), a); err != nil {
		b.Fatal(err)
	}
	return text
}

func line(at time.Time, role string, block map[string]any) json.RawMessage {
	raw, err := json.Marshal(map[string]any{"parentUuid": uuid.NewString(), "type": role, "uuid": uuid.NewString(), "timestamp": at,
		"message": map[string]any{"role": role, "content": []any{block}}})
	if err != nil {
		panic(err)
	}
	return raw
}

func (g *generator) query() string {
	var q []string
	for range 1 + g.random.IntN(3) {
		if g.random.IntN(2) == 0 {
			q = append(q, g.words[g.common.Uint64()])
		} else {
			q = append(q, g.words[200+g.random.IntN(5000)])
		}
	}
	text := strings.Join(q, " ")
	switch g.random.IntN(6) {
	case 0:
		return `"` + text + `"`
	case 1:
		if last := q[len(q)-1]; len(last) > 3 {
			return text[:len(text)-1] + "*"
		}
	}
	return text
}
