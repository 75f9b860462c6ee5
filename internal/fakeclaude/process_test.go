package fakeclaude

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestVersionAndLogin(t *testing.T) {
	w := newWorld(t, VersionVar+"=3.2.1")
	if c := w.run("--version"); c.drain()[0].raw != "3.2.1 (Claude Code)\n" || c.exit() != 0 {
		t.Error("wrong version")
	}
	c := w.run("auth", "status", "--json")
	var status struct{ LoggedIn bool }
	var text strings.Builder
	for _, m := range c.drain() {
		text.WriteString(m.raw)
	}
	if err := json.Unmarshal([]byte(text.String()), &status); err != nil || !status.LoggedIn {
		t.Errorf("auth status %q, %v", text.String(), err)
	}
}

func TestLog(t *testing.T) {
	w := newWorld(t)
	w.env = append(w.env, "CLAUDE_CODE_OAUTH_TOKEN=secret", "OTHER=x")
	id := newUUID()
	w.converse([]string{"--session-id", id}, "one\nmore", "two")
	start := w.records("start")[0]
	if !slices.Contains(start.Args, id) || start.Env["CLAUDE_TEST_MARK"] != "here" || start.Dir != realPath(t, w.dir) {
		t.Errorf("start %+v", start)
	}
	if !slices.Contains(start.EnvNames, "OTHER") || start.Env["OTHER"] != "" || start.Env["CLAUDE_CODE_OAUTH_TOKEN"] != "" {
		t.Errorf("values that must not be in the log: %v", start.Env)
	}
	starts, ends := w.records("turn_start"), w.records("turn_end")
	if len(starts) != 2 || len(ends) != 2 || starts[0].Text != "one" || ends[1].Outcome != "success" ||
		starts[1].Session != id || !slices.Equal(starts[1].Prompts, ends[1].Prompts) {
		t.Errorf("turns %+v, %+v", starts, ends)
	}
}

func TestOverlaps(t *testing.T) {
	start := func(pid int, s string) Record { return Record{Event: "turn_start", PID: pid, Session: s} }
	end := func(pid int, s string) Record { return Record{Event: "turn_end", PID: pid, Session: s} }
	for _, test := range []struct {
		name    string
		records []Record
		want    []string
	}{
		{"one after the other", []Record{start(1, "a"), end(1, "a"), start(2, "a"), end(2, "a")}, nil},
		{"two sessions", []Record{start(1, "a"), start(2, "b"), end(1, "a"), end(2, "b")}, nil},
		{"crossing", []Record{start(1, "a"), start(2, "a"), end(1, "a"), end(2, "a")}, []string{"a"}},
		{"within", []Record{start(1, "a"), start(2, "a"), end(2, "a"), end(1, "a")}, []string{"a"}},
		{"after a death", []Record{start(1, "a"), start(2, "a"), end(2, "a")}, nil},
		{"a death within", []Record{start(1, "a"), start(2, "a"), end(1, "a")}, []string{"a"}},
		{"the same process", []Record{start(1, "a"), end(1, "a"), start(1, "a"), end(1, "a")}, nil},
	} {
		if got := Overlaps(test.records); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestSlowStart(t *testing.T) {
	w := newWorld(t, StartDelayVar+"=300ms")
	begin := time.Now()
	w.start().end(0)
	if took := time.Since(begin); took < 300*time.Millisecond {
		t.Errorf("a start took %v", took)
	}
}

func TestQuotedVariables(t *testing.T) {
	w := newWorld(t, "CLAUDE_TEST_QUOTE=it's $HOME \"quoted\"")
	w.start().end(0)
	if got := w.records("start")[0].Env["CLAUDE_TEST_QUOTE"]; got != `it's $HOME "quoted"` {
		t.Errorf("the variable is %q", got)
	}
}

func TestEndOfInputInATurn(t *testing.T) {
	w := newWorld(t)
	c := w.start()
	c.prompt("!delay 50ms\n!say the end")
	lines := c.rest()
	if i := slices.IndexFunc(lines, func(m line) bool { return m.Result == "the end" }); i < 0 || c.exit() != 0 {
		t.Errorf("the turn did not finish: %q", kinds(lines))
	}
}

func TestOrphan(t *testing.T) {
	w := newWorld(t)
	id := newUUID()
	c := w.start("--session-id", id)
	c.prompt("!hold gate\n!big 1000000\n!say the end")
	waitFor(t, filepath.Join(w.gates, "gate.held"))
	c.stdin.Close()
	c.stdout.Close()
	if err := os.WriteFile(filepath.Join(w.gates, "gate"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := c.exit(); got != 0 {
		t.Errorf("exit status %d", got)
	}
	answers := ofType(w.transcript(id), "assistant")
	if len(answers) != 1 || !strings.Contains(string(answers[0].Message.Content), "the end") {
		t.Errorf("the orphan's answer is not in its transcript: %d answers", len(answers))
	}
}

func TestBadInput(t *testing.T) {
	c := newWorld(t).start()
	c.stdin.Write([]byte("this is no JSON\n"))
	if got := c.exit(); got != 1 || !strings.HasPrefix(c.stderr.String(), "Error parsing streaming input line") {
		t.Errorf("exit status %d, stderr %q", got, c.stderr.String())
	}
}

func TestUnknownInput(t *testing.T) {
	c := newWorld(t).start()
	c.send(object{"type": "keep_alive"})
	c.send(object{"type": "zork", "message": 7})
	c.answer("nobody", object{})
	if r := c.ask("!say fine"); r.Result != "fine" {
		t.Errorf("result %s", r.raw)
	}
	c.end(0)
}

func TestExit(t *testing.T) {
	c := newWorld(t).start()
	c.prompt("!exit 7")
	if i := slices.Index(kinds(c.drain()), "result"); i >= 0 || c.exit() != 7 {
		t.Errorf("exit status %d, result at %d", c.exit(), i)
	}
}

func TestTorn(t *testing.T) {
	c := newWorld(t).start()
	c.prompt("!torn")
	lines := c.drain()
	last := lines[len(lines)-1]
	if last.Type != "garbage" || strings.HasSuffix(last.raw, "\n") || c.exit() != -1 {
		t.Errorf("last line %q", last.raw)
	}
}

func TestLate(t *testing.T) {
	c := newWorld(t).start()
	c.prompt("!late\n!say x")
	c.untilType("result")
	lines := c.rest()
	var late int
	for _, m := range lines {
		late += len(ofType(m.Entries, "assistant"))
	}
	if late != 1 {
		t.Errorf("after the result %q", kinds(lines))
	}
}

func TestGarbage(t *testing.T) {
	c := newWorld(t).start()
	c.prompt("!garbage")
	lines, _ := c.until(func(m line) bool { return m.Type == "result" })
	got := kinds(lines)
	for _, want := range []string{"garbage", "from_the_future", "system/from_the_future"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in %q", want, got)
		}
	}
	c.end(0)
}

func TestStderr(t *testing.T) {
	c := newWorld(t).start()
	c.ask("!stderr 1000003")
	c.end(0)
	if got := c.stderr.Len(); got != 1000003 {
		t.Errorf("%d bytes on stderr", got)
	}
}

func TestManyTurns(t *testing.T) {
	c := newWorld(t).start()
	begin := time.Now()
	for range 200 {
		if r := c.ask("!say x"); r.Result != "x" {
			t.Fatalf("result %s", r.raw)
		}
	}
	c.end(0)
	t.Logf("200 turns in %v", time.Since(begin))
}
