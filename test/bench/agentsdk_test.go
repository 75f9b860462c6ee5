package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/claude-sessions/claude-sessions/test/agentsdk"
)

// sdkName is whose figures stand beside ours.
const sdkName = "Agent SDK"

const noSDK = "no figures of the Agent SDK: make bench gets it and names it with " + agentsdk.Var

// sdk starts the Agent SDK in the place's environment.
func (p *place) sdk(descriptors int) *agentsdk.SDK {
	p.b.Helper()
	sdk, err := agentsdk.Start(p.env, descriptors)
	if err != nil {
		p.b.Fatal(err)
	}
	return sdk
}

// sdkPages is how many pages the SDK lists: each takes it as long as the folder
// is big.
const sdkPages = 9

// measureSDK lists the same folder with the Agent SDK, each time in a process
// of its own, as its memory and its descriptors may run out.
func (f *machine) measureSDK(r *report) {
	if os.Getenv(agentsdk.Var) == "" {
		f.b.Log(noSDK)
		return
	}
	if l, err := f.sdkLists(0); err != nil {
		r.addOf(sdkName, listFigure, "%v", err)
	} else {
		r.addOf(sdkName, listFigure, "%s (%s), %s of CPU (%s)", seconds(l.took), times(l.took, f.listed), seconds(l.cpu), times(l.cpu, f.listedCPU))
		r.addOf(sdkName, peakFigure, "%d MB, of the list alone", l.peak)
	}
	var found []string
	for _, n := range []int{256, 1024} {
		l, err := f.sdkLists(n)
		found = append(found, fmt.Sprintf("%d with %d", l.found, n))
		if err != nil {
			found[len(found)-1] = fmt.Sprintf("with %d: %v", n, err)
		}
	}
	r.addOf(sdkName, foundFigure, "%s", strings.Join(found, ", "))
	f.sdkPages(r)
}

// times is how much longer somebody takes than we do.
func times(theirs, ours time.Duration) string {
	return fmt.Sprintf("%.1f ×", float64(theirs)/float64(max(ours, 1)))
}

// sdkList is a list of all sessions that the SDK has made.
type sdkList struct {
	took, cpu time.Duration
	found     int
	peak      int // MB that its process took
}

// sdkLists lists all sessions once.
func (f *machine) sdkLists(descriptors int) (l sdkList, err error) {
	sdk := f.sdk(descriptors)
	var list []json.RawMessage
	if l.took, err = sdk.Call(&list, "listSessions", map[string]any{}); err != nil {
		return l, errors.Join(err, sdk.Close())
	}
	var usage struct {
		MaxRSS                     int           // in KB
		UserCPUTime, SystemCPUTime time.Duration // in microseconds
	}
	_, err = sdk.Call(&usage, "usage")
	l.found, l.peak, l.cpu = len(list), usage.MaxRSS/1024, (usage.UserCPUTime+usage.SystemCPUTime)*time.Microsecond
	return l, errors.Join(err, sdk.Close())
}

// sdkPages lists the newest 50, as a client that stays open does.
func (f *machine) sdkPages(r *report) {
	sdk := f.sdk(0)
	defer sdk.Close()
	var all []time.Duration
	for range sdkPages {
		took, err := sdk.Call(nil, "listSessions", map[string]any{"limit": 50})
		if err != nil {
			r.addOf(sdkName, pageFigure, "%v", err)
			return
		}
		all = append(all, took)
	}
	r.addOf(sdkName, pageFigure, "%.1f ms (%s)", ms(median(all)), times(median(all), f.page))
}

// BenchmarkQuery compares a new session, and a next turn, through the server
// with the Agent SDK's query(), turn about: the same Claude Code, and a model
// that answers at once. Neither runs while the server makes itself ready for
// what comes next.
func BenchmarkQuery(b *testing.B) {
	if os.Getenv(agentsdk.Var) == "" {
		b.Skip(noSDK)
	}
	p := newPlace(b)
	sdk := p.sdk(0)
	b.Cleanup(func() {
		if err := sdk.Close(); err != nil {
			b.Error(err)
		}
	})
	p.query(sdk, "warm up", "")
	p.call("start_session", map[string]any{"prompt": "warm up", "cwd": p.work})
	var started, resumed, ourStarted, ourResumed []time.Duration
	for i := 0; b.Loop(); i++ {
		name := fmt.Sprintf("session %d", i)
		p.settled()
		took, id := p.query(sdk, "hello "+name, "")
		started = append(started, took)
		ourStarted = append(ourStarted, p.call("start_session", map[string]any{"prompt": "hello " + name, "name": name, "cwd": p.work}))
		p.settled()
		took, _ = p.query(sdk, "and on", id)
		resumed = append(resumed, took)
		ourResumed = append(ourResumed, p.call("resume_session", map[string]any{"session": name, "prompt": "and on"}))
	}
	compare(b, "start", median(started), median(ourStarted))
	compare(b, "resume", median(resumed), median(ourResumed))
	b.ReportMetric(0, "ns/op")
}

func compare(b *testing.B, what string, sdk, ours time.Duration) {
	b.ReportMetric(ms(sdk), what+"-sdk-ms")
	b.ReportMetric(ms(ours), what+"-ours-ms")
	b.ReportMetric(float64(ours)/float64(sdk), what+"-ratio")
}

// query runs a turn with the SDK, and returns the time until its result and the
// session's id.
func (p *place) query(sdk *agentsdk.SDK, prompt, resume string) (time.Duration, string) {
	p.b.Helper()
	options := map[string]any{"pathToClaudeCodeExecutable": p.claude, "cwd": p.work}
	if resume != "" {
		options["resume"] = resume
	}
	var result struct {
		Subtype   string
		SessionID string `json:"session_id"`
	}
	took, err := sdk.Call(&result, "turn", map[string]any{"prompt": prompt, "options": options})
	if err != nil || result.Subtype != "success" {
		p.b.Fatalf("the Agent SDK's query: %+v, %v", result, err)
	}
	return took, result.SessionID
}
