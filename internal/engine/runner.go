package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// endGrace is how long a process may take to end by itself once its input is
// closed. It has nothing left to do then but its own bookkeeping, which it does
// also when it is told to end: it is, for it would wait for whatever it has left
// running in the background.
const endGrace = 4 * time.Second

// runner serves one session with one process at a time, turn after turn. All
// its methods run on one goroutine, that of serve.
type runner struct {
	e     *Engine
	l     *live
	lease *lease
	turns int // taken by this runner; Engine.mu

	// The process.
	run          *agent.Run    // nil: there is none
	options      agent.Options // as it was started, and changed since
	env          *environment  // of the turn that it served last
	configDir    string
	surroundings string             // what it has read at its start
	spent        bool               // it takes no further turn
	used         bool               // it was not started for the turn that it has now
	own          bool               // it has begun a turn by itself
	path         string             // of the session's own transcript
	seen         int64              // size of that when the session last came to rest; 0: it has not
	unheard      []agent.Event      // for the turn that comes next
	extra        sessionstore.Usage // likewise: what its process has used by itself

	expired chan string // ids of requests whose time is over
	replies chan *reply // answers to requests
	open    map[string]openRequest
	carried []sessionstore.Request // of the turn, by a process that is gone
	last    string                 // uuid of the newest message that was mirrored
	title   string                 // newest title that was mirrored
	behind  bool                   // entries could not be stored as they came
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
	r := &runner{e: e, l: l, lease: held, expired: make(chan string, 16), replies: make(chan *reply), open: map[string]openRequest{}}
	e.mu.Lock()
	l.runner = r
	e.mu.Unlock()
	for more := true; more; more = r.rest() {
		if r.own {
			r.followOwn()
		}
		for j := e.take(l); j != nil; j = e.take(l) {
			r.serve(j)
		}
	}
	r.end()
	e.prepareSpare()
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
	r.env, r.configDir = j.env, j.env.configDir
	if r.carried, err = r.e.unanswered(r.e.ctx, j); err != nil {
		r.finish(j, failure(r.e.fail("reading requests", err)))
		return
	}
	if r.settleSent(j) {
		return
	}
	launch, err := r.options, error(nil)
	if !r.e.has(r.run, j) || r.spent {
		launch, err = r.ready(s, j)
	}
	if errors.Is(err, context.Canceled) { // the engine closes: the next one takes the turn up
		r.e.abandon(r.l, []ending{{job: j}})
		return
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
	if f := r.following(j); !f.follow() {
		r.retry(j)
	}
}

// retry serves a turn by another process whose own died before it was at it, as
// one may that has waited for long. What the transcript has of the turn counts.
func (r *runner) retry(j *job) {
	r.end()
	r.e.forgetRun(j)
	o, again, err := r.e.findOutcome(r.e.ctx, j, r.lease.token())
	switch {
	case err != nil:
		r.finish(j, failure(r.e.fail("reading what came of a turn", err)))
	case again:
		r.serve(j)
	default:
		r.finish(j, o)
	}
}

// begin stores that the turn runs and which process serves it, before the
// process hears of it: an engine that comes after a crash finds both.
func (r *runner) begin(j *job, launch agent.Options) error {
	proc := r.run.Process()
	turn := j.turn
	turn.Status, turn.Reason, turn.StartedAt = sessionstore.TurnRunning, "", r.e.store.Now()
	turn.Attempts++
	turn.Restored = r.e.takeRestored(launch.Resume) || turn.Restored
	turn.Sent = ""
	if turn.Again != "" {
		turn.Sent = uuid.NewString() // the prompt itself stands in the conversation already
	}
	turn.Run = &sessionstore.Run{ID: r.options.RunID, PID: proc.PID, StartTime: proc.StartTime}
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
	if r.e.has(r.run, j) {
		return true
	}
	if err := r.run.Prompt(sentAs(j.turn), or(j.turn.Again, j.turn.Prompt)); err != nil {
		r.e.log.Warn("a prompt could not be sent", "turn", j.id, "err", err) // the process's exit tells why
	}
	return true
}

// sentAs is the uuid under which the conversation has what the turn's process was
// told.
func sentAs(t sessionstore.Turn) string { return or(t.Sent, t.ID) }

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
	r.lose()
	_ = r.catchUp() // logged; the transcript itself still has it
}

// foreign tells whether an id is another session's: the process has left its own.
func (r *runner) foreign(id string) bool { return id != "" && id != r.l.id }

// mirror stores the lines of a transcript as they come, but for another
// session's. It returns the uuids of messages of the session's own.
func (r *runner) mirror(m agent.Mirror) (uuids []string) {
	if r.foreign(m.SessionID) {
		return nil
	}
	if m.Sub == "" {
		r.path = m.Path
		uuids = r.look(m.Lines)
	}
	_, err := r.e.store.Append(r.e.ctx, sessionstore.Append{SessionID: r.l.id, Sub: m.Sub, Token: r.lease.token(), Lines: m.Lines})
	if err != nil && !r.behind {
		r.behind = true
		r.e.log.Error("storing a transcript", "session", r.l.id, "err", err)
	}
	return uuids
}

// look takes from lines of the session's own transcript what its record needs,
// and returns the uuids of the messages.
func (r *runner) look(lines []json.RawMessage) (uuids []string) {
	for _, line := range lines {
		m, ok := agent.ParseMessage(line)
		if !ok {
			continue
		}
		if m.Conversation() {
			r.last = m.UUID
			uuids = append(uuids, m.UUID)
		}
		if m.Title != "" {
			r.title = m.Title
		}
	}
	return uuids
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
