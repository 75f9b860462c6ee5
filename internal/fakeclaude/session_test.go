package fakeclaude

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// converse runs one process with the prompts, one after the other.
func (w *world) converse(args []string, prompts ...string) []line {
	w.t.Helper()
	c := w.start(args...)
	var results []line
	for _, p := range prompts {
		results = append(results, c.ask(p))
	}
	c.end(0)
	return results
}

// messages are the uuids of a conversation, the entries of an interrupt and of
// tools included.
func messages(entries []oldEntry) []string {
	h := &history{entries: make(map[string]oldEntry)}
	for _, e := range entries {
		h.add(e)
	}
	var uuids []string
	for _, e := range h.chain(h.leaf) {
		uuids = append(uuids, e.UUID)
	}
	return uuids
}

// sameCost compares dollars that were added up in different orders.
func sameCost(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestResume(t *testing.T) {
	w := newWorld(t)
	id := newUUID()
	w.converse([]string{"--session-id", id}, "one", "two\n!tokens 2000 0")
	r := w.converse([]string{"--resume", id}, "three\n!recall")[0]
	if r.Result != "1. one\n2. two\n3. three" || r.SessionID != id {
		t.Errorf("result %s", r.raw)
	}
	own := r.Recent["claude-opus-5-5"]
	if !sameCost(r.TotalCost, 0.006+0.008+0.006) || !sameCost(own.CostUSD, 0.006) || own.InputTokens != 1000 {
		t.Errorf("total %v, own %+v", r.TotalCost, own)
	}
	if got := messages(w.transcript(id)); len(got) != 6 {
		t.Errorf("the conversation is not one chain: %q", got)
	}
}

func TestResumeInAnotherDirectory(t *testing.T) {
	w := newWorld(t)
	id := newUUID()
	w.converse([]string{"--session-id", id}, "one")
	w.dir = t.TempDir()
	if r := w.converse([]string{"--resume", id}, "!recall")[0]; r.Result != "1. one\n2. !recall" {
		t.Errorf("result %s", r.raw)
	}
	w.transcript(id) // fails if there are two
}

func TestFork(t *testing.T) {
	w := newWorld(t)
	parent, child := newUUID(), newUUID()
	w.converse([]string{"--session-id", parent}, "one", "two")
	before := w.transcript(parent)
	at := ofType(before, "assistant")[0].UUID

	c := w.start("--resume="+parent, "--fork-session", "--session-id="+child, "--resume-session-at="+at)
	c.prompt("branch\n!recall")
	lines, r := c.until(func(m line) bool { return m.Type == "result" })
	lines = append(lines, c.rest()...)
	if r.Result != "1. one\n2. branch" || r.SessionID != child || !sameCost(r.TotalCost, 3*0.006) {
		t.Errorf("result %s", r.raw)
	}
	mirrored := 0
	for _, m := range lines {
		for _, e := range m.Entries {
			mirrored++
			if e.Type != "mode" && !strings.HasSuffix(m.FilePath, child+".jsonl") {
				t.Errorf("mirror of %s", m.FilePath)
			}
		}
	}
	forked := w.transcript(child)
	if mirrored != len(forked) {
		t.Errorf("%d entries mirrored, %d written", mirrored, len(forked))
	}
	got, want := messages(forked), messages(before)
	if len(got) != 4 || !slices.Equal(got[:2], want[:2]) || got[2] == want[2] {
		t.Errorf("the fork holds %q, its parent %q", got, want)
	}
	for _, e := range forked {
		if !strings.Contains(string(e.raw), child) || strings.Contains(string(e.raw), parent) {
			t.Errorf("entry under the wrong id: %s", e.raw)
		}
	}
	if after := w.transcript(parent); len(after) != len(before) {
		t.Errorf("the parent's file changed: %d entries, before %d", len(after), len(before))
	}
}

func TestResumeAtMakesABranch(t *testing.T) {
	w := newWorld(t)
	id := newUUID()
	w.converse([]string{"--session-id", id}, "one", "two")
	at := ofType(w.transcript(id), "assistant")[0].UUID
	if r := w.converse([]string{"--resume", id, "--resume-session-at", at}, "!recall")[0]; r.Result != "1. one\n2. !recall" {
		t.Errorf("result %s", r.raw)
	}
	if users := ofType(w.transcript(id), "user"); len(users) != 3 {
		t.Errorf("%d prompts in the file, want all 3", len(users))
	}
}

func TestTwoProcessesLoseATurn(t *testing.T) {
	w := newWorld(t)
	id := newUUID()
	w.converse([]string{"--session-id", id}, "one")
	a, b := w.start("--resume", id), w.start("--resume", id)
	for _, c := range []*child{a, b} {
		c.control("r1", "initialize", nil)
		c.untilType("control_response") // it has read the transcript
	}
	a.prompt("left\n!hold left")
	b.prompt("right\n!hold right")
	for _, gate := range []string{"left", "right"} {
		waitFor(t, filepath.Join(w.gates, gate+".held"))
	}
	for gate, c := range map[string]*child{"left": a, "right": b} {
		if err := os.WriteFile(filepath.Join(w.gates, gate), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if r := c.untilType("result"); r.Subtype != "success" {
			t.Errorf("%s: %s", gate, r.raw)
		}
	}
	a.end(0)
	b.end(0)
	if r := w.converse([]string{"--resume", id}, "!recall")[0]; strings.Count(r.Result, "\n") != 2 {
		t.Errorf("after two turns at once the next one knows of %q, want one of them lost", r.Result)
	}
	all, err := ReadLog(w.log)
	if err != nil || !slices.Equal(Overlaps(all), []string{id}) {
		t.Errorf("the log does not show the overlap: %q, %v", Overlaps(all), err)
	}
}

func TestSessionsThatCannotBeOpened(t *testing.T) {
	w := newWorld(t)
	id, other := newUUID(), newUUID()
	w.converse([]string{"--session-id", id}, "one")
	for _, test := range []struct {
		args   []string
		stderr string
		result bool
	}{
		{[]string{"--session-id", id}, "Error: Session ID " + id + " is already in use.", false},
		{[]string{"--session-id", "short"}, "Error: Invalid session ID. Must be a valid UUID.", false},
		{[]string{"--resume", other}, "No conversation found with session ID: " + other, true},
		{[]string{"--resume", id, "--resume-session-at", other}, "No message found with message.uuid of: " + other, true},
		{[]string{"--zork"}, "error: unknown option '--zork'", false},
		{[]string{"--permission-mode=zork"}, "error: option '--permission-mode <mode>' argument 'zork' is invalid. " +
			"Allowed choices are acceptEdits, auto, bypassPermissions, manual, dontAsk, plan.", false},
	} {
		c := w.start(test.args...)
		lines := c.drain()
		if got := c.exit(); got != 1 || strings.TrimSpace(c.stderr.String()) != test.stderr {
			t.Errorf("%q: exit %d, stderr %q", test.args, got, c.stderr.String())
		}
		ok := len(lines) == 1 && lines[0].Subtype == "error_during_execution" && lines[0].NumTurns == 0
		if ok != test.result || !ok && len(lines) > 0 {
			t.Errorf("%q: output %q", test.args, kinds(lines))
		}
	}
}

func TestResumeAfterAKill(t *testing.T) {
	w := newWorld(t)
	id := newUUID()
	w.converse([]string{"--session-id", id}, "one")
	c := w.start("--resume", id)
	c.prompt("lost\n!kill")
	c.drain()
	if got := c.exit(); got != -1 {
		t.Errorf("exit status %d after a kill", got)
	}
	path := filepath.Join(w.home, ".claude", "projects", folderName(realPath(t, w.dir)), id+".jsonl")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"type":"assistant","uuid":"torn`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if r := w.converse([]string{"--resume", id}, "!recall")[0]; r.Result != "1. one\n2. lost\n3. !recall" {
		t.Errorf("result %s", r.raw)
	}
	var texts []string
	for _, e := range ofType(w.transcript(id), "assistant") {
		texts = append(texts, string(e.Message.Content))
	}
	if len(texts) != 3 || !strings.Contains(texts[1], "No response requested.") {
		t.Errorf("answers %q", texts)
	}
}

func realPath(t *testing.T, dir string) string {
	t.Helper()
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	return real
}

func TestFolderName(t *testing.T) {
	long := "/" + strings.Repeat("ab/", 100)
	for dir, want := range map[string]string{
		"/home/me/a.b_c":  "-home-me-a-b-c",
		"/data/é😀/x":      "-data-----x",
		long:              strings.ReplaceAll(long, "/", "-")[:200] + "-eaqe35",
		"C:\\Users\\me":   "C--Users-me",
		"/" + "a" + " b/": "-a-b-",
	} {
		if got := folderName(dir); got != want {
			t.Errorf("folder of %q is %q, want %q", dir, got, want)
		}
	}
}
