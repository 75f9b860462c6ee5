package oracle

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/loopmodel"
)

var (
	duration = flag.Duration("oracle", time.Minute, "how long TestClaudeCode generates transcripts")
	seedFlag = flag.Uint64("seed", 500_000, "seed of the first transcript of TestClaudeCode; the next one has the next seed; 0: another one each time")
	caseFlag = flag.Int("cases", 0, "how many transcripts TestClaudeCode generates; 0: as many as it has time for")
	keep     = flag.String("keep", "", "folder for transcripts that differ")
)

const claudeVar = "CLAUDE_SESSIONS_TEST_CLAUDE"

// A truth is a Claude Code that tells how it reads transcripts.
type truth struct {
	command string
	dir     string // work folder of all sessions
	home    string
	model   *loopmodel.Server
}

func newTruth(t *testing.T) *truth {
	t.Helper()
	command := os.Getenv(claudeVar)
	if command == "" {
		t.Skipf("%s names no Claude Code binary", claudeVar)
	}
	model, err := loopmodel.Start(loopmodel.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(model.Close)
	return &truth{command: command, dir: t.TempDir(), home: t.TempDir(), model: model}
}

func (c *truth) env() []string {
	return append(loopmodel.Env(c.model.URL(), c.home), "CLAUDE_CODE_TMPDIR="+filepath.Join(c.home, "tmp"))
}

func (c *truth) path(session string) string {
	return agent.TranscriptPath(filepath.Join(c.home, ".claude"), c.dir, session, "")
}

// A fork is what Claude Code makes of a session.
type fork struct {
	sent  []item // to the model, without the last prompt
	lines []byte // the fork's transcript
	err   string // why there is none
}

// fork lets Claude Code fork a session after a message; "" is the newest.
func (c *truth) fork(t *testing.T, session, at string) fork {
	t.Helper()
	id := uuid.NewString()
	probe := "PROBE-" + id
	args := []string{"--resume", session, "--fork-session", "--session-id", id, "-p", probe}
	if at != "" {
		args = append(args, "--resume-session-at", at)
	}
	cmd := exec.Command(c.command, args...)
	cmd.Dir, cmd.Env = c.dir, c.env()
	out, err := cmd.CombinedOutput()
	for _, r := range slices.Backward(c.model.Requests()) {
		if bytes.Contains(r.Body, []byte(probe)) && !r.Side {
			lines, err := os.ReadFile(c.path(id))
			if err != nil {
				t.Fatal(err)
			}
			return fork{sent: sentItems(t, r.Body, probe), lines: lines}
		}
	}
	return fork{err: fmt.Sprint(strings.TrimSpace(string(out)), err)}
}

// An item is one thing that a request says, known by a word of its own.
type item struct{ role, is string }

var saidWord = regexp.MustCompile(`zq\d+q`)

// sentItems returns what a request sends, up to the probe.
func sentItems(t *testing.T, body []byte, probe string) (list []item) {
	t.Helper()
	var request struct {
		Messages []struct {
			Role    string
			Content json.RawMessage
		}
	}
	if err := json.Unmarshal(body, &request); err != nil {
		t.Fatal(err)
	}
	for _, m := range request.Messages {
		if m.Role == "system" {
			continue // what Claude Code adds of its own
		}
		for _, b := range unmarshal(m.Content) {
			if strings.Contains(b.Text, probe) {
				break
			}
			if !madeUp.Match(b.Inner) {
				list = append(list, items(m.Role, b.Type, b.Text+string(b.Inner), b.ID, b.UseID)...)
			}
		}
	}
	return list
}

// madeUp is what Claude Code sends as the result of a tool that has none.
var madeUp = regexp.MustCompile(`^\W*(Tool result missing|Tool call interrupted)`)

func items(role, kind, text, id, useID string) (list []item) {
	if kind == "tool_use" {
		return []item{{role, "use " + id}}
	}
	if kind == "tool_result" {
		list = append(list, item{role, "result " + useID})
	}
	for _, word := range saidWord.FindAllString(text, -1) {
		list = append(list, item{role, word})
	}
	return list
}

// A reader tells what lines of a transcript say, by their uuids.
type reader map[string][]item

func newReader(transcript []byte) reader {
	r := reader{}
	for raw := range bytes.Lines(transcript) {
		var l struct {
			UUID, Type, Content string
			Message             struct {
				Role    string
				Content json.RawMessage
			}
		}
		if json.Unmarshal(raw, &l) != nil || l.UUID == "" {
			continue
		}
		r[l.UUID] = nil // a later line of the same uuid counts
		for _, b := range unmarshal(l.Message.Content) {
			r[l.UUID] = append(r[l.UUID], items(l.Message.Role, b.Type, b.Text+string(b.Inner), b.ID, b.UseID)...)
		}
		if l.Type == "system" {
			r[l.UUID] = items("user", "text", l.Content, "", "")
		}
	}
	return r
}

// sent returns what a model of a conversation says is sent.
func (r reader) sent(units [][]agent.Message) (list []item) {
	for _, unit := range units {
		for _, role := range []string{"assistant", "user"} {
			for _, m := range unit {
				for _, it := range r[m.UUID] {
					if it.role == role {
						list = append(list, it)
					}
				}
			}
		}
	}
	return list
}

// canonical joins what is sent in one message of the API: its order there is not
// compared, and what is said twice counts once.
func canonical(list []item) (messages []string) {
	for len(list) > 0 {
		role := list[0].role
		n := slices.IndexFunc(list, func(it item) bool { return it.role != role })
		if n < 0 {
			n = len(list)
		}
		var said []string
		for _, it := range list[:n] {
			said = append(said, it.is)
		}
		slices.Sort(said)
		messages = append(messages, role+": "+strings.Join(slices.Compact(said), ", "))
		list = list[n:]
	}
	return messages
}

// TestClaudeCode compares the model with Claude Code over generated transcripts.
func TestClaudeCode(t *testing.T) {
	c := newTruth(t)
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	end := time.Now().Add(*duration)
	var next, failed atomic.Int64
	var mu sync.Mutex
	did := map[string]int{}
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			for failed.Load() < 10 {
				n := next.Add(1) - 1
				if *caseFlag > 0 && n >= int64(*caseFlag) || *caseFlag == 0 && time.Now().After(end) {
					return
				}
				problem, w := c.check(t, seed+uint64(n))
				mu.Lock()
				for name := range w.did {
					did[name]++
				}
				mu.Unlock()
				if problem != "" {
					failed.Add(1)
					t.Errorf("seed %d (%v): %s", seed+uint64(n), slices.Sorted(mapKeys(w.did)), problem)
					w.save(t, fmt.Sprintf("seed-%d.jsonl", seed+uint64(n)))
				}
			}
		})
	}
	workers.Wait()
	t.Logf("seed %d: %d transcripts, %d differ; what they have: %v", seed, next.Load(), failed.Load(), did)
}

func mapKeys(m map[string]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (w *writer) save(t *testing.T, name string) {
	if *keep == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*keep, name), w.bytes(), 0o600); err != nil {
		t.Error(err)
	}
}

// check compares one transcript, and says what differs; "" if nothing does.
func (c *truth) check(t *testing.T, seed uint64) (problem string, w *writer) {
	w = generate(seed, uuid.NewString(), c.dir)
	transcript := w.bytes()
	path := c.path(w.session)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, transcript, 0o600); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(path)
	parent, r := conversation(transcript), newReader(transcript)

	// What is sent when the session is resumed.
	resumed := c.fork(t, w.session, "")
	if problem := r.compare("a resume", resumed, parent.SentUpTo("")); problem != "" {
		return problem, w
	}
	// A fork of the whole session, and one at a message.
	point := parent.ForkPoint()
	if w.chance(2) {
		// At a hook among the parts of a message, Claude Code has all of its parts
		// before it; nobody forks there.
		loaded := slices.DeleteFunc(parent.Loaded(), func(m agent.Message) bool { return m.Type == "attachment" || !parent.Reaches(m.UUID) })
		point = pick(w, loaded).UUID
	}
	pinned := c.fork(t, w.session, point)
	what := "a fork at " + point + " " + fmt.Sprint(r[point])
	if pinned.err == "" && point == parent.ForkPoint() {
		if a, b := canonical(resumed.sent), canonical(pinned.sent); !slices.Equal(a, b) {
			return fmt.Sprintf("the fork point %s is not where a resume continues:\nresume %q\nfork   %q", what, a, b), w
		}
	}
	if problem := r.compare(what, pinned, parent.SentUpTo(point)); problem != "" {
		return problem, w
	}
	if err := agent.VerifyFork(parent, conversation(pinned.lines), point); err != nil {
		return fmt.Sprintf("%s: %v", what, err), w
	}
	if problem := c.spoiled(w, parent, pinned, point, r); problem != "" {
		return problem, w
	}
	return c.copied(t, w, parent, r), w
}

// copied compares a fork at a message that Claude Code itself cannot fork at, of
// which the fork is given a copy.
func (c *truth) copied(t *testing.T, w *writer, parent *agent.Conversation, r reader) string {
	var points []string
	for _, l := range w.lines {
		uuid, _ := l["uuid"].(string)
		if parent.Has(uuid) && !parent.Reaches(uuid) && l["isSidechain"] == false && len(parent.SentUpTo(uuid)) > 0 {
			points = append(points, uuid)
		}
	}
	if len(points) == 0 {
		return ""
	}
	w.did["copy for a fork"] = true
	point, id := pick(w, points), uuid.NewString()
	lines, err := agent.CopyBranch(func(yield func(json.RawMessage, error) bool) {
		for raw := range bytes.Lines(w.bytes()) {
			if !yield(bytes.TrimSpace(raw), nil) {
				return
			}
		}
	}, point, id)
	if err != nil {
		return err.Error()
	}
	copied := append(bytes.Join(asBytes(lines), []byte("\n")), '\n')
	if err := os.WriteFile(c.path(id), copied, 0o600); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(c.path(id))
	what := "a copy up to " + point + " " + fmt.Sprint(r[point])
	f := c.fork(t, id, "")
	if problem := r.compare(what, f, parent.SentUpTo(point)); problem != "" {
		return problem
	}
	if err := agent.VerifyFork(parent, conversation(f.lines), point); err != nil {
		return fmt.Sprintf("%s: %v", what, err)
	}
	return ""
}

func asBytes(lines []json.RawMessage) [][]byte {
	list := make([][]byte, len(lines))
	for i, l := range lines {
		list[i] = l
	}
	return list
}

// compare holds what Claude Code sends against what the model says.
func (r reader) compare(what string, f fork, units [][]agent.Message) string {
	if f.err != "" {
		return what + " fails: " + f.err
	}
	got, want := canonical(r.sent(units)), canonical(f.sent)
	if slices.Equal(got, want) {
		return ""
	}
	return fmt.Sprintf("%s sends\n%q\nand the model says\n%q", what, want, got)
}

// spoiled takes a message of the parent out of a fork, which must be noticed.
func (c *truth) spoiled(w *writer, parent *agent.Conversation, f fork, point string, r reader) string {
	said := map[string]int{} // how often, in copied branches
	for _, unit := range parent.SentUpTo(point) {
		for _, m := range unit {
			said[fmt.Sprint(r[m.UUID])]++
		}
	}
	var sent []string
	for _, unit := range parent.SentUpTo(point) {
		for _, m := range unit {
			if m.Conversation() && said[fmt.Sprint(r[m.UUID])] == 1 {
				sent = append(sent, m.UUID)
			}
		}
	}
	if len(sent) == 0 {
		return ""
	}
	lost := pick(w, sent)
	var lines []byte
	for raw := range bytes.Lines(f.lines) {
		if !bytes.Contains(raw, []byte(`"uuid":"`+lost+`"`)) {
			lines = append(lines, raw...)
		}
	}
	if agent.VerifyFork(parent, conversation(lines), point) == nil {
		return "a fork without message " + lost + " passes for whole"
	}
	return ""
}

func conversation(transcript []byte) *agent.Conversation {
	c := agent.NewConversation()
	for raw := range bytes.Lines(transcript) {
		c.Add(bytes.TrimSpace(raw))
	}
	return c
}
