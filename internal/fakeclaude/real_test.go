package fakeclaude

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/claude-sessions/claude-sessions/internal/loopmodel"
)

// leftOut are the messages in which the fake differs from the real CLI: it does
// not write them, or writes mirror frames at other moments and streams text in
// other pieces. What frames hold is compared through the transcript.
var leftOut = []string{"transcript_mirror", "stream_event", "system/status"}

// newRealWorld runs the real CLI against a scripted model.
func newRealWorld(t *testing.T) *world {
	t.Helper()
	binary := os.Getenv("CLAUDE_SESSIONS_TEST_CLAUDE")
	if binary == "" {
		t.Skip("CLAUDE_SESSIONS_TEST_CLAUDE does not name a Claude Code binary")
	}
	model, err := loopmodel.Start(loopmodel.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(model.Close)
	w := &world{t: t, home: t.TempDir(), dir: t.TempDir(), program: binary}
	w.env = append(loopmodel.Env(model.URL(), w.home), "CLAUDE_CODE_TMPDIR="+t.TempDir())
	return w
}

// A story drives some processes in a world. What it tells is the same for the
// real CLI and the fake.
type story struct {
	w     *world
	trace []string
}

func (s *story) tell(format string, args ...any) {
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), realPath(s.w.t, s.w.dir), "DIR")
	s.trace = append(s.trace, strings.ReplaceAll(text, s.w.dir, "DIR"))
}

// lines tells of the messages of a stream.
func (s *story) lines(lines []line) {
	for _, m := range lines {
		switch kind := m.kind(); {
		case slices.Contains(leftOut, kind):
		case m.Type == "result":
			s.tell("%s turns=%d error=%v reason=%s text=%q denials=%d errors=%d", kind, m.NumTurns, m.IsError,
				m.TerminalReason, m.Result, len(m.Denials), len(m.Errors))
		case m.Type == "control_response":
			s.tell("%s %s", kind, m.Response.Subtype)
		default:
			s.tell("%s", kind)
		}
	}
}

// turn runs a process for one prompt, tells of it and returns the session's id.
// Permission requests are answered with the response, if there is one.
func (s *story) turn(prompt string, response object, args ...string) (id string) {
	s.w.t.Helper()
	c := s.w.start(args...)
	c.prompt(prompt)
	lines, r := c.until(func(m line) bool {
		if m.Type == "control_request" {
			c.answer(m.RequestID, response)
		}
		return m.Type == "result"
	})
	s.lines(append(lines, c.rest()...))
	s.tell("exit %d", c.exit())
	s.conversation(r.SessionID)
	return r.SessionID
}

// conversation tells of the chain that the next resume reads.
func (s *story) conversation(id string) {
	h := &history{entries: make(map[string]oldEntry)}
	for _, e := range s.w.transcript(id) {
		h.add(e)
	}
	for _, e := range h.chain(h.leaf) {
		if e.Type == "user" || e.Type == "assistant" {
			s.tell("    %s %s", e.Type, outline(e.Message.Content))
		}
	}
}

// outline is the text of a message, and the kinds of its other blocks.
func outline(content json.RawMessage) string {
	var text string
	if json.Unmarshal(content, &text) == nil {
		return text
	}
	var blocks []struct{ Type, Text, Name string }
	if err := json.Unmarshal(content, &blocks); err != nil {
		return err.Error()
	}
	var parts []string
	for _, b := range blocks {
		parts = append(parts, strings.TrimSpace(b.Type+" "+b.Name+b.Text))
	}
	return strings.Join(parts, ", ")
}

// assistantUUID is the uuid of the nth answer of a session.
func (s *story) assistantUUID(id string, n int) string {
	s.w.t.Helper()
	return ofType(s.w.transcript(id), "assistant")[n].UUID
}

func stories() map[string]func(s *story) {
	return map[string]func(s *story){
		"resume": func(s *story) {
			id := s.turn("hello", nil)
			s.turn("again\n!recall", nil, "--resume="+id)
		},
		"fork at": func(s *story) {
			id := s.turn("one", nil)
			s.turn("two", nil, "--resume="+id)
			s.turn("branch\n!recall", nil, "--resume="+id, "--fork-session", "--session-id="+newUUID(),
				"--resume-session-at="+s.assistantUUID(id, 0))
			s.conversation(id)
		},
		"steps": func(s *story) {
			s.turn("!say first\n!tool Bash {\"command\":\"echo hi\"}\n!say then\n!say last", nil, "--allowedTools=Bash")
		},
		"permission": func(s *story) {
			prompt := fmt.Sprintf("!tool Write {\"file_path\":%q,\"content\":\"x\"}\n!say after", filepath.Join(s.w.dir, "x"))
			s.turn(prompt, object{"behavior": "deny", "message": "no"})
			s.turn(prompt, object{"behavior": "deny"})
			s.turn(prompt, object{"behavior": "deny", "message": "stop", "interrupt": true})
			s.turn(prompt, object{"behavior": "allow"})
			s.turn(prompt, nil, "--permission-mode=dontAsk")
			s.turn(prompt, nil, "--permission-mode=acceptEdits")
		},
		"errors": func(s *story) {
			s.turn("!status 403 no", nil)
			s.turn("!status 529 x1\n!say then", nil)
			s.turn("!tool Bash {\"command\":\"true\"}\n!say never", nil, "--allowedTools=Bash", "--max-turns=1")
			s.turn("!say dear", nil, "--max-budget-usd=0.001")
		},
		"interrupt":           interruptStory,
		"request interrupted": requestStory,
		"queue":               queueStory,
	}
}

func interruptStory(s *story) {
	c := s.w.start("--include-partial-messages")
	c.prompt("!partial sofar\n!delay 30s")
	c.until(func(m line) bool { return strings.Contains(string(m.Event), "sofar") })
	c.control("i1", "interrupt", nil)
	lines, r := c.until(func(m line) bool { return m.Type == "result" })
	s.lines(append(lines, c.rest()...))
	s.tell("exit %d", c.exit())
	s.turn("!recall", nil, "--resume="+r.SessionID)
}

func requestStory(s *story) {
	c := s.w.start()
	c.prompt(fmt.Sprintf("!tool Write {\"file_path\":%q,\"content\":\"x\"}", filepath.Join(s.w.dir, "x")))
	c.untilType("control_request")
	c.control("i1", "interrupt", nil)
	s.lines(c.rest())
	s.tell("exit %d", c.exit())
}

func queueStory(s *story) {
	c := s.w.start()
	c.prompt("!delay 700ms\n!say first")
	c.until(func(m line) bool { return m.Subtype == "init" })
	c.prompt("!recall")
	c.prompt("more")
	lines := c.rest()
	s.lines(lines)
	s.conversation(lines[slices.IndexFunc(lines, func(m line) bool { return m.Type == "result" })].SessionID)
}

func TestLikeTheRealOne(t *testing.T) {
	for name, tell := range stories() {
		t.Run(name, func(t *testing.T) {
			real, fake := &story{w: newRealWorld(t)}, &story{w: newWorld(t)}
			tell(real)
			tell(fake)
			if diff := cmp.Diff(real.trace, fake.trace); diff != "" {
				t.Errorf("real (-) and fake (+) differ:\n%s", diff)
			}
		})
	}
}
