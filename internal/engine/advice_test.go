package engine

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// Who does what a page says gets all of a message that is cut there; of one that
// no page can hold, it does not say the same again.
func TestWholeOfACutMessage(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	for _, size := range []int{39_249, 249_999, 300_000} {
		long := strings.Repeat("é\n", size/3)
		var talk chain
		talk.user("p", "say a lot")
		talk.says("a", "m", textPart(long))
		s := p.put(sessionstore.Session{Name: fmt.Sprintf("of-%d", size), Turns: 1})
		p.keep(s.ID, "", talk.lines)
		page := read(t, c, ReadRequest{Session: s.ID})
		most := regexp.MustCompile(`for a that is (\d+)\.`).FindStringSubmatch(page.Next)
		if size > MaxAskedTokens*5/2 {
			if most != nil || !strings.Contains(page.Next, "export "+s.ID) {
				t.Errorf("%d bytes: next is %q", size, page.Next)
			}
			continue
		}
		if most == nil {
			t.Fatalf("%d bytes: next is %q", size, page.Next)
		}
		n, _ := strconv.Atoi(most[1])
		if n > MaxAskedTokens {
			t.Errorf("%d bytes: no caller can ask for %d tokens", size, n)
		}
		page = read(t, c, ReadRequest{Session: s.ID, From: "a", IncludeTools: ToolsFull, Limit: 1, MaxTokens: n})
		if page.Messages[0].Text != long || strings.Contains(page.Next, "cut") {
			t.Errorf("%d bytes: with %d tokens %d are there, next is %q", size, n, len(page.Messages[0].Text), page.Next)
		}
	}
}

// The advice on what was denied has the session's rules in it, however the turn
// has ended.
func TestNextAllowsWhatWasDenied(t *testing.T) {
	s := Session{ID: "x", Settings: sessionstore.Settings{AllowedTools: []string{"Bash(go test:*)"}}}
	for _, status := range []sessionstore.TurnStatus{sessionstore.TurnCompleted, sessionstore.TurnInterrupted} {
		turn := Turn{Status: status, Denials: []sessionstore.Denial{{Tool: "Write"}, {Tool: "Write"}}}
		if got := next(s, turn); !strings.Contains(got, `allowed_tools ["Bash(go test:*)","Write"], which replaces`) {
			t.Errorf("%s: next is %q", status, got)
		}
	}
	if got := next(s, Turn{Status: sessionstore.TurnRunning, Denials: []sessionstore.Denial{{Tool: "Write"}}}); strings.Contains(got, "allowed_tools") {
		t.Errorf("of a turn that runs: %q", got)
	}
}
