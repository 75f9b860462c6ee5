package fakeclaude

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writePrompt asks for a file with the text "hi" in the world's directory.
func (w *world) writePrompt() (prompt, path string) {
	path = filepath.Join(w.dir, "new", "file.txt")
	input := marshal(object{"file_path": path, "content": "hi"})
	return "!tool Write " + string(input) + "\n!say after", path
}

func TestPermission(t *testing.T) {
	for _, test := range []struct {
		name    string
		answer  object
		written string // "" for no file
		result  string // of the tool
	}{
		{"allow", object{"behavior": "allow"}, "hi", "File created successfully"},
		{"allow with other input", object{"behavior": "allow", "updatedInput": object{"file_path": "PATH", "content": "ho"}},
			"ho", "File created successfully"},
		{"deny", object{"behavior": "deny", "message": "no way"}, "", "no way"},
		{"deny without a message", object{"behavior": "deny"}, "", "invalid permission result"},
		{"nonsense", object{"behavior": "perhaps"}, "", "invalid permission result"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.start()
			prompt, path := w.writePrompt()
			if in, ok := test.answer["updatedInput"].(object); ok {
				in["file_path"] = path
			}
			c.prompt(prompt)
			c.answer(c.untilType("control_request").RequestID, test.answer)
			if m := c.untilType("user"); !strings.Contains(string(m.Message), test.result) {
				t.Errorf("tool result %s, want %q in it", m.Message, test.result)
			}
			r := c.untilType("result")
			b, _ := os.ReadFile(path)
			if string(b) != test.written || r.Result != "after" || r.NumTurns != 2 {
				t.Errorf("the file holds %q, want %q; result %s", b, test.written, r.raw)
			}
			if denied := len(r.Denials) == 1; denied != (test.written == "") {
				t.Errorf("denials %v", r.Denials)
			}
			c.end(0)
		})
	}
}

func TestToolsThatAreNotAskedFor(t *testing.T) {
	for _, test := range []struct {
		args    string
		allowed bool
	}{
		{"--allowedTools=Read,Write", true},
		{"--allowed-tools Read Write", true},
		{"--permission-mode=acceptEdits", true},
		{"--permission-mode=bypassPermissions", true},
		{"--permission-mode=dontAsk", false},
		{"--disallowedTools=Write --permission-mode=bypassPermissions", false},
	} {
		w := newWorld(t)
		c := w.start(strings.Fields(test.args)...)
		prompt, path := w.writePrompt()
		r := c.ask(prompt)
		_, err := os.Stat(path)
		if written := err == nil; written != test.allowed || len(r.Denials) == 1 == test.allowed {
			t.Errorf("%s: written %v, want %v; denials %v", test.args, written, test.allowed, r.Denials)
		}
		c.end(0)
	}
}

func TestRules(t *testing.T) {
	rules := splitRules([]string{"Read,Bash(git status:*)", "Bash(go test ./...) Edit"})
	for command, want := range map[string]bool{
		"git status -s": true, "go test ./...": true, "go test": false, "git push": false,
	} {
		u := &use{name: "Bash", input: marshal(object{"command": command})}
		if got := covers(rules, u); got != want {
			t.Errorf("%q covers %q: %v, want %v", rules, command, got, want)
		}
	}
}

func TestPermissionsForTheSession(t *testing.T) {
	c := newWorld(t).start()
	const prompt = "!tool Bash {\"command\":\"echo ok\"}"
	c.prompt(prompt)
	rule := object{"type": "addRules", "behavior": "allow", "destination": "session", "rules": []object{{"toolName": "Bash"}}}
	c.answer(c.untilType("control_request").RequestID, object{"behavior": "allow", "updatedPermissions": []object{rule}})
	c.untilType("result")
	if r := c.ask(prompt); len(r.Denials) > 0 {
		t.Errorf("denials %v", r.Denials)
	}
	c.end(0)
}

func TestInterruptOfARequest(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	prompt, _ := w.writePrompt()
	c.prompt(prompt)
	request := c.untilType("control_request")
	c.control("i1", "interrupt", nil)
	if m, _ := c.next(); m.Type != "control_cancel_request" || m.RequestID != request.RequestID {
		t.Errorf("after the interrupt %s", m.raw)
	}
	if r := c.untilType("result"); r.TerminalReason != "aborted_tools" || r.NumTurns != 3 || len(r.Denials) != 1 {
		t.Errorf("result %s", r.raw)
	}
	c.end(1)
}

func TestInterruptOfATool(t *testing.T) {
	w := newWorld(t)
	c := w.start("--allowedTools", "Bash")
	c.prompt(`!tool Bash {"command":"echo $$ > pid; exec sleep 60"}`)
	waitFor(t, filepath.Join(w.dir, "pid"))
	c.control("i1", "interrupt", nil)
	if r := c.untilType("result"); r.TerminalReason != "aborted_tools" {
		t.Errorf("result %s", r.raw)
	}
	c.end(1)
}

func TestEndOfInputFailsARequest(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	prompt, _ := w.writePrompt()
	c.prompt(prompt)
	c.untilType("control_request")
	lines := c.rest()
	var said bool
	for _, m := range lines {
		said = said || m.Type == "user" && strings.Contains(m.raw, "Tool permission stream closed")
		if m.Type == "result" && m.Result != "after" {
			t.Errorf("result %s", m.raw)
		}
	}
	if !said || c.exit() != 0 {
		t.Errorf("the request did not fail: %q", kinds(lines))
	}
}

func TestQuestion(t *testing.T) {
	c := newWorld(t).start("--permission-mode=bypassPermissions")
	c.prompt(`!tool AskUserQuestion {"questions":[{"question":"Which?"}]}`)
	m := c.untilType("control_request")
	if !strings.Contains(m.raw, `"requires_user_interaction":true`) {
		t.Errorf("request %s", m.raw)
	}
	c.answer(m.RequestID, object{"behavior": "allow", "updatedInput": object{"answers": object{"Which?": "This"}}})
	if m := c.untilType("user"); !strings.Contains(m.raw, `\"Which?\"=\"This\"`) {
		t.Errorf("tool result %s", m.raw)
	}
	c.end(0)
}

func TestBashEnvironment(t *testing.T) {
	w := newWorld(t)
	c := w.start("--allowedTools=Bash")
	c.prompt(`!tool Bash {"command":"echo $CLAUDE_TEST_MARK $CLAUDE_CODE_SESSION_ID $FAKECLAUDE$GORACE; exit 3"}`)
	m := c.untilType("user")
	var message struct{ Content []struct{ Content string } }
	if err := json.Unmarshal(m.Message, &message); err != nil {
		t.Fatal(err)
	}
	if got, want := message.Content[0].Content, "Exit code 3\nhere "+m.SessionID; got != want {
		t.Errorf("tool result %q, want %q", got, want)
	}
	c.end(0)
}
