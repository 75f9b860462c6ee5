package agent

import (
	"encoding/json"
	"os/exec"
	"sync"
	"sync/atomic"
)

// A Run is one child process that serves one session. Its methods are safe for
// concurrent use.
//
// The owner reads Events until the channel is closed, also while it stops the
// run: a Run does not read on while an event waits for its reader.
type Run struct {
	// Fixed at creation.
	cmd     *exec.Cmd
	process Process
	runID   string
	in      *input
	out     *output
	stderr  *tail
	events  chan Event
	gone    chan struct{} // closed when the child has ended
	waitErr error         // written before gone is closed

	skipped atomic.Int64

	mu      sync.Mutex
	open    map[string]json.RawMessage // input of each Permission not answered
	replies map[string]chan reply      // control requests of ours under way
}

func newRun(cmd *exec.Cmd, o Options, in *input, out *output, stderr *tail, cleanup func()) *Run {
	r := &Run{
		cmd:     cmd,
		process: identified(cmd.Process.Pid),
		runID:   o.RunID,
		in:      in,
		out:     out,
		stderr:  stderr,
		events:  make(chan Event),
		gone:    make(chan struct{}),
		open:    make(map[string]json.RawMessage),
		replies: make(map[string]chan reply),
	}
	go r.wait(cleanup)
	go r.read(&decoder{costTotal: o.CostBefore})
	return r
}

// Events returns what the run reports. The channel is closed after Exit. While
// nobody reads, Claude Code waits; nothing is lost.
func (r *Run) Events() <-chan Event { return r.events }

// Process names the child, for an engine that comes after this one.
func (r *Run) Process() Process { return r.process }

// Stderr returns the last of what the child wrote to stderr.
func (r *Run) Stderr() string { return r.stderr.String() }

// Skipped counts lines of output that could not be understood at all.
func (r *Run) Skipped() int { return int(r.skipped.Load()) }

// wait reaps the child. What is left of its group then has no one to end it.
func (r *Run) wait(cleanup func()) {
	r.waitErr = r.cmd.Wait()
	_ = signalGroup(r.process.PID, kill) // nothing left is the usual case
	r.in.close()
	r.out.end()
	cleanup()
	close(r.gone)
}

// read is the one reader of the output, and the one sender of events.
func (r *Run) read(d *decoder) {
	defer close(r.events)
	var last *Result
	lines := newLineReader(r.out, maxLine)
	for {
		line, _, err := lines.next()
		if err != nil {
			break
		}
		for _, event := range d.decode(line) {
			if result, ok := event.(Result); ok {
				last = &result
			}
			r.report(event)
		}
		r.skipped.Store(int64(lines.skipped + d.garbage))
	}
	r.out.Close()
	<-r.gone
	r.events <- Exit{Err: exitError(r.waitErr, last, r.Stderr())}
}

// report keeps account of open requests and passes on what is for the owner.
func (r *Run) report(event Event) {
	switch e := event.(type) {
	case reply:
		r.replied(e)
		return
	case unknownRequest:
		_ = r.in.send(refusal(e)) // closed input: nobody waits for it
		return
	case Permission:
		r.mu.Lock()
		r.open[e.ID] = e.Input
		r.mu.Unlock()
	case Cancelled:
		r.mu.Lock()
		delete(r.open, e.ID)
		r.mu.Unlock()
	}
	r.events <- event
}
