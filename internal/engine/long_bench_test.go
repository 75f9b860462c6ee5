package engine

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// longBytes is how large the transcript of these benchmarks is.
const longBytes = 100 << 20

// BenchmarkLongTranscript imports a transcript of 100 MB, and reads pages of it
// at its end, in its middle and at its start, in both directions. peak-MB is how
// far the heap rose meanwhile.
func BenchmarkLongTranscript(b *testing.B) {
	p := openPlace(b, b.TempDir(), sessionstore.Options{})
	middle := p.long(p.path(elsewhereA))
	rose, began := rising(), time.Now()
	c := p.client(Config{})
	for s := (sessionstore.Session{}); s.Turns == 0; time.Sleep(5 * time.Millisecond) { // the glance counts none
		s, _ = p.store.Session(b.Context(), elsewhereA)
	}
	p.settled(c.Engine)
	b.Logf("imported in %s, the heap rose by %.0f MB", time.Since(began).Round(time.Millisecond), rose())
	page := func(req ReadRequest) Transcript {
		req.Session = elsewhereA
		t, err := c.Read(b.Context(), Call{}, req)
		if err != nil || t.Shown == 0 {
			b.Fatal(t.Shown, err)
		}
		return t
	}
	end, mid := page(ReadRequest{}), page(ReadRequest{From: middle})
	start := page(ReadRequest{From: "start"})
	for _, test := range []struct {
		name  string
		first bool
		req   ReadRequest
	}{
		{"end first", true, ReadRequest{}},
		{"end", false, ReadRequest{}},
		{"end older", false, ReadRequest{Cursor: end.PrevCursor}},
		{"middle first", true, ReadRequest{From: middle}},
		{"middle", false, ReadRequest{From: middle}},
		{"middle newer", false, ReadRequest{Cursor: mid.NextCursor}},
		{"middle older", false, ReadRequest{Cursor: mid.PrevCursor}},
		{"start first", true, ReadRequest{From: "start"}},
		{"start", false, ReadRequest{From: "start"}},
		{"start newer", false, ReadRequest{Cursor: start.NextCursor}},
	} {
		b.Run(test.name, func(b *testing.B) {
			rose := rising()
			for b.Loop() {
				if test.first {
					c.forgetOutlines()
				}
				page(test.req)
			}
			b.ReportMetric(rose(), "peak-MB")
		})
	}
}

// long writes a transcript of turns, tools and bookkeeping, and returns the uuid
// of a prompt in its middle.
func (p *place) long(path string) (middle string) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		p.t.Fatal(err)
	}
	out := bufio.NewWriter(f)
	var c chain
	for n, size := 0, 0; size < longBytes; n++ {
		prompt := fmt.Sprintf("p%032d", n)
		if middle == "" && size > longBytes/2 {
			middle = prompt
		}
		c.user(prompt, words(40))
		c.says(fmt.Sprintf("u%032d", n), fmt.Sprint("m", n), textPart(words(100)), usePart(fmt.Sprint("t", n), "Bash", `{"command":"go test"}`))
		c.result(fmt.Sprintf("r%032d", n), fmt.Sprint("t", n), words(800))
		c.says(fmt.Sprintf("a%032d", n), fmt.Sprint("n", n), textPart(words(200)))
		for _, line := range c.lines {
			size += len(line) + 1
			out.Write(line)
			out.WriteByte('\n')
		}
		c.lines = nil
	}
	fmt.Fprintln(out, title("the end"))
	if err := out.Flush(); err != nil {
		p.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		p.t.Fatal(err)
	}
	return middle
}

// words are n random words.
func words(n int) string {
	var s strings.Builder
	for range n {
		fmt.Fprintf(&s, "%x ", rand.Uint32N(1<<20))
	}
	return s.String()
}

// rising looks from time to time how large the heap is, until the function that
// it returns is called, which tells how many megabytes more it was at most.
func rising() (rose func() float64) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse
	}
	debug.FreeOSMemory()
	before, done, most := heap(), make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		top := heap()
		for {
			select {
			case <-tick.C:
				top = max(top, heap())
			case <-done:
				most <- max(top, heap())
				return
			}
		}
	}()
	return func() float64 {
		close(done)
		return float64(max(<-most, before)-before) / (1 << 20)
	}
}
