package engine

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// passed is what doctor says was passed over.
func (p *place) passed(c *Client) string {
	p.t.Helper()
	info, err := c.Info(context.Background())
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.Join(info.Passed, "\n")
}

// That changes are seen late is said as long as it is so.
func TestBlindForAWhile(t *testing.T) {
	p := newPlace(t, sessionstore.Options{})
	c := p.client(Config{})
	p.until("a look at everything", func() bool { return !c.listing() })
	im := c.allImporters()[0]
	im.see(agent.Seen{Rescan: true, Err: errors.New("too many changes")})
	if got := p.passed(c); !strings.Contains(got, "seen a little late: too many changes") {
		t.Errorf("it says %q", got)
	}
	im.see(agent.Seen{Rescan: true})
	if got := p.passed(c); got != "" {
		t.Errorf("it goes on to say %q", got)
	}
}

// A sub-agent's transcript that cannot be read keeps its session's from nothing.
func TestUnreadableSubAgent(t *testing.T) {
	if os.Getuid() <= 0 {
		t.Skip("everything is readable to this user")
	}
	p := newPlace(t, sessionstore.Options{})
	p.terminal(p.path(elsewhereA), turnLines(1, 1, "", "one", "1")...)
	p.terminal(p.subFile(elsewhereA), subLine("", "s1", "first"))
	if err := os.Chmod(p.subFile(elsewhereA), 0); err != nil {
		t.Fatal(err)
	}
	c := p.client(Config{})
	p.awaits("the session", elsewhereA, turns(1))
	p.until("word of it", func() bool { return strings.Contains(p.passed(c), "agent-x.jsonl") })
	p.terminal(p.path(elsewhereA), append(turnLines(2, 2, "a1", "two", "2"), title("new"))...)
	s := p.awaits("the second turn", elsewhereA, turns(2))
	if s.CLITitle != "new" || s.LastResult != "2" || s.SubAgents != 1 {
		t.Errorf("it is %+v", s)
	}
	if err := os.Chmod(p.subFile(elsewhereA), 0o600); err != nil {
		t.Fatal(err)
	}
	p.until("the sub-agent", func() bool {
		c.allImporters()[0].rescan()
		heads, _ := p.store.Transcripts(t.Context(), elsewhereA)
		return len(heads) == 2 && p.passed(c) == ""
	})
}
