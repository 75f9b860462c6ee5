// Package bench measures what users of the server feel, beside the thing that
// they would use instead, in one run: machines differ and are noisy, ratios
// less so. Every figure in docs/performance.md comes from here.
package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/claude-sessions/claude-sessions/internal/daemon"
	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/loopmodel"
)

// place is a scratch home with a model, a server and a client.
type place struct {
	b      *testing.B
	claude string
	binary string // of the server
	env    []string
	dir    string
	work   string
	data   string // the server's data folder
	client *client.Client
}

func newPlace(b *testing.B) *place {
	p := newPlaceWithout(b)
	p.connect(p.binary)
	return p
}

// newPlaceWithout is a place whose server is not started yet.
func newPlaceWithout(b *testing.B) *place {
	claude := os.Getenv("CLAUDE_SESSIONS_TEST_CLAUDE")
	if claude == "" {
		b.Skip("Claude Code is not there: make bench gets it and names it with CLAUDE_SESSIONS_TEST_CLAUDE")
	}
	dir := b.TempDir()
	binary := filepath.Join(dir, "mcp-server")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/mcp-server").CombinedOutput(); err != nil {
		b.Fatalf("building the server: %v\n%s", err, out)
	}
	model, err := loopmodel.Start(loopmodel.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(model.Close)
	p := &place{
		b: b, claude: claude, binary: binary, env: loopmodel.Env(model.URL(), filepath.Join(dir, "home")),
		dir: dir, work: filepath.Join(dir, "work"), data: filepath.Join(dir, "data"),
	}
	if err := os.MkdirAll(p.work, 0o700); err != nil {
		b.Fatal(err)
	}
	return p
}

// connect starts the server, by a command that its flags are added to.
func (p *place) connect(command string, args ...string) {
	var err error
	p.b.Setenv("XDG_RUNTIME_DIR", "")
	args = append(args, "-claude="+p.claude, "-data-dir="+p.data, "-idle-timeout=1s")
	p.client, err = client.NewStdioMCPClient(command, append(p.env, "TMPDIR="+os.TempDir()), args...)
	if err != nil {
		p.b.Fatalf("starting the server: %v", err)
	}
	p.b.Cleanup(func() {
		_ = p.client.Close()
		p.engineGone()
	})
	req := mcp.InitializeRequest{}
	req.Params.ProtocolVersion = mcp.LATEST_PROTOCOL_VERSION
	req.Params.ClientInfo = mcp.Implementation{Name: "bench", Version: "1"}
	if _, err := p.client.Initialize(context.Background(), req); err != nil {
		p.b.Fatalf("greeting the server: %v", err)
	}
}

// engineGone waits until the engine has gone for want of anything to do.
func (p *place) engineGone() {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if _, running, err := daemon.Status(context.Background(), p.data); err == nil && !running {
			return
		}
	}
	p.b.Error("the engine stays")
}

// call calls a tool and returns how long it took.
func (p *place) call(tool string, args map[string]any) time.Duration {
	p.b.Helper()
	took, _ := p.ask(tool, args)
	return took
}

// list calls list_sessions and returns what it says.
func (p *place) list(args map[string]any) (l engine.List) {
	p.b.Helper()
	_, res := p.ask("list_sessions", args)
	raw, err := json.Marshal(res.StructuredContent)
	if err == nil {
		err = json.Unmarshal(raw, &l)
	}
	if err != nil {
		p.b.Fatalf("reading a list: %v", err)
	}
	return l
}

// ask calls a tool.
func (p *place) ask(tool string, args map[string]any) (time.Duration, *mcp.CallToolResult) {
	p.b.Helper()
	req := mcp.CallToolRequest{}
	req.Params.Name, req.Params.Arguments = tool, args
	began := time.Now()
	res, err := p.client.CallTool(context.Background(), req)
	took := time.Since(began)
	if err != nil || res.IsError {
		p.b.Fatalf("%s: %v %v", tool, err, res)
	}
	return took, res
}

// bare runs one turn with Claude Code itself, as the server does, and returns
// the time until its result.
func (p *place) bare(prompt string) time.Duration {
	p.b.Helper()
	began := time.Now()
	cmd := exec.Command(p.claude, "--output-format=stream-json", "--verbose", "--input-format=stream-json",
		"--permission-prompt-tool=stdio", "--session-mirror", "--permission-mode=default", "--session-id="+uuid.NewString())
	cmd.Env, cmd.Dir = p.env, p.work
	cmd.Stdin = bytes.NewReader(userMessage(p.b, prompt))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		p.b.Fatalf("starting Claude Code: %v", err)
	}
	took := time.Duration(0)
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if took == 0 && bytes.Contains(line, []byte(`"type":"result"`)) {
			took = time.Since(began)
		}
		if err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil || took == 0 {
		p.b.Fatalf("Claude Code: no result, %v", err)
	}
	return took
}

func userMessage(b *testing.B, prompt string) []byte {
	raw, err := json.Marshal(map[string]any{
		"type": "user", "message": map[string]any{"role": "user", "content": prompt},
		"parent_tool_use_id": nil, "session_id": "", "uuid": uuid.NewString(),
	})
	if err != nil {
		b.Fatal(err)
	}
	return append(raw, '\n')
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// BenchmarkStart compares the start of a session through the server with the
// bare CLI's own, turn about.
func BenchmarkStart(b *testing.B) {
	p := newPlace(b)
	p.bare("warm up")
	var bare, served []time.Duration
	for i := 0; b.Loop(); i++ {
		prompt := fmt.Sprintf("hello %d", i)
		bare = append(bare, p.bare(prompt))
		served = append(served, p.call("start_session", map[string]any{"prompt": prompt, "cwd": p.work}))
	}
	x, y := median(bare), median(served)
	b.ReportMetric(ms(x), "bare-ms")
	b.ReportMetric(ms(y), "served-ms")
	b.ReportMetric(ms(y-x), "added-ms")
	b.ReportMetric(float64(y)/float64(x), "ratio")
}

// BenchmarkList measures a call that starts nothing, with the engine up.
func BenchmarkList(b *testing.B) {
	p := newPlace(b)
	for i := range 30 {
		p.call("fork_session", map[string]any{"session": p.first(i), "name": fmt.Sprintf("fork %d", i)})
	}
	var all []time.Duration
	for b.Loop() {
		all = append(all, p.call("list_sessions", map[string]any{}))
	}
	b.ReportMetric(ms(median(all)), "median-ms")
	b.ReportMetric(ms(all[len(all)*99/100]), "p99-ms")
}

// first makes the session that the others are forks of.
func (p *place) first(i int) string {
	if i == 0 {
		p.call("start_session", map[string]any{"prompt": "hello", "name": "first", "cwd": p.work})
	}
	return "first"
}
