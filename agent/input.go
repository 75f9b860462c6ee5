package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// ErrInputClosed is returned by what speaks to a Run whose input was closed
// or whose process has ended.
var ErrInputClosed = errors.New("the run takes no more input")

// An input writes lines to a child's stdin, in order and without keeping the
// sender waiting: a child that does not read must not hold up who wants to
// interrupt it. It is safe for concurrent use.
type input struct {
	pipe io.WriteCloser // fixed at creation

	mu     sync.Mutex
	queue  [][]byte
	closed bool
	more   sync.Cond // queue or closed has changed
}

// newInput starts the writer, which ends after close, or when the pipe breaks.
func newInput(pipe io.WriteCloser) *input {
	in := &input{pipe: pipe}
	in.more.L = &in.mu
	go in.write()
	return in
}

// send queues one message as a line.
func (in *input) send(message any) error {
	line, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encoding a message for claude: %w", err)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return ErrInputClosed
	}
	in.queue = append(in.queue, append(line, '\n'))
	in.more.Signal()
	return nil
}

// close closes the pipe once the queue is written. It does not wait for that.
func (in *input) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	in.more.Signal()
}

func (in *input) write() {
	defer in.pipe.Close()
	for {
		line, ok := in.next()
		if !ok {
			return
		}
		if _, err := in.pipe.Write(line); err != nil {
			in.close()
			return
		}
	}
}

func (in *input) next() ([]byte, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.queue) == 0 {
		if in.closed {
			return nil, false
		}
		in.more.Wait()
	}
	line := in.queue[0]
	in.queue = in.queue[1:]
	return line, true
}
