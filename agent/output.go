package agent

import (
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"
)

const (
	// drainWait bounds the wait for output that a process, already ended, might
	// have left in the pipe. All it wrote is there, so this is for slow machines.
	drainWait = 250 * time.Millisecond
	// drainLimit bounds what is read then: no pipe holds more, and a grandchild
	// that has inherited the pipe could write for ever.
	drainLimit = 2 << 20
)

// An output is the read end of a child's stdout. It ends when the pipe does,
// or, as a grandchild may hold the pipe for as long as it likes, when the
// child has ended and the pipe is empty. Nothing that the child wrote is lost,
// however slowly it is read: that is why this is no exec.Cmd pipe, which
// either waits for grandchildren or drops what is not read within WaitDelay.
type output struct {
	pipe    *os.File
	ended   atomic.Bool
	drained int // bytes read after the end; of the one reader
}

// end tells that the child has ended.
func (o *output) end() {
	o.ended.Store(true)
	if o.pipe.SetReadDeadline(time.Now().Add(drainWait)) != nil {
		// This platform's pipes know no deadlines (Windows): what is not read
		// by then is lost if a grandchild holds the pipe.
		time.AfterFunc(drainWait, func() { o.pipe.Close() })
	}
}

// Read implements io.Reader for a single reader.
func (o *output) Read(p []byte) (int, error) {
	for {
		ended := o.ended.Load()
		if ended {
			if o.drained > drainLimit {
				return 0, io.EOF
			}
			o.pipe.SetReadDeadline(time.Now().Add(drainWait))
		}
		n, err := o.pipe.Read(p)
		if ended {
			o.drained += n
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, endOfPipe(err)
		}
		// A deadline that passed before this read began says nothing of the
		// pipe: only one that was set above does.
		if ended {
			return n, io.EOF
		}
	}
}

// Close lets the child fail on its next write, should it still be there.
func (o *output) Close() error { return o.pipe.Close() }

func endOfPipe(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return io.EOF
	}
	return err
}
