package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// controlFor is how long a living process may take to carry out a change.
const controlFor = 10 * time.Second

// ready makes sure that there is a process that can serve a turn: the one that
// is there, the spare one, or a new one.
func (r *runner) ready(s sessionstore.Session, j *job) (agent.Options, error) {
	if !j.turn.Force {
		if err := heldElsewhere(s, r.e.processOf(s.ID)); err != nil { // it may have been opened while the turn waited
			return agent.Options{}, err
		}
	}
	launch, err := r.e.launch(r.e.ctx, s, j.turn, j.env, r.lease.token())
	if err != nil {
		return launch, err
	}
	if r.run != nil && !r.serves(launch) {
		r.end()
		if launch, err = r.e.launch(r.e.ctx, s, j.turn, j.env, r.lease.token()); err != nil { // the transcript is there by now
			return launch, err
		}
	}
	if r.run != nil {
		r.used = true
		return launch, nil
	}
	if launch.Resume == s.ID {
		if s, err = r.e.readFirst(r.e.ctx, s, r.lease.token()); err == nil {
			launch.MaxBudgetUSD, err = turnBudget(s, j.turn)
		}
		if err != nil {
			return launch, err
		}
	}
	return launch, r.start(launch)
}

// serves tells whether the living process can serve a turn that would be
// launched so, and makes it ready to.
func (r *runner) serves(launch agent.Options) bool {
	// Claude Code counts its budget over the process, ours is a turn's.
	if r.spent || launch.MaxBudgetUSD > 0 || launchKey(r.options) != launchKey(launch) {
		return false
	}
	if r.seen > 0 && (!r.untouched() || r.surroundings != agent.Surroundings(launch.Dir, r.configDir)) {
		return false
	}
	return r.adjust(launch) == nil
}

// start starts a process, or takes the spare one that waits for the session.
func (r *runner) start(launch agent.Options) error {
	if sp := r.e.spareFor(launch); sp != nil {
		r.take(sp)
		if r.adjust(launch) == nil {
			return nil
		}
		r.end()
	}
	r.e.awaitStart(r.l)
	run, err := agent.Start(r.e.ctx, launch)
	if err != nil {
		return startError(err)
	}
	r.have(run, launch, agent.Surroundings(launch.Dir, r.configDir))
	r.e.noteStart(launch, r.configDir)
	return nil
}

// have makes a process the runner's.
func (r *runner) have(run *agent.Run, o agent.Options, surroundings string) {
	r.run, r.options, r.surroundings = run, o, surroundings
	r.seen, r.spent, r.own, r.used, r.unheard = 0, false, false, false, nil
	r.is(run.Process().PID)
}

// lose notes that there is no process any more.
func (r *runner) lose() {
	r.run = nil
	r.is(0)
}

// is notes the pid of the process. Only the runner's goroutine writes it.
func (r *runner) is(pid int) {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	r.l.pid = pid
}

// adjust changes what a living process can change: its model and its
// permission mode. An error means that it needs another process.
func (r *runner) adjust(launch agent.Options) error {
	unsure := r.e.retold(r.l) // in mid-turn, by Update
	if unsure || r.options.Model != launch.Model {
		if err := r.speak(func(ctx context.Context) error { return r.run.SetModel(ctx, launch.Model) }); err != nil {
			return err
		}
		r.options.Model = launch.Model
	}
	if unsure || r.options.PermissionMode != launch.PermissionMode {
		if err := r.speak(func(ctx context.Context) error { return r.run.SetPermissionMode(ctx, launch.PermissionMode) }); err != nil {
			return err
		}
		r.options.PermissionMode = launch.PermissionMode
	}
	return nil
}

// speak asks the process for something while no turn of ours runs, and hears
// what it says meanwhile.
func (r *runner) speak(ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(r.e.ctx, controlFor)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- ask(ctx) }()
	events := r.run.Events()
	for {
		select {
		case err := <-done:
			if err != nil {
				r.e.log.Info("a process takes no change and is ended", "session", r.l.id, "err", err)
			}
			return err
		case ev := <-events:
			if r.overhear(ev); r.spent {
				events = nil
			}
		}
	}
}

// launchKey tells processes apart that could not serve the same turn. What a
// living process can change is no part of it, nor what only its first turn is
// about. A process can be given bypassPermissions only at its start.
func launchKey(o agent.Options) string {
	o.SessionID, o.Resume, o.Fork, o.ResumeAt, o.RunID, o.CostBefore = "", "", false, "", "", 0
	o.Model = ""
	if o.PermissionMode != bypassPermissions {
		o.PermissionMode = ""
	}
	raw, _ := json.Marshal(o) // plain data
	return string(raw)
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
