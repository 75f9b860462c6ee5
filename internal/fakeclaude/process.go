package fakeclaude

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// process is one run of the fake. Three goroutines work on it: one reads stdin,
// one runs the turns, one waits for SIGTERM. Whichever has a reason to end puts
// the status into exit.
type process struct {
	flags    flags
	settings settings
	out      *output
	log      journal
	exit     chan int

	// Set before the goroutines start.
	session *transcript
	costs   *costs

	ignoreTerm atomic.Bool
	arrived    chan struct{} // one token while there may be news for the turns

	mu      sync.Mutex
	queue   []prompt        // waiting for a turn
	next    []prompt        // of the turn that is to begin now
	running bool            // a turn runs, or is to begin
	ended   bool            // stdin is at its end
	ctx     context.Context // of the turn that runs or is to begin
	cancel  context.CancelFunc
	waiting map[string]chan answer // open permission requests by id
	tool    *exec.Cmd              // that runs now
	model   string
	mode    string
	rules   []string // of tools that are allowed
	failed  bool     // the last turn ended in an error
	results int
	onModel string // the turn that it begins by itself when its model is changed
	onInit  func() // what comes once that turn has begun
}

// A prompt is a user message from stdin, or the fake's own.
type prompt struct {
	uuid, text string
	own        bool
}

// open finds or makes the session.
func (p *process) open() error {
	path := func(id string) string {
		return filepath.Join(p.settings.configDir, "projects", projectFolder(), id+".jsonl")
	}
	o := opening{path: path, version: p.settings.version, mirror: p.out.mirrorEntries}
	var err error
	p.session, p.costs, err = o.open(p.flags)
	return err
}

func newProcess(f flags, s settings) *process {
	return &process{
		flags: f, settings: s, log: s.log,
		out:     &output{w: os.Stdout, mirror: f.mirror},
		exit:    make(chan int, 1),
		arrived: make(chan struct{}, 1),
		waiting: make(map[string]chan answer),
		model:   f.model, mode: f.mode, rules: f.allowed,
	}
}

func (p *process) run() int {
	if err := p.open(); err != nil {
		return p.refuse(err)
	}
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	// Taken, not ignored: a tool's process must not inherit it.
	signal.Notify(make(chan os.Signal, 1), brokenPipe)
	go p.watchTerm(term)
	go p.read(os.Stdin)
	go p.work()
	return <-p.exit
}

// quit ends the process with the status, as soon as Main gets to it, and the
// calling goroutine now.
func (p *process) quit(status int) {
	select {
	case p.exit <- status:
	default: // another goroutine was first
	}
	runtime.Goexit()
}

// refuse reports a session that cannot be opened.
func (p *process) refuse(err error) int {
	if p.flags.resume != "" {
		p.out.send(object{
			"type": "result", "subtype": "error_during_execution", "is_error": true,
			"num_turns": 0, "duration_ms": 0, "duration_api_ms": 0, "stop_reason": nil,
			"session_id": newUUID(), "uuid": newUUID(), "total_cost_usd": 0,
			"usage": object{}, "modelUsage": object{}, "permission_denials": []object{},
			"errors": []string{err.Error()}, "result_index": 0,
		})
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// work runs turns until stdin is at its end and nothing is left to do.
func (p *process) work() {
	for {
		prompts, ctx := p.take()
		if prompts == nil {
			break
		}
		p.turn(ctx, prompts)
	}
	p.saveCosts()
	status := 0
	if p.failed {
		status = 1
	}
	p.quit(status)
}

func (p *process) saveCosts() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session.saveCosts(p.costs)
}

// take waits for the prompts of the next turn. It returns none at the end.
func (p *process) take() ([]prompt, context.Context) {
	for {
		p.mu.Lock()
		if len(p.next) > 0 {
			prompts, ctx := p.next, p.ctx
			p.next = nil
			p.mu.Unlock()
			return prompts, ctx
		}
		ended := p.ended
		p.mu.Unlock()
		if ended {
			return nil, nil
		}
		<-p.arrived
	}
}

// begin sets up a turn, which can be interrupted from now on; p.mu is held.
func (p *process) begin(prompts []prompt) {
	p.next, p.running = prompts, true
	p.ctx, p.cancel = context.WithCancel(context.Background())
}

// done closes a turn: all that came meanwhile makes up the next one.
func (p *process) done(failed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cancel()
	p.failed = failed
	p.results++
	p.running = false
	if len(p.queue) > 0 {
		p.begin(p.queue)
		p.queue = nil
	}
}

// notify wakes whoever waits for arrived.
func (p *process) notify() {
	select {
	case p.arrived <- struct{}{}:
	default:
	}
}

// watchTerm does what the real CLI does at SIGTERM: the costs are saved, the
// tool's processes end, and there is no result.
func (p *process) watchTerm(term <-chan os.Signal) {
	for range term {
		if p.ignoreTerm.Load() {
			continue
		}
		// A driver that reads no more must not keep the process alive.
		time.AfterFunc(time.Second, func() { p.quit(143) })
		p.saveCosts()
		p.session.close()
		p.out.close()
		p.mu.Lock() // for good: no tool starts any more
		if p.tool != nil {
			killGroup(p.tool)
		}
		p.quit(143)
	}
}
