package bench

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/test/bench/corpus"
)

var (
	transcripts = flag.Int("transcripts", 2000, "how many transcripts BenchmarkFolder makes, 190 KB each")
	folder      = flag.String("folder", "", "a config folder made by test/bench/transcripts for BenchmarkFolder to use; -transcripts does not count then")
)

// The figures that there are of others, too.
const (
	listFigure  = "list complete"
	peakFigure  = "resident, peak of the import"
	foundFigure = "found with " + descriptors + " descriptors"
	pageFigure  = "page of 50, median / p99"
)

const (
	pages    = 200
	searches = 400
	changes  = 10
)

// BenchmarkFolder measures what a person with many transcripts meets: the first
// import, with 256 descriptors and through a client on stdio, and the lists and
// searches after it. It runs once whatever b.N is, and prints a table.
func BenchmarkFolder(b *testing.B) {
	f := newMachine(b)
	var r report
	r.add("transcripts", "%d, %d MB", len(f.sessions), f.bytes/1e6)
	f.measureImport(&r)
	f.measurePages(&r, pageFigure+", just after the import")
	f.measureSearch(&r, "just after the import")
	f.measureChange(&r)
	f.measureRest(&r)
	f.measureSDK(&r)
	r.print()
	for b.Loop() {
	}
	b.ReportMetric(0, "ns/op") // the table tells
}

// machine is a machine with many transcripts, and a server that begins on it.
type machine struct {
	*place
	config   string
	sessions []agent.FoundTranscript // the newest first
	bytes    int64

	listed, listedCPU, page time.Duration // what we took
}

func newMachine(b *testing.B) *machine {
	p := newPlaceWithout(b)
	f := &machine{place: p, config: *folder}
	if f.config == "" {
		f.config = filepath.Join(p.dir, "config")
		f.fill()
	}
	scan, err := agent.ScanTranscripts(f.config)
	if err != nil {
		b.Fatal(err)
	}
	f.sessions = scan.Found
	for _, s := range scan.Found {
		f.bytes += s.Size
	}
	return f
}

func (f *machine) fill() {
	seeds := filepath.Join(f.dir, "seeds")
	if err := corpus.WriteSeeds(context.Background(), f.claude, seeds); err != nil {
		f.b.Fatal(err)
	}
	found, err := corpus.ReadSeeds(seeds)
	if err != nil {
		f.b.Fatal(err)
	}
	if _, err := corpus.Multiply(f.config, found, corpus.Options{Copies: *transcripts}); err != nil {
		f.b.Fatal(err)
	}
}

// descriptors is how many files the server and its engine may have open.
const descriptors = "256"

// measureImport begins with an empty data folder.
func (f *machine) measureImport(r *report) {
	f.env = append(withoutVar(f.env, "CLAUDE_CONFIG_DIR"), "CLAUDE_CONFIG_DIR="+f.config)
	began := time.Now()
	f.connect("sh", "-c", `ulimit -n `+descriptors+`; exec "$0" "$@"`, f.binary)
	var first time.Duration
	for found := 0; found < len(f.sessions); found = f.list(map[string]any{"limit": 1}).Total {
		if first == 0 && found > 0 {
			first = time.Since(began)
		}
		if time.Since(began) > 30*time.Minute {
			f.b.Fatalf("%d of %d sessions are listed", found, len(f.sessions))
		}
		time.Sleep(20 * time.Millisecond)
	}
	r.add("first sessions listed", "%s", seconds(first))
	f.listed, f.listedCPU = time.Since(began), f.engine().cpu
	r.add(listFigure, "%s, %s of CPU", seconds(f.listed), seconds(f.listedCPU))
	f.settled()
	e := f.engine()
	r.add("archive and search complete", "%s, %s of CPU", seconds(time.Since(began)), seconds(e.cpu))
	r.add(peakFigure, "%d MB", e.peak)
	r.add(foundFigure, "%d of %d", f.list(map[string]any{"limit": 1}).Total, len(f.sessions))
}

// settled waits until the engine has nothing to import or index.
func (f *machine) settled() {
	for quiet := 0; quiet < 3; time.Sleep(50 * time.Millisecond) {
		if info := f.info(); info.Importing == "" && info.Indexing == "" {
			quiet++
		} else {
			quiet = 0
		}
	}
}

func (f *machine) measurePages(r *report, name string) {
	var all []time.Duration
	for range pages {
		all = append(all, f.call("list_sessions", map[string]any{"limit": 50}))
	}
	f.page = median(all)
	r.add(name, "%.1f / %.1f ms", ms(f.page), ms(all[len(all)*99/100]))
}

func (f *machine) measureSearch(r *report, when string) {
	var all []time.Duration
	for _, q := range corpus.Queries(searches, 1) {
		all = append(all, f.call("search_sessions", map[string]any{"query": q}))
	}
	r.add("search, median / p95, "+when, "%.1f / %.1f ms", ms(median(all)), ms(all[len(all)*95/100]))
}

// measureChange lets somebody else write a title into a transcript in the
// middle of the list, and looks when the list shows it.
func (f *machine) measureChange(r *report) {
	var all []time.Duration
	for i := range changes {
		s := f.sessions[len(f.sessions)*(i+1)/(changes+1)]
		all = append(all, f.change(s, "changed-"+s.SessionID[:8]+"-"+time.Now().Format("150405.000")))
	}
	r.add("change in a file until listed, median / max", "%.2f / %.2f s", median(all).Seconds(), slices.Max(all).Seconds())
}

func (f *machine) change(s agent.FoundTranscript, title string) time.Duration {
	f.b.Helper()
	defer f.restore(s)
	line, err := json.Marshal(map[string]string{"type": "custom-title", "customTitle": title, "sessionId": s.SessionID})
	if err != nil {
		f.b.Fatal(err)
	}
	file, err := os.OpenFile(s.Path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		f.b.Fatal(err)
	}
	_, err = file.Write(append(line, '\n'))
	if err := file.Close(); err != nil {
		f.b.Fatal(err)
	}
	began := time.Now()
	for err == nil && time.Since(began) < 10*time.Second {
		if f.list(map[string]any{"limit": 1, "query": title}).Total > 0 {
			return time.Since(began)
		}
		time.Sleep(5 * time.Millisecond)
	}
	f.b.Fatalf("the change of %s is not listed: %v", s.Path, err)
	return 0
}

// restore leaves a folder that was given as it was.
func (f *machine) restore(s agent.FoundTranscript) {
	if *folder != "" {
		_ = os.Truncate(s.Path, s.Size)
		_ = os.Chtimes(s.Path, s.ModTime, s.ModTime)
	}
}

// calm is how long the engine must have done hardly anything to count as at
// rest: long enough for it to find that out itself.
const calm = 15 * time.Second

// measureRest measures the engine at rest. What it does when nobody waits for it
// is part of an import of many transcripts.
func (f *machine) measureRest(r *report) {
	work := f.awaitRest()
	r.add("work after that, until the engine rests", "%s, %s of CPU in all", seconds(work), seconds(f.engine().cpu))
	f.measurePages(r, pageFigure)
	f.measureSearch(r, "at rest")
	f.awaitRest()
	e := f.engine()
	r.add("resident, at rest after queries", "%d MB, %d of it mapped files", e.resident, e.files)
	data, _ := os.ReadDir(f.data)
	var size int64
	for _, d := range data {
		size += treeSize(filepath.Join(f.data, d.Name()))
	}
	r.add("data folder", "%d MB", size/1e6)
}

// awaitRest waits until the engine has come to rest, and tells when it did.
func (f *machine) awaitRest() time.Duration {
	began := time.Now()
	used, since := f.engine().cpu, began
	for time.Since(since) < calm && time.Since(began) < 10*time.Minute {
		time.Sleep(time.Second)
		if now := f.engine().cpu; now-used > calm/15 { // asking it costs some, too
			used, since = now, time.Now()
		}
	}
	return since.Sub(began)
}

func withoutVar(env []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(v string) bool { return strings.HasPrefix(v, name+"=") })
}
