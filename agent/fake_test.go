package agent

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fakeVar makes the test binary play a part in place of Claude Code.
const fakeVar = "AGENT_TEST_FAKE"

// fakes are the parts. Each speaks just enough of the protocol.
var fakes = map[string]func(){
	"echo":     fakeEcho,
	"args":     fakeArgs,
	"missing":  fakeMissing,
	"torn":     fakeTorn,
	"stubborn": fakeStubborn,
	"holder":   fakeHolder,
	"sleeper":  fakeSleeper,
	"noisy":    fakeNoisy,
	"long":     fakeLong,
	"late":     fakeLate,
	"failed":   fakeFailed,
	"account": func() {
		fakeStatus("2.1.330", `{"loggedIn":true,"authMethod":"claude.ai","apiProvider":"firstParty","email":"a@example.com","subscriptionType":"pro"}`, 0)
	},
	"nobody":  func() { fakeStatus("2.1.330", `{"loggedIn":false,"authMethod":"none","apiProvider":"firstParty"}`, 1) },
	"ancient": func() { fakeStatus("1.0.0", "", 1) },
}

func TestMain(m *testing.M) {
	if name := os.Getenv(fakeVar); name != "" {
		fakes[name]()
		return
	}
	os.Exit(m.Run())
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// fakeEcho answers each prompt with its text, and obeys interrupts. A prompt
// "tool" asks for a permission first; "strange" asks what no host knows.
func fakeEcho() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var m struct {
			Type, UUID string
			RequestID  string `json:"request_id"`
			Message    struct{ Content string }
			Response   struct {
				RequestID string `json:"request_id"`
				Response  json.RawMessage
				Error     string
			}
		}
		if err := json.Unmarshal(in.Bytes(), &m); err != nil {
			os.Exit(1)
		}
		switch {
		case m.Type == "control_request":
			say(`{"type":"control_response","response":{"subtype":"success","request_id":%q}}`, m.RequestID)
			say(`{"type":"result","subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_streaming"}`)
		case m.Type == "control_response":
			say(`{"type":"result","subtype":"success","result":%q}`, string(m.Response.Response)+m.Response.Error)
		case m.Message.Content == "tool":
			say(`{"type":"control_request","request_id":"q1","request":{"subtype":"can_use_tool","tool_name":"Write","input":{"file_path":"/a/main.go","n":12345678901234567890}}}`)
		case m.Message.Content == "strange":
			say(`{"type":"control_request","request_id":"q2","request":{"subtype":"hook_callback"}}`)
		case m.Message.Content == "hang":
		default:
			say(`{"type":"result","subtype":"success","result":%q,"user_message_uuids":[%q]}`, m.Message.Content, m.UUID)
		}
	}
}

// fakeArgs reports its arguments, its working directory and what the MCP
// configuration that it was given says.
func fakeArgs() {
	var config []byte
	for _, arg := range os.Args[1:] {
		if path, ok := strings.CutPrefix(arg, "--mcp-config="); ok {
			config, _ = os.ReadFile(path)
		}
	}
	dir, _ := os.Getwd()
	text, _ := json.Marshal(strings.Join(os.Args[1:], " ") + "\n" + dir + "\n" + string(config) + "\n" + os.Getenv(RunIDVar) + " " + os.Getenv(SessionVar))
	say(`{"type":"result","subtype":"success","result":%s}`, text)
}

func fakeMissing() {
	say(`{"type":"result","subtype":"error_during_execution","is_error":true,"num_turns":0,"errors":["No conversation found with session ID: x"]}`)
	fmt.Fprintln(os.Stderr, "No conversation found with session ID: x")
	os.Exit(1)
}

// fakeTorn dies in the middle of a line.
func fakeTorn() {
	say(`{"type":"system","subtype":"init","session_id":"s"}`)
	fmt.Print(`{"type":"assistant","mess`)
	fmt.Fprintln(os.Stderr, "out of cheese")
	os.Exit(3)
}

// fakeStubborn ignores the end of its input and SIGTERM.
func fakeStubborn() {
	signal.Ignore(syscall.SIGTERM)
	say(`{"type":"system","subtype":"init"}`)
	time.Sleep(time.Minute)
}

// fakeHolder leaves a process behind that holds its pipes, in a session of its
// own as a tool's process is, tells its pid, and ends in good order.
func fakeHolder() {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), fakeVar+"=sleeper")
	child.Stdout, child.Stderr, child.Stdin = os.Stdout, os.Stderr, os.Stdin
	ownSession(child)
	if err := child.Start(); err != nil {
		os.Exit(2)
	}
	say(`{"type":"result","subtype":"success","result":"%d"}`, child.Process.Pid)
}

func fakeSleeper() {
	say(`{"type":"keep_alive"}`)
	time.Sleep(time.Minute)
}

func fakeNoisy() {
	line := strings.Repeat("x", 1023) + "\n"
	for range 10 << 10 {
		io.WriteString(os.Stderr, line)
	}
	fmt.Fprintln(os.Stderr, "the last word")
	say(`{"type":"result","subtype":"success","result":"done"}`)
}

// fakeLong writes one line of 32 MB.
func fakeLong() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	out.WriteString(`{"type":"transcript_mirror","filePath":"p","entries":[{"n":12345678901234567890,"a":"`)
	for range 32 << 10 {
		out.WriteString(strings.Repeat("y", 1024))
	}
	out.WriteString("\"}]}\n")
}

// fakeLate fills the pipe and ends at once: what it wrote is read later.
func fakeLate() {
	for i := range 300 {
		say(`{"type":"assistant","uuid":"%d","message":{"content":%q}}`, i, strings.Repeat("z", 100))
	}
}

// fakeFailed ends as Claude Code does after a turn that went wrong.
func fakeFailed() {
	say(`{"type":"result","subtype":"success","is_error":true,"api_error_status":400,"result":"API Error: 400"}`)
	os.Exit(1)
}

// fakeStatus tells its version, or who is logged in.
func fakeStatus(version, login string, status int) {
	if os.Args[1] == "--version" {
		say("%s (Claude Code)", version)
		return
	}
	say("%s", login)
	os.Exit(status)
}
