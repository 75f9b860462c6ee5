package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// endGrace is how long a process may take to end by itself once its input is
// closed. It has nothing left to do then but its own bookkeeping.
const endGrace = 10 * time.Second

// runner serves one session with one process at a time, turn after turn. All
// its methods run on one goroutine, that of serve.
type runner struct {
	e     *Engine
	l     *live
	lease *lease
	run   *agent.Run
	runID string // the mark of run's processes
	key   string // how run was started: another key, or an end of run, needs another process
	turns int    // taken by this runner; Engine.mu

	expired chan string // ids of requests whose time is over
	open    map[string]openRequest
	last    string // uuid of the newest message that was mirrored
	title   string // newest title that was mirrored
	behind  bool   // entries could not be stored as they came
}

// serve runs the queue of a session until it is empty. It owns a slot.
func (e *Engine) serve(l *live) {
	defer e.served(l)
	held, err := e.lease(e.ctx, l.id)
	if err != nil {
		e.postpone(l, err)
		return
	}
	defer held.close()
	r := &runner{e: e, l: l, lease: held, expired: make(chan string, 16), open: map[string]openRequest{}}
	e.mu.Lock()
	l.runner = r
	e.mu.Unlock()
	for j := e.take(l); j != nil; j = e.take(l) {
		r.serve(j)
	}
	r.end()
}

// postpone lets a session rest whose lease somebody else has, until that may
// have ended.
func (e *Engine) postpone(l *live, err error) {
	e.log.Warn("a session cannot be served now", "session", l.id, "err", err)
	e.mu.Lock()
	defer e.mu.Unlock()
	l.blocked = "waiting for the store, which cannot be written now"
	if errors.Is(err, sessionstore.ErrLeased) {
		l.blocked = "waiting for another engine that has the session"
	}
	time.AfterFunc(leaseTTL/3, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		l.blocked = ""
		e.kick()
	})
}

// serve carries out one turn.
func (r *runner) serve(j *job) {
	s, err := r.e.store.Session(r.e.ctx, r.l.id)
	if err != nil {
		r.finish(j, failure(r.e.fail("reading a session", err)))
		return
	}
	if err := r.e.takeSummary(r.e.ctx, s, j); err != nil {
		r.finish(j, failure(err))
		return
	}
	launch, err := r.e.launch(r.e.ctx, s, j.turn, j.env)
	if err != nil {
		r.finish(j, failure(err))
		return
	}
	key := launchKey(launch)
	// Claude Code counts its budget over the process, ours is a turn's.
	if r.run != nil && (r.key != key || launch.MaxBudgetUSD > 0) {
		r.end()
		launch, err = r.e.launch(r.e.ctx, s, j.turn, j.env) // the transcript is there by now
	}
	if err == nil && r.run == nil && !j.turn.Force {
		err = heldElsewhere(s) // it may have been opened while the turn waited
	}
	if err == nil && r.run == nil {
		err = r.e.wholeCopy(r.e.ctx, s, r.lease.token())
	}
	if err == nil && r.run == nil {
		r.key, err = key, r.start(launch)
	}
	if err != nil {
		r.finish(j, failure(err))
		return
	}
	if err := r.begin(j, launch); err != nil {
		r.e.log.Error("a turn could not begin", "turn", j.id, "err", err)
		r.end()
		r.finish(j, failure(r.e.fail("storing a turn", err)))
		return
	}
	if !r.send(j) {
		return
	}
	r.follow(j)
}

func (r *runner) start(launch agent.Options) error {
	r.e.awaitStart(r.l)
	run, err := agent.Start(r.e.ctx, launch)
	if err != nil {
		return startError(err)
	}
	r.run, r.runID = run, launch.RunID
	return nil
}

// startError is a failed start in the words of callers.
func startError(err error) error {
	var start *agent.StartError
	if !errors.As(err, &start) {
		return err
	}
	switch start.Code {
	case agent.CodeInvalid:
		return Errorf(InvalidArgument, "Resume it with another setting.", "%v.", start.Err)
	case agent.CodeClaudeNotFound:
		return claudeNotFound(err)
	case agent.CodeCwdMissing:
		return Errorf(CwdMissing, "Make it, or give another folder as cwd.", "the session's folder is not there.")
	}
	return err
}

// begin stores that the turn runs and which process serves it, before the
// process hears of it: an engine that comes after a crash finds both.
func (r *runner) begin(j *job, launch agent.Options) error {
	proc := r.run.Process()
	turn := j.turn
	turn.Status, turn.Reason, turn.StartedAt = sessionstore.TurnRunning, "", r.e.store.Now()
	turn.Attempts++
	turn.Run = &sessionstore.Run{ID: r.runID, PID: proc.PID, StartTime: proc.StartTime}
	return r.e.update(r.l, j, turn, r.lease.token(), nil, func(s *sessionstore.Session) {
		s.Status, s.StatusReason = sessionstore.Running, ""
		if launch.Fork {
			s.CostTotal = launch.CostBefore
		}
		s.ConfigDir = j.env.configDir
	})
}

// send gives the prompt to the process, unless the turn was interrupted first.
func (r *runner) send(j *job) bool {
	if stopped := r.e.given(j, r.run); stopped != "" {
		r.finish(j, outcome{status: sessionstore.TurnInterrupted, code: Interrupted, text: stopped})
		return false
	}
	if err := r.run.Prompt(j.id, j.turn.Prompt); err != nil {
		r.e.log.Warn("a prompt could not be sent", "turn", j.id, "err", err) // the process's exit tells why
	}
	return true
}

// end lets the process end in order, keeps what it still has to say, and
// leaves no process of it behind.
func (r *runner) end() {
	if r.run == nil {
		return
	}
	run := r.run
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if err := run.Stop(context.Background(), endGrace); err != nil {
			r.e.log.Warn("ending a process", "err", err)
		}
	}()
	for ev := range run.Events() {
		if m, ok := ev.(agent.Mirror); ok {
			r.mirror(m)
		}
	}
	<-stopped
	r.run = nil
	_ = r.catchUp() // logged; the transcript itself still has it
}

// mirror stores the lines of a transcript as they come.
func (r *runner) mirror(m agent.Mirror) {
	if m.Sub == "" {
		r.look(m.Lines)
	}
	_, err := r.e.store.Append(r.e.ctx, sessionstore.Append{SessionID: r.l.id, Sub: m.Sub, Token: r.lease.token(), Lines: m.Lines})
	if err != nil && !r.behind {
		r.behind = true
		r.e.log.Error("storing a transcript", "session", r.l.id, "err", err)
	}
}

// look takes from lines of the session's own transcript what its record needs.
func (r *runner) look(lines []json.RawMessage) {
	for _, line := range lines {
		m, ok := agent.ParseMessage(line)
		if !ok {
			continue
		}
		if m.Conversation() {
			r.last = m.UUID
		}
		if m.Title != "" {
			r.title = m.Title
		}
	}
}

// catchUp reads from the file what could not be stored as it came.
func (r *runner) catchUp() error {
	if !r.behind {
		return nil
	}
	s, err := r.e.store.Session(r.e.ctx, r.l.id)
	if err == nil {
		err = r.e.importTranscript(r.e.ctx, s, r.lease.token())
	}
	if err != nil {
		r.e.log.Error("reading a transcript again", "session", r.l.id, "err", err)
		return err
	}
	r.behind = false
	return nil
}

// launchKey tells whether a living process could serve a turn as well as a new
// one would.
func launchKey(o agent.Options) string {
	o.Resume, o.Fork, o.ResumeAt, o.RunID, o.CostBefore = "", false, "", "", 0
	raw, _ := json.Marshal(o) // plain data
	return string(raw)
}
