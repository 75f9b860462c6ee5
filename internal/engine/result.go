package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// ownTurnWait is how long Claude Code may take to begin a turn of its own once
// a sub-agent has ended. It begins it at once.
const ownTurnWait = 3 * time.Second

// ended is the outcome of a turn that Claude Code itself tells. As long as
// sub-agents work in the background the turn goes on: each of them that ends
// makes Claude Code begin a turn of its own, and the last of those has the
// answer that the prompt was about.
func (f *following) ended(ev agent.Result) *outcome {
	steered := f.answered(ev)
	if !f.answers(ev) {
		f.elsewhere(ev, steered)
		if f.partial != nil {
			f.awaitOwn(ev.Working) // it may have told of a sub-agent's end, too
		}
		return nil
	}
	f.folded = append(f.folded, steered...)
	if f.verdict != nil { // what it says while it is being ended, its tools first, is no answer
		f.verdict.usage, f.verdict.costTotal = usage(ev.Usage), ev.CostTotal
		return nil
	}
	o := f.outcome(ev)
	if f.partial != nil {
		o.usage = o.usage.Add(f.partial.usage)
		o.denials = append(f.partial.denials, o.denials...)
	}
	o.usage, f.extra = o.usage.Add(f.extra), sessionstore.Usage{}
	if ev.Working == 0 && f.partial == nil || !ev.OK {
		return &o
	}
	f.partial, f.denials = &o, nil
	f.awaitOwn(ev.Working)
	return nil
}

// awaitOwn lets Claude Code begin a turn of its own: as long as sub-agents work,
// and for a moment when none does any more.
func (f *following) awaitOwn(working int) {
	if working == 0 {
		f.quiet = time.After(ownTurnWait)
		return
	}
	f.e.act(f.job, fmt.Sprintf("waiting for sub-agents (%d at work)", working))
}

// elsewhere books a result that is not this turn's: of turns that were to steer
// one before and came next by themselves, or of one of Claude Code's own.
func (f *following) elsewhere(ev agent.Result, steered []*job) {
	if len(steered) == 0 {
		f.extra = f.extra.Add(usage(ev.Usage))
		return
	}
	f.finishWith(steered[0], steered[1:], f.outcome(ev))
}

func (f *following) outcome(ev agent.Result) outcome {
	o := outcome{
		status: sessionstore.TurnCompleted, text: ev.Text, usage: usage(ev.Usage), costTotal: ev.CostTotal,
		last: f.last, title: f.title, denials: f.allDenials(ev.Denials),
	}
	stopped := f.e.stopped(f.job)
	switch {
	case ev.OK:
		o.text = f.e.wholeAnswer(f.job, ev.Text)
	case stopped != "" || ev.Code == agent.CodeInterrupted:
		o.status, o.code, o.text = sessionstore.TurnInterrupted, Interrupted, or(stopped, "interrupted")
	default:
		e := f.resultError(ev)
		o.status, o.code, o.text = sessionstore.TurnFailed, e.Code, e.sentence()
	}
	return o
}

// answers tells whether a result is for this turn's prompt, or for what came of
// it. One that names no prompt tells why Claude Code could not begin.
func (f *following) answers(ev agent.Result) bool {
	if ev.Origin != "" {
		return f.own || f.partial != nil
	}
	return len(ev.Prompts) == 0 || slices.Contains(ev.Prompts, sentAs(f.job.turn))
}

// exited is the outcome of a turn whose process ended without a result.
func (f *following) exited(ev agent.Exit) *outcome {
	stopped := f.e.stopped(f.job)
	f.spent = true
	f.folded = append(f.folded, f.steered(func(j *job) bool { return j.begun })...)
	f.unsend()
	o := exitOutcome(ev.Err)
	switch {
	case f.partial != nil:
		return f.partial
	case f.used && !f.e.begun(f.job) && f.verdict == nil && stopped == "":
		f.unbegun = true
	case f.verdict != nil:
		o = *f.verdict
	case stopped != "":
		o = interruption(stopped)
	}
	o.last, o.title, o.denials = f.last, f.title, f.allDenials(nil)
	return &o
}

// allDenials are those that the result tells, in its order, with our own
// message where we were the one who denied.
func (f *following) allDenials(told []agent.Denial) []sessionstore.Denial {
	ours := slices.Clone(f.denials)
	var all []sessionstore.Denial
	for _, t := range f.withoutDropped(told) {
		d := sessionstore.Denial{Tool: t.Tool, Input: oneline.Shorten(t.Input, keptText)}
		if i := slices.IndexFunc(ours, func(o sessionstore.Denial) bool { return o.Tool == t.Tool }); i >= 0 {
			d = ours[i]
			ours = slices.Delete(ours, i, i+1)
		}
		all = append(all, d)
	}
	return append(all, ours...)
}

// withoutDropped leaves out what nobody has denied: requests that were open when
// the turn was stopped. Claude Code tells them as its last denials.
func (f *following) withoutDropped(told []agent.Denial) []agent.Denial {
	told = slices.Clone(told)
	dropped := slices.Clone(f.dropped)
	for _, open := range f.open {
		dropped = append(dropped, open.Request)
	}
	for i, t := range slices.Backward(told) {
		if at := slices.IndexFunc(dropped, func(r sessionstore.Request) bool { return r.Tool == t.Tool }); at >= 0 {
			dropped = slices.Delete(dropped, at, at+1)
			told = slices.Delete(told, i, i+1)
		}
	}
	return told
}
