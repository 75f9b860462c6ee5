package fakeclaude

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if Active() {
		os.Exit(Main())
	}
	os.Exit(m.Run())
}

// patience bounds every wait of the tests.
const patience = time.Minute

// A world is the scratch home and directory of some children, and the program
// that they run.
type world struct {
	t              *testing.T
	program        string
	home, dir, log string
	gates          string
	env            []string
}

func newWorld(t *testing.T, env ...string) *world {
	t.Helper()
	w := &world{t: t, home: t.TempDir(), dir: t.TempDir(), gates: t.TempDir()}
	w.log = filepath.Join(w.home, "log")
	w.program = Command(t, append(env, LogVar+"="+w.log, GatesVar+"="+w.gates)...)
	w.env = []string{"HOME=" + w.home, "PATH=" + os.Getenv("PATH"), "CLAUDE_TEST_MARK=here"}
	return w
}

// records reads the log of the world's fakes.
func (w *world) records(event string) []Record {
	w.t.Helper()
	all, err := ReadLog(w.log)
	if err != nil {
		w.t.Fatal(err)
	}
	var some []Record
	for _, r := range all {
		if r.Event == event {
			some = append(some, r)
		}
	}
	return some
}

// A line is a line of a child's stdout.
type line struct {
	Type, Subtype, State, Result, Model, Error string
	PermissionMode                             string
	UUID                                       string
	SessionID                                  string   `json:"session_id"`
	CommandUUID                                string   `json:"command_uuid"`
	RequestID                                  string   `json:"request_id"`
	TerminalReason                             string   `json:"terminal_reason"`
	UserMessageUUIDs                           []string `json:"user_message_uuids"`
	IsError                                    bool     `json:"is_error"`
	NumTurns                                   int      `json:"num_turns"`
	TotalCost                                  float64  `json:"total_cost_usd"`
	ErrorStatus                                int      `json:"error_status"`
	Errors                                     []string
	FilePath                                   string
	Denials                                    []struct {
		ToolName string `json:"tool_name"`
	} `json:"permission_denials"`
	Recent   map[string]modelUsage `json:"model_usage_since_last_result"`
	Entries  []oldEntry
	Message  json.RawMessage
	Event    json.RawMessage
	Request  struct{ Subtype, ToolName string }
	Response struct {
		Subtype, Error string
		RequestID      string `json:"request_id"`
		Response       json.RawMessage
	}

	raw string
}

// A child is a running CLI.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *os.File // the reading end
	stderr strings.Builder
	lines  chan line
	code   chan int

	stdoutClosed chan struct{}
}

// start runs the CLI with the flags that a driver always gives, and more.
func (w *world) start(args ...string) *child {
	w.t.Helper()
	return w.run(append(driverFlags(), args...)...)
}

func driverFlags() []string {
	return []string{"--output-format", "stream-json", "--verbose", "--input-format=stream-json",
		"--permission-prompt-tool=stdio", "--session-mirror"}
}

func (w *world) run(args ...string) *child {
	w.t.Helper()
	c := w.launch(args...)
	go c.read()
	return c
}

// startDeaf is start, but nobody reads stdout.
func (w *world) startDeaf() *child {
	w.t.Helper()
	return w.launch(driverFlags()...)
}

func (w *world) launch(args ...string) *child {
	w.t.Helper()
	c := &child{t: w.t, lines: make(chan line, 10_000), code: make(chan int, 1)}
	c.stdoutClosed = make(chan struct{})
	c.cmd = exec.Command(w.program, args...)
	c.cmd.Dir, c.cmd.Env, c.cmd.Stderr = w.dir, w.env, &c.stderr
	c.cmd.WaitDelay = time.Second
	var err error
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		w.t.Fatal(err)
	}
	r, stdout, err := os.Pipe()
	if err != nil {
		w.t.Fatal(err)
	}
	c.cmd.Stdout, c.stdout = stdout, r
	if err := c.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	stdout.Close()
	exited := make(chan struct{})
	go func() {
		c.cmd.Wait()
		c.code <- c.cmd.ProcessState.ExitCode()
		close(exited)
	}()
	w.t.Cleanup(func() {
		c.cmd.Process.Kill()
		<-exited
		r.Close()
	})
	return c
}

func (c *child) read() {
	defer close(c.lines)
	defer close(c.stdoutClosed)
	in := bufio.NewReader(c.stdout)
	for {
		text, err := in.ReadString('\n')
		if text != "" {
			m := line{Type: "garbage", raw: text}
			if json.Unmarshal([]byte(text), &m) != nil {
				m.Type = "garbage"
			}
			c.lines <- m
		}
		if err != nil {
			return
		}
	}
}

func (c *child) send(v any) {
	c.t.Helper()
	if _, err := c.stdin.Write(append(marshal(v), '\n')); err != nil {
		c.t.Fatalf("writing to the child: %v", err)
	}
}

// prompt sends a prompt and returns its uuid.
func (c *child) prompt(text string) string {
	c.t.Helper()
	uuid := newUUID()
	c.send(object{"type": "user", "uuid": uuid, "session_id": "", "parent_tool_use_id": nil,
		"message": object{"role": "user", "content": text}})
	return uuid
}

func (c *child) control(id, subtype string, fields object) {
	c.t.Helper()
	request := object{"subtype": subtype}
	for k, v := range fields {
		request[k] = v
	}
	c.send(object{"type": "control_request", "request_id": id, "request": request})
}

func (c *child) answer(id string, response object) {
	c.t.Helper()
	c.send(object{"type": "control_response", "response": object{
		"subtype": "success", "request_id": id, "response": response}})
}

// next returns the next line; ok is false after the last.
func (c *child) next() (m line, ok bool) {
	c.t.Helper()
	select {
	case m, ok = <-c.lines:
	case <-time.After(patience):
		c.t.Fatal("no more output")
	}
	return m, ok
}

// until returns the lines up to the first that fits, and that one.
func (c *child) until(fits func(line) bool) ([]line, line) {
	c.t.Helper()
	var seen []line
	for {
		m, ok := c.next()
		if !ok {
			c.t.Fatalf("the output ended; it was %q", kinds(seen))
		}
		seen = append(seen, m)
		if fits(m) {
			return seen, m
		}
	}
}

func (c *child) untilType(kind string) line {
	c.t.Helper()
	_, m := c.until(func(m line) bool { return m.Type == kind })
	return m
}

// ask sends a prompt and returns its result.
func (c *child) ask(text string) line {
	c.t.Helper()
	c.prompt(text)
	return c.untilType("result")
}

// rest closes stdin and returns what is still said.
func (c *child) rest() []line {
	c.t.Helper()
	c.stdin.Close()
	return c.drain()
}

func (c *child) drain() []line {
	c.t.Helper()
	var seen []line
	for {
		m, ok := c.next()
		if !ok {
			return seen
		}
		seen = append(seen, m)
	}
}

// exit returns the exit status, -1 for a signal.
func (c *child) exit() int {
	c.t.Helper()
	select {
	case code := <-c.code:
		c.code <- code
		return code
	case <-time.After(patience):
		c.t.Fatal("the child does not exit")
		return 0
	}
}

// end closes stdin and checks the exit status.
func (c *child) end(want int) {
	c.t.Helper()
	c.rest()
	if got := c.exit(); got != want {
		c.t.Errorf("exit status %d, want %d; stderr: %s", got, want, c.stderr.String())
	}
}

// kind names a line as a driver tells lines apart.
func (m line) kind() string {
	switch {
	case m.Type == "command_lifecycle":
		return "lifecycle/" + m.State
	case m.Type == "system" || m.Type == "result":
		return m.Type + "/" + m.Subtype
	}
	return m.Type
}

func kinds(lines []line) []string {
	var names []string
	for _, m := range lines {
		names = append(names, m.kind())
	}
	return names
}

// waitFor waits until the file is there.
func waitFor(t *testing.T, path string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		if _, err := os.Stat(path); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not appear", path)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// transcript returns the entries of a session's file.
func (w *world) transcript(id string) []oldEntry {
	w.t.Helper()
	paths, err := filepath.Glob(filepath.Join(w.home, ".claude", "projects", "*", id+".jsonl"))
	if err != nil || len(paths) != 1 {
		w.t.Fatalf("transcripts of %s: %q, %v", id, paths, err)
	}
	b, err := os.ReadFile(paths[0])
	if err != nil {
		w.t.Fatal(err)
	}
	var entries []oldEntry
	for text := range strings.Lines(string(b)) {
		e := oldEntry{raw: json.RawMessage(text)}
		if json.Unmarshal([]byte(text), &e) == nil {
			entries = append(entries, e)
		}
	}
	return entries
}
