//go:build unix

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

// callTimeout is what hosts give a call.
const callTimeout = 60 * time.Second

// mcpClient is an MCP client with a server process of its own, whose stdin it
// holds open.
type mcpClient struct {
	name   string
	mcp    *client.Client
	cmd    *exec.Cmd
	stderr *output
	person *person // nil: it has not declared elicitation

	mu       sync.Mutex
	calls    int
	progress map[string][]string // by token
	follows  follows
}

// output gathers what a process writes.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// connect starts a server and greets it.
func connect(name, dir, binary string, env, args []string) (*mcpClient, error) {
	return connectWith(nil, name, dir, binary, env, args)
}

// connectWith does it with elicitation if somebody sits at the client, and then
// in the era of the handshake, unless they are modern.
func connectWith(at *person, name, dir, binary string, env, args []string) (*mcpClient, error) {
	c := &mcpClient{name: name, stderr: &output{}, progress: map[string][]string{}, person: at}
	stdio := transport.NewStdioWithOptions(binary, env, args, transport.WithCommandFunc(
		func(ctx context.Context, command string, env, args []string) (*exec.Cmd, error) {
			c.cmd = exec.Command(command, args...)
			c.cmd.Env, c.cmd.Dir = env, dir
			return c.cmd, nil
		}))
	var options []client.ClientOption
	if at != nil {
		options = append(options, client.WithElicitationHandler(at))
		if !at.modern {
			options = append(options, client.WithProtocolVersion("2025-11-25"))
		}
	}
	c.mcp = client.NewClient(stdio, options...)
	c.mcp.OnNotification(c.notified)
	if err := c.mcp.Start(context.Background()); err != nil {
		return nil, fmt.Errorf("starting a server: %w", err)
	}
	go io.Copy(c.stderr, stdio.Stderr())
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	req := mcp.InitializeRequest{}
	req.Params.ProtocolVersion = mcp.LATEST_PROTOCOL_VERSION
	req.Params.ClientInfo = mcp.Implementation{Name: name, Version: "1"}
	if _, err := c.mcp.Initialize(ctx, req); err != nil {
		return nil, fmt.Errorf("greeting the server: %w\n%s", err, c.stderr)
	}
	return c, nil
}

func (c *mcpClient) notified(n mcp.JSONRPCNotification) {
	c.follows.notified(n)
	if c.person != nil {
		c.person.notified(n)
	}
	if n.Method != "notifications/progress" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	text, _ := n.Params.AdditionalFields["message"].(string)
	token, _ := n.Params.AdditionalFields["progressToken"].(string)
	c.progress[token] = append(c.progress[token], text)
}

// result is what a tool answered.
type result struct {
	Text       string
	Structured any
	IsError    bool
	Progress   []string
	Took       time.Duration
}

// call calls a tool with a progress token.
func (c *mcpClient) call(tool, args string) (result, error) {
	var arguments map[string]any
	if err := json.Unmarshal([]byte(args), &arguments); err != nil {
		return result{}, fmt.Errorf("the arguments %s: %w", args, err)
	}
	req := mcp.CallToolRequest{}
	req.Params.Name, req.Params.Arguments = tool, arguments
	c.mu.Lock()
	c.calls++
	token := fmt.Sprint("call ", c.calls)
	c.mu.Unlock()
	req.Params.Meta = &mcp.Meta{ProgressToken: token}
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	began := time.Now()
	res, err := c.mcp.CallTool(ctx, req)
	if err != nil {
		return result{}, fmt.Errorf("calling %s: %w\n%s", tool, err, c.stderr)
	}
	r := result{Structured: res.StructuredContent, IsError: res.IsError, Took: time.Since(began)}
	for _, content := range res.Content {
		if text, ok := content.(mcp.TextContent); ok {
			r.Text += text.Text
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r.Progress = c.progress[token]
	return r, nil
}

// String is the result as a story's stdout: the text, the progress, the data.
func (r result) String() string {
	raw, _ := json.MarshalIndent(r.Structured, "", "  ")
	return fmt.Sprintf("%s\n--- progress\n%s\n--- data\n%s\n", r.Text, strings.Join(r.Progress, "\n"), raw)
}

// field is the value at a dotted path of the data, as text: "turn.error.code",
// "sessions.0.title".
func (r result) field(path string) (string, error) {
	value := r.Structured
	for _, name := range strings.Split(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(v) {
				return "", nil
			}
			value = v[i]
		default:
			return "", nil
		}
	}
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	}
	raw, err := json.Marshal(value)
	return string(raw), err
}

// leave ends the client as a host does: it closes the server's stdin.
func (c *mcpClient) leave() error {
	if c.person != nil {
		close(c.person.left)
	}
	err := c.mcp.Close()
	if log := c.stderr.String(); strings.Contains(log, "DATA RACE") {
		return fmt.Errorf("the server has a data race:\n%s", log)
	}
	return err
}

// kill ends the server process at once.
func (c *mcpClient) kill() error {
	err := c.cmd.Process.Signal(os.Kill)
	_ = c.mcp.Close()
	return err
}
