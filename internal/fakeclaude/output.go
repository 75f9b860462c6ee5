package fakeclaude

import (
	"encoding/json"
	"io"
	"sync"
)

// object is a JSON object that the fake writes.
type object map[string]any

// output is stdout: one JSON object a line. When the reader is gone it goes on
// without a word, as the real CLI does. All methods are safe to call at once.
type output struct {
	w      io.Writer
	mirror bool // whether mirror frames are wanted

	mu     sync.Mutex
	closed bool
	hold   bool     // keep mirror frames back
	held   []object // those
}

func (o *output) send(m object) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.write(append(marshal(m), '\n'))
}

// raw writes bytes that need not be a line.
func (o *output) raw(b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.write(b)
}

func (o *output) write(b []byte) {
	if o.closed {
		return
	}
	if _, err := o.w.Write(b); err != nil {
		o.closed = true
	}
}

// mirrorEntries tells the driver of entries that are in the transcript now.
func (o *output) mirrorEntries(path string, entries []json.RawMessage) {
	if !o.mirror {
		return
	}
	frame := object{"type": "transcript_mirror", "filePath": path, "entries": entries}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.hold {
		o.held = append(o.held, frame)
		return
	}
	o.write(append(marshal(frame), '\n'))
}

func (o *output) holdMirror() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hold = true
}

func (o *output) releaseMirror() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, frame := range o.held {
		o.write(append(marshal(frame), '\n'))
	}
	o.hold, o.held = false, nil
}

// close makes all that is still sent go nowhere.
func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

func marshal(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // made of strings, numbers and checked JSON
	}
	return b
}
