package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// MaxAskedTokens is the most that a caller of a tool can ask of a page. It is
// more than hosts take by default, for those that put long results into files.
const MaxAskedTokens = 100_000

// wholeTokens is the max_tokens with which a message that is asked for alone, of
// so many bytes, is not cut: two for five bytes, so that pager.most holds them.
func wholeTokens(bytes int) int { return max(minReadTokens, (bytes*2+4)/5) }

// ReadAnswer says how to see the newest answer of a session, of so many bytes, in
// whole, without asking the session for it.
func ReadAnswer(s Session, bytes int) string {
	if n := wholeTokens(bytes); n <= MaxAskedTokens {
		return fmt.Sprintf("For the whole, which costs nothing, call read_transcript with session %q, roles [\"assistant\"], include_tools none, limit 1 and max_tokens %d.",
			reference(s), n)
	}
	return "The whole is too long for a page: " + exported(s.ID)
}

func exported(id string) string {
	return "`mcp-server export " + id + " --format=jsonl` writes it."
}

// readMessage says how to see a message in whole of which a page shows a part.
func (p *pager) readMessage(session string, m Message) string {
	n := wholeTokens(m.whole())
	if n > MaxAskedTokens {
		return fmt.Sprintf("Message %s is too long for a page: %s", m.UUID, exported(session))
	}
	also := ""
	if cmp.Or(p.inline, p.tape.sub) != "" {
		also = ", the same subagent"
	}
	return fmt.Sprintf("For the whole of what is cut in a message, call read_transcript with from its uuid%s, include_tools full, limit 1 and a max_tokens of 0.4 times its bytes; for %s that is %d.",
		also, m.UUID, n)
}

// allowDenied says how to allow what a turn was denied.
func allowDenied(s Session, t Turn) string {
	return fmt.Sprintf("Some tools were not allowed. To allow them, call resume_session with allowed_tools %s, which replaces the session's list, or with another permission_mode.",
		quoted(allowing(s.Settings.AllowedTools, t.Denials)))
}

// allowing returns the rules of a session with those added that allow what was
// denied.
func allowing(rules []string, denials []sessionstore.Denial) []string {
	rules = slices.Clone(rules)
	for _, d := range denials {
		if !slices.Contains(rules, d.Tool) {
			rules = append(rules, d.Tool)
		}
	}
	return rules
}

// quoted is a list as it stands in arguments.
func quoted(list []string) string {
	all := make([]string, len(list))
	for i, s := range list {
		all[i] = fmt.Sprintf("%q", s)
	}
	return "[" + strings.Join(all, ",") + "]"
}
