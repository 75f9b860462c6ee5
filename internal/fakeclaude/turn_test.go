package fakeclaude

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTurn(t *testing.T) {
	w := newWorld(t)
	id := newUUID()
	c := w.start("--session-id=" + id)
	uuid := c.prompt("hello there")
	lines, result := c.until(func(m line) bool { return m.Type == "result" })
	want := []string{"lifecycle/queued", "lifecycle/started", "system/init", "transcript_mirror",
		"assistant", "transcript_mirror", "transcript_mirror", "result/success"}
	if got := kinds(lines); !slices.Equal(got, want) {
		t.Errorf("a turn is\n%q, want\n%q", got, want)
	}
	if result.Result != `You said: "hello there" (prompt 1 of this conversation).` || result.SessionID != id ||
		!slices.Equal(result.UserMessageUUIDs, []string{uuid}) || result.NumTurns != 1 {
		t.Errorf("result %s", result.raw)
	}
	if got, want := kinds(c.rest()), []string{"lifecycle/completed", "transcript_mirror"}; !slices.Equal(got, want) {
		t.Errorf("after the result %q, want %q", got, want)
	}
	if got := c.exit(); got != 0 {
		t.Errorf("exit status %d", got)
	}
}

func TestMirrorIsTheFile(t *testing.T) {
	w := newWorld(t)
	c := w.start("--allowedTools=Bash")
	c.prompt("!tool Bash {\"command\":\"true\"}\n!say done")
	lines, result := c.until(func(m line) bool { return m.Type == "result" })
	lines = append(lines, c.rest()...)
	var mirrored []string
	for _, m := range lines {
		for _, e := range m.Entries {
			mirrored = append(mirrored, e.Type+e.UUID)
		}
	}
	var written []string
	for _, e := range w.transcript(result.SessionID) {
		written = append(written, e.Type+e.UUID)
	}
	if !slices.Equal(mirrored, written) {
		t.Errorf("mirrored\n%q, written\n%q", mirrored, written)
	}
}

func TestAnswers(t *testing.T) {
	for _, test := range []struct{ name, prompt, want string }{
		{"say", "!say one\n!say two", "one\ntwo"},
		{"nothing", "!tokens 1 2", "Done."},
		{"recall", "Story\n!recall", "1. Story"},
		{"partial and say", "!partial a\n!say b", "a\nb"},
		{"think", "!think hm\n!say b", "b"},
		{"big", "!big 100000", strings.Repeat("x", 100_000)},
		{"unknown", "!dance", `API Error: 400 reading "!dance ": unknown directive`},
		{"bad input", "!tool Write 7", "API Error: 400 reading \"!tool Write 7\": the input must be a JSON object: " +
			"json: cannot unmarshal number into Go value of type map[string]json.RawMessage"},
		{"status 400", "!status 400 bad luck", "API Error: 400 bad luck"},
		{"status 403", "!status 403 no", "Failed to authenticate. API Error: 403 no"},
		{"retry", "!status 529 x2\n!say at last", "at last"},
		{"garbage", "!garbage\n!say still here", "still here"},
		{"delay", "!delay 1ms\n!say b", "b"},
		{"quoted", "a \"quote\"\nmore", `You said: "a "quote"" (prompt 1 of this conversation).`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newWorld(t).start()
			r := c.ask(test.prompt)
			if failed := strings.Contains(test.want, "API Error"); r.Result != test.want || r.IsError != failed {
				t.Errorf("result %q, is_error %v, want %q, %v", r.Result, r.IsError, test.want, failed)
			}
			if r.IsError {
				c.end(1)
			} else {
				c.end(0)
			}
		})
	}
}

func TestPromptsWhileATurnRuns(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	first := c.prompt("!hold gate\n!say first")
	waitFor(t, filepath.Join(w.gates, "gate.held"))
	second, third := c.prompt("!recall"), c.prompt("and more")
	c.until(func(m line) bool { return m.CommandUUID == third })
	if err := os.WriteFile(filepath.Join(w.gates, "gate"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := c.untilType("result")
	if r.Result != "first" || !slices.Equal(r.UserMessageUUIDs, []string{first}) {
		t.Errorf("first result %s", r.raw)
	}
	r = c.untilType("result")
	if r.Result != "1. !hold gate\n2. and more" || !slices.Equal(r.UserMessageUUIDs, []string{second, third}) {
		t.Errorf("what waited is not one turn: %s", r.raw)
	}
	c.end(0)
	if users := ofType(w.transcript(r.SessionID), "user"); len(users) != 2 || users[1].UUID != third {
		t.Errorf("user entries %v", users)
	}
}

func ofType(entries []oldEntry, kind string) []oldEntry {
	return slices.DeleteFunc(slices.Clone(entries), func(e oldEntry) bool { return e.Type != kind })
}

func TestFolded(t *testing.T) {
	for _, script := range []string{
		"!folded\n!say one",
		"!tool Bash {\"command\":\"touch here; while [ ! -e go ]; do sleep 0.01; done\"}\n!say one",
	} {
		w := newWorld(t)
		c := w.start("--allowedTools", "Bash", "--verbose")
		first := c.prompt(script)
		if strings.Contains(script, "here") {
			waitFor(t, filepath.Join(w.dir, "here"))
		}
		second := c.prompt("!say two")
		c.until(func(m line) bool { return m.CommandUUID == second && m.State == "queued" })
		if err := os.WriteFile(filepath.Join(w.dir, "go"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		r := c.untilType("result")
		if r.Result != "one\ntwo" || !slices.Equal(r.UserMessageUUIDs, []string{first, second}) {
			t.Errorf("%q: result %s", script, r.raw)
		}
		c.end(0)
	}
}

func TestInterrupt(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	c.prompt("!partial so far\n!hold gate")
	waitFor(t, filepath.Join(w.gates, "gate.held"))
	queued := c.prompt("!recall")
	c.control("i1", "interrupt", nil)
	_, response := c.until(func(m line) bool { return m.Type == "control_response" })
	if got := string(response.Response.Response); got != `{"still_queued":["`+queued+`"]}` {
		t.Errorf("response %s", got)
	}
	lines, r := c.until(func(m line) bool { return m.Type == "result" })
	lines = slices.DeleteFunc(lines, func(m line) bool { return m.Type == "transcript_mirror" })
	if got, want := kinds(lines), []string{"assistant", "user", "result/error_during_execution"}; !slices.Equal(got, want) {
		t.Errorf("after the interrupt %q, want %q", got, want)
	}
	if r.TerminalReason != "aborted_streaming" || !r.IsError || r.NumTurns != 2 {
		t.Errorf("result %s", r.raw)
	}
	if r = c.untilType("result"); r.Result != "1. !partial so far\n2. !recall" {
		t.Errorf("the queued prompt got %s", r.raw)
	}
	c.end(0)
	answers := ofType(w.transcript(r.SessionID), "assistant")
	if !strings.Contains(string(answers[0].Message.Content), "so far") {
		t.Errorf("what was said is not kept: %s", answers[0].raw)
	}
}

func TestInterruptOfNothing(t *testing.T) {
	c := newWorld(t).start()
	c.control("i1", "interrupt", nil)
	if m := c.untilType("control_response"); m.Response.Subtype != "success" {
		t.Errorf("response %s", m.raw)
	}
	if r := c.ask("!say fine"); r.Result != "fine" {
		t.Errorf("result %s", r.raw)
	}
	c.end(0)
}

func TestRetries(t *testing.T) {
	c := newWorld(t).start()
	c.prompt("!status 401")
	for n := range 3 {
		_, m := c.until(func(m line) bool { return m.Subtype == "api_retry" })
		if m.ErrorStatus != 401 || m.Error != "authentication_failed" {
			t.Errorf("retry %d: %s", n, m.raw)
		}
	}
	c.control("i1", "interrupt", nil)
	if r := c.untilType("result"); r.TerminalReason != "aborted_streaming" || r.TotalCost != 0 {
		t.Errorf("result %s", r.raw)
	}
	c.end(1)
}

func TestControl(t *testing.T) {
	c := newWorld(t).start("--model=fancy", "--permission-mode", "plan")
	for _, test := range []struct {
		subtype string
		fields  object
		want    string // part of the response
	}{
		{"initialize", nil, `"commands":[]`},
		{"set_model", object{"model": "default"}, `"model":"` + defaultModel + `"`},
		{"set_model", object{"model": "small"}, `"model":"small"`},
		{"set_permission_mode", object{"mode": "acceptEdits"}, `"mode":"acceptEdits"`},
		{"set_permission_mode", object{"mode": "bypassPermissions"}, "was not launched"},
		{"cancel_async_message", object{"message_uuid": "none"}, `"cancelled":false`},
		{"set_permission_mode", object{"mode": "silly"}, "Cannot set permission mode"},
		{"get_context_usage", nil, `"maxTokens":1000000`},
		{"dance", nil, "Unsupported control request subtype: dance"},
	} {
		c.control("r-"+test.subtype, test.subtype, test.fields)
		m := c.untilType("control_response")
		if m.Response.RequestID != "r-"+test.subtype || !strings.Contains(m.raw, test.want) {
			t.Errorf("%s: %s, want %s", test.subtype, m.raw, test.want)
		}
	}
	c.prompt("hi")
	_, init := c.until(func(m line) bool { return m.Subtype == "init" })
	if init.Model != "small" || init.PermissionMode != "acceptEdits" {
		t.Errorf("init %s", init.raw)
	}
	c.end(0)
}

func TestPartialMessages(t *testing.T) {
	c := newWorld(t).start("--include-partial-messages")
	c.prompt("!partial one\n!say two")
	lines, _ := c.until(func(m line) bool { return m.Type == "result" })
	var deltas []string
	for _, m := range lines {
		if m.Type == "stream_event" && strings.Contains(string(m.Event), "text_delta") {
			deltas = append(deltas, string(m.Event))
		}
	}
	if len(deltas) != 2 || !strings.Contains(deltas[0], `"one"`) || !strings.Contains(deltas[1], `"\ntwo"`) {
		t.Errorf("deltas %q", deltas)
	}
	c.end(0)
}

func TestLimits(t *testing.T) {
	const script = "!tool Bash {\"command\":\"true\"}\n!say never"
	for flag, want := range map[string]string{
		"--max-turns=1":          "error_max_turns",
		"--max-budget-usd=0.001": "error_max_budget_usd",
	} {
		c := newWorld(t).start(flag, "--permission-mode=bypassPermissions")
		if r := c.ask(script); r.Subtype != want || !r.IsError || len(r.Errors) != 1 {
			t.Errorf("%s: %s", flag, r.raw)
		}
		c.end(1)
	}
}

func TestLoggedOut(t *testing.T) {
	w := newWorld(t, LoggedOutVar+"=1")
	c := w.start()
	if r := c.ask("hi"); !r.IsError || r.Subtype != "success" || r.Result != "Not logged in · Please run /login" {
		t.Errorf("result %s", r.raw)
	}
	c.end(1)
	if c := w.run("auth", "status"); c.exit() != 1 {
		t.Error("auth status says that there is a login")
	}
}
