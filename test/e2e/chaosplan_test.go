//go:build unix

package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// An act is one call of the chaos test. With a key it is a prompt, which must
// not get lost.
type act struct {
	tool  string
	args  map[string]any
	key   string        // idempotency key and mark of a prompt; "" of other calls
	which int           // of the sessions that wait: for answer_request
	pause time.Duration // before it
}

// A planner draws the acts of one caller. They follow from its seed alone.
type planner struct {
	who  string
	rng  *rand.Rand
	n    int
	pool []string // names of sessions, which others may use too, or which may not be there
	own  int      // where those begin that only this caller names
	left []string // names of sessions that nobody uses any more
}

func newPlanner(seed uint64, who int, shared []string) *planner {
	return &planner{who: fmt.Sprintf("w%d", who), rng: rand.New(rand.NewPCG(seed, uint64(who))), pool: append([]string(nil), shared...), own: len(shared)}
}

// choice is one of several things with how likely it is.
type choice[T any] struct {
	weight int
	what   T
}

func draw[T any](rng *rand.Rand, choices []choice[T]) T {
	total := 0
	for _, c := range choices {
		total += c.weight
	}
	n := rng.IntN(total)
	for _, c := range choices {
		if n -= c.weight; n < 0 {
			return c.what
		}
	}
	panic("unreachable")
}

func (p *planner) next() act {
	p.n++
	a := draw(p.rng, []choice[func() act]{
		{6, p.start}, {44, p.resume}, {7, p.fork}, {8, p.interrupt}, {12, p.answer},
		{7, p.update}, {5, p.wait}, {4, p.get}, {3, p.list}, {3, p.read}, {4, p.remove},
	})()
	a.pause = time.Duration(p.rng.IntN(400)) * time.Millisecond
	return a
}

// session is mostly one of those that all share.
func (p *planner) session() string { return p.pool[p.rng.IntN(len(p.pool))] }

// fresh is a name for a new session. A caller has some of its own in its pool.
func (p *planner) fresh() string {
	name := fmt.Sprintf("%s-%d", p.who, p.n)
	if p.rng.IntN(3) == 0 {
		p.pool = append(p.pool, name)
	} else {
		p.left = append(p.left, name)
	}
	return name
}

func (p *planner) waitSeconds() int {
	return draw(p.rng, []choice[int]{{6, 0}, {3, 1}, {2, 3}, {1, 10}})
}

// prompting is an act with a prompt of its own.
func (p *planner) prompting(tool string, args map[string]any) act {
	key := fmt.Sprintf("%s-%d", p.who, p.n)
	args["prompt"], args["idempotency_key"], args["wait_seconds"] = p.script(key), key, p.waitSeconds()
	return act{tool: tool, args: args, key: key}
}

func (p *planner) start() act {
	args := map[string]any{"name": p.fresh()}
	if p.rng.IntN(3) == 0 {
		args["permission_mode"] = "acceptEdits"
	}
	if p.rng.IntN(8) == 0 {
		args["from_session"] = p.session()
	}
	return p.prompting("start_session", args)
}

func (p *planner) resume() act {
	args := map[string]any{"session": p.session()}
	args["if_busy"] = draw(p.rng, []choice[string]{{10, "queue"}, {3, "interrupt"}, {4, "steer"}, {2, "fail"}})
	if args["if_busy"] != "steer" && p.rng.IntN(10) == 0 {
		args["model"] = draw(p.rng, []choice[string]{{1, "opus"}, {1, "sonnet"}})
	}
	a := p.prompting("resume_session", args)
	if p.rng.IntN(12) == 0 {
		delete(args, "prompt")
		args["continue"] = true
	}
	return a
}

func (p *planner) fork() act {
	args := map[string]any{"session": p.session(), "name": p.fresh()}
	a := p.prompting("fork_session", args)
	if p.rng.IntN(4) == 0 {
		delete(args, "prompt")
	}
	return a
}

func (p *planner) interrupt() act {
	return act{tool: "interrupt_session", args: map[string]any{"session": p.session(), "drop_queue": p.rng.IntN(3) == 0, "wait_seconds": p.rng.IntN(5)}}
}

// answer is for one of the sessions that wait then; answers suit a question,
// decisions a permission.
func (p *planner) answer() act {
	a := act{tool: "answer_request", which: p.rng.IntN(100), args: map[string]any{}}
	if p.rng.IntN(4) == 0 {
		a.args["answers"] = map[string]any{"Which way?": "Left"}
		return a
	}
	a.args["decision"] = draw(p.rng, []choice[string]{{4, "allow"}, {1, "allow_always"}, {2, "deny"}})
	return a
}

func (p *planner) update() act {
	args := map[string]any{"session": p.session()}
	switch p.rng.IntN(4) {
	case 0:
		args["note"] = fmt.Sprint("note of ", p.who, " ", p.n)
	case 1:
		args["model"] = draw(p.rng, []choice[string]{{1, "opus"}, {1, "haiku"}})
	case 2:
		args["permission_mode"] = draw(p.rng, []choice[string]{{2, "default"}, {1, "acceptEdits"}, {1, "plan"}})
	case 3:
		args["add_tags"] = []string{fmt.Sprintf("t%d", p.rng.IntN(10))}
	}
	return act{tool: "update_session", args: args}
}

// remove deletes a session of the caller's own, if it has one: mostly one that
// may be at rest.
func (p *planner) remove() act {
	from := p.left
	if len(from) == 0 || p.rng.IntN(4) == 0 {
		from = p.pool[p.own:]
	}
	if len(from) == 0 {
		return p.get()
	}
	return act{tool: "delete_sessions", args: map[string]any{"sessions": []string{from[p.rng.IntN(len(from))]}, "confirm": true,
		"with_forks": p.rng.IntN(2) == 0, "delete_transcript": p.rng.IntN(2) == 0}}
}

func (p *planner) wait() act {
	args := map[string]any{"sessions": []string{p.session(), p.pool[0]}, "wait_seconds": p.waitSeconds()}
	args["for"] = draw(p.rng, []choice[string]{{2, "turn_end"}, {1, "request"}, {1, "change"}})
	args["until"] = draw(p.rng, []choice[string]{{2, "any"}, {1, "all"}})
	return act{tool: "wait_for_session", args: args}
}

func (p *planner) get() act {
	return act{tool: "get_session", args: map[string]any{"session": p.session()}}
}

func (p *planner) list() act {
	return act{tool: "list_sessions", args: map[string]any{"view": draw(p.rng, []choice[string]{{1, "list"}, {1, "tree"}})}}
}

func (p *planner) read() act {
	return act{tool: "read_transcript", args: map[string]any{"session": p.session()}}
}

// marked and answered are what a prompt has in its first line and in its answer.
func marked(key string) string   { return "prompt " + key + "." }
func answered(key string) string { return "answer " + key + "." }

// script is a prompt for the fake: its mark, what happens, its answer.
func (p *planner) script(key string) string {
	lines := []string{marked(key)}
	for range p.rng.IntN(3) {
		lines = append(lines, p.line(key))
	}
	return strings.Join(append(lines, "!say "+answered(key)), "\n")
}

func (p *planner) line(key string) string {
	ms := func(n int) string { return fmt.Sprintf("%dms", p.rng.IntN(n)) }
	return draw(p.rng, []choice[func() string]{
		{6, func() string { return "!delay " + ms(800) }},
		{4, func() string { return "!partial some of it" }},
		{5, func() string { return `!tool Write {"file_path":"out-` + key + `","content":"x"}` }},
		{5, func() string { return `!tool Bash {"command":"sleep 0.` + fmt.Sprint(p.rng.IntN(5)) + `"}` }},
		{2, func() string { return `!tool Read {"file_path":"README"}` }},
		{4, func() string {
			return `!tool AskUserQuestion {"questions":[{"question":"Which way?","header":"Way","options":[{"label":"Left"},{"label":"Right"}]}]}`
		}},
		{3, func() string { return "!hold " + key }},
		{1, func() string { return "!folded" }},
		{1, func() string { return "!late" }},
		{1, func() string { return "!garbage" }},
		{1, func() string { return fmt.Sprint("!stderr ", p.rng.IntN(200_000)) }},
		{1, func() string { return fmt.Sprint("!big ", p.rng.IntN(3000)) }},
		{1, func() string { return "!ignoreterm\n!delay " + ms(2000) }},
		{1, func() string { return "!grandchild 300s" }},
		{1, func() string { return "!status 400 that was wrong" }},
		{1, func() string { return fmt.Sprint("!exit ", p.rng.IntN(3)) }},
		{1, func() string { return "!kill" }},
		{1, func() string { return "!torn" }},
	})()
}

// A blow is what the killer does next.
type blow struct {
	after time.Duration
	what  string // engine, stop, client, claude, gate
	which int
}

func nextBlow(rng *rand.Rand) blow {
	return blow{
		after: time.Duration(100+rng.IntN(1500)) * time.Millisecond,
		what:  draw(rng, []choice[string]{{5, "engine"}, {1, "stop"}, {3, "client"}, {5, "claude"}, {8, "gate"}}),
		which: rng.IntN(1000),
	}
}
