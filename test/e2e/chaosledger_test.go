//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A ledger has what was called and what was answered, for the judgement.
type ledger struct {
	t *testing.T

	mu     sync.Mutex
	all    []*prompt
	ends   map[string]turnSeen // of turns, as they were first told
	counts map[string]int      // of blows, of calls by tool and outcome, of turns by how they ended
	words  map[string]string   // the newest message of each kind of error
	tags   map[string][]string // of sessions, that were acknowledged
	gone   map[string]bool     // sessions that were deleted
	unsure bool                // of some deletion it is not known whether it was made
}

// prompt is one that was sent under a key.
type prompt struct {
	act     act
	called  time.Time
	acked   time.Time // zero: it was not
	session string
	turn    string // "" of a fork without a prompt
	refused string // code of its error, where there is no doubt that nothing came of it
}

// turnSeen is a turn as a call told it.
type turnSeen struct {
	Session string `json:"-"`
	ID      string `json:"turn_id"`
	Status  string
	Result  string
	EndedAt *time.Time                      `json:"ended_at"`
	Error   *struct{ Code, Message string } `json:"error"`
}

// reply is what a call answered.
type reply struct {
	text   string
	failed bool
	data   struct {
		Session struct {
			ID string `json:"session_id"`
		}
		Turn     *turnSeen
		Sessions []struct {
			ID   string `json:"session_id"`
			Turn *turnSeen
		}
		NextCursor string `json:"next_cursor"`
		Messages   []struct{ Text string }
		Deleted    bool
		Already    []string `json:"already_deleted"`
		Error      struct{ Code, Message string }
	}
}

func newLedger(t *testing.T) *ledger {
	return &ledger{t: t, ends: map[string]turnSeen{}, counts: map[string]int{}, words: map[string]string{}, tags: map[string][]string{}, gone: map[string]bool{}}
}

// fault tells of a law that was broken.
func (l *ledger) fault(format string, args ...any) { l.t.Errorf("chaos: "+format, args...) }

func (l *ledger) struck(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts["kill "+what]++
}

// story tells how much there was of what, for a person who wonders whether the
// test tests anything.
func (l *ledger) story() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(l.counts)) {
		fmt.Fprintf(&b, "\n%6d %s", l.counts[name], name)
		if words := l.words[name]; words != "" {
			fmt.Fprintf(&b, ": %.150s", words)
		}
	}
	return b.String()
}

// codes are those of the taxonomy. An internal error is one, but always a fault.
var codes = []string{"invalid_argument", "not_found", "ambiguous", "name_taken", "busy", "session_missing", "cwd_missing", "claude_not_found",
	"not_logged_in", "api_error", "rate_limited", "budget_exceeded", "turn_limit", "permission_denied", "interrupted", "timeout", "conflict", "unavailable"}

// heard reads an answer, and checks what holds for every one.
func (l *ledger) heard(tool, args string, r result) reply {
	out := reply{text: r.Text, failed: r.IsError}
	raw, err := json.Marshal(r.Structured)
	if err == nil {
		err = json.Unmarshal(raw, &out.data)
	}
	if err != nil {
		l.fault("the data of %s: %v\n%s", tool, err, raw)
	}
	if r.Took > answerTime {
		l.fault("%s %s took %s", tool, args, r.Took)
	}
	code := out.data.Error.Code
	if r.IsError && !slices.Contains(codes, code) {
		l.fault("%s %s failed as %q: %s", tool, args, code, r.Text)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[tool+" "+code]++
	if r.IsError {
		l.words[tool+" "+code] = out.data.Error.Message
	}
	l.see(out.data.Session.ID, out.data.Turn)
	for _, s := range out.data.Sessions {
		l.see(s.ID, s.Turn)
	}
	return out
}

// see keeps how a turn ended: it must not end in another way later. mu is held.
func (l *ledger) see(session string, t *turnSeen) {
	if t == nil || t.EndedAt == nil {
		return
	}
	t.Session = session
	if first, ok := l.ends[t.ID]; ok && !first.same(*t) {
		l.fault("turn %s ended as %s and as %s", t.ID, first, *t)
	}
	l.ends[t.ID] = *t
}

func (t turnSeen) same(o turnSeen) bool {
	return t.Status == o.Status && t.EndedAt.Equal(*o.EndedAt) && cut(t.Result) == cut(o.Result)
}

// cut is the beginning of a result, of which some tools show no more.
func cut(text string) string { return text[:min(len(text), 200)] }

func (t turnSeen) String() string {
	t.Result = cut(t.Result)
	raw, _ := json.Marshal(t) // plain data
	return string(raw)
}

// called books a prompt that is about to be sent; nil: the act has none.
func (l *ledger) called(a act) *prompt {
	if a.key == "" {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p := &prompt{act: a, called: time.Now()}
	l.all = append(l.all, p)
	return p
}

// book keeps what was answered to a prompt, and the tags that were given.
func (l *ledger) book(p *prompt, a act, r reply, ok bool) {
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if tags, _ := a.args["add_tags"].([]string); !r.failed {
		l.tags[r.data.Session.ID] = append(l.tags[r.data.Session.ID], tags...)
	}
	if p == nil {
		return
	}
	switch {
	case !r.failed:
		p.acked, p.session = time.Now(), r.data.Session.ID
		if r.data.Turn != nil {
			p.turn = r.data.Turn.ID
		}
	case !doubtful(r.data.Error.Code):
		p.refused = r.data.Error.Code
	}
}

// bookDeletion keeps what was deleted. What was deleted already may have been by
// the same call, sent to an engine that was killed before it answered: forks may
// have gone with it that nobody tells of any more.
func (l *ledger) bookDeletion(a act, r reply, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !ok || doubtful(r.data.Error.Code) || len(r.data.Already) > 0 && a.args["with_forks"] == true {
		l.unsure = true
	}
	for _, id := range r.data.Already {
		l.gone[id] = true
	}
	if !r.data.Deleted {
		return
	}
	for _, s := range r.data.Sessions {
		l.gone[s.ID] = true
	}
}

// isGone tells whether an answer says of a session what must be true: that it
// is not there, or that its key began another one, and it was deleted. judgeGone
// makes sure that it was.
func (l *ledger) isGone(session string, r reply) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	another := r.data.Session.ID != "" && r.data.Session.ID != session
	if l.unsure && (r.data.Error.Code == "not_found" || another) {
		l.gone[session] = true
	}
	return l.gone[session]
}

// doubtful tells of an error whether something may have come of the call all the
// same.
func doubtful(code string) bool {
	return code == "unavailable" || code == "timeout" || code == "interrupted"
}

// prompts are those that must be there, or may be.
func (l *ledger) prompts() []*prompt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.all), func(p *prompt) bool { return p.refused != "" })
}

// bookAgain checks that a key that was acknowledged is so again.
func (l *ledger) bookAgain(p *prompt, r reply, ok bool) {
	before := *p
	l.book(p, p.act, r, ok)
	switch {
	case before.acked.IsZero(), l.isGone(before.session, r):
	case !ok || r.failed:
		l.fault("the acknowledged prompt %s is refused: %s", p.act.key, r.text)
	case p.session != before.session || p.turn != before.turn:
		l.fault("the prompt %s was turn %s of %s, and is now %s of %s", p.act.key, before.turn, before.session, p.turn, p.session)
	}
	if !before.acked.IsZero() {
		*p = before // when it was acknowledged first
	}
}
