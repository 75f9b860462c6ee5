package engine

import (
	"errors"
	"io/fs"

	"github.com/claude-sessions/claude-sessions/agent"
)

// put queues a file. mu is held.
func (im *importer) put(f *file, live bool) {
	switch {
	case f.working:
		f.again = true
		return
	case f.queued && !live:
		return
	case live:
		im.live = append(im.live, f)
	case !f.known:
		im.total++
		im.glances = append(im.glances, f)
	default:
		im.total++
		im.whole = append(im.whole, f)
	}
	f.queued = true
	im.moved.Broadcast()
}

// after lets a transcript be read that was left to a run of ours.
func (im *importer) after(id string) {
	im.mu.Lock()
	defer im.mu.Unlock()
	if f := im.files[id]; f != nil && f.later {
		f.later = false
		im.put(f, true)
	}
}

func (im *importer) nextLive() *file {
	return im.next(&im.live, func() bool { return true })
}

func (im *importer) nextLong() *file {
	return im.next(&im.long, func() bool { return true })
}

func (im *importer) nextGlance() *file {
	return im.next(&im.glances, func() bool { return true })
}

// nextWhole waits until all are listed.
func (im *importer) nextWhole() *file {
	return im.next(&im.whole, func() bool { return len(im.glances) == 0 })
}

// next waits for a file to work at; nil at the end.
func (im *importer) next(queue *[]*file, ready func() bool) *file {
	im.mu.Lock()
	defer im.mu.Unlock()
	for im.ctx.Err() == nil {
		if len(*queue) == 0 || !ready() {
			im.moved.Wait()
			continue
		}
		f := (*queue)[0]
		*queue = (*queue)[1:]
		switch {
		case f.working:
			f.again = true
		case f.queued:
			f.queued, f.working = false, true
			im.busy++
			return f
		}
	}
	return nil
}

// work serves a queue. What is not read whole is put into another one.
func (im *importer) work(next func() *file, do func(f agent.FoundTranscript) (agent.FoundTranscript, bool, error), rest *[]*file) {
	for f := next(); f != nil; f = next() {
		im.workAt(f, do, rest)
	}
}

// workAt imports f by do, which tells what it has read, and whether whole.
func (im *importer) workAt(f *file, do func(f agent.FoundTranscript) (agent.FoundTranscript, bool, error), rest *[]*file) {
	im.mu.Lock()
	found := f.FoundTranscript
	im.mu.Unlock()
	read, whole, err := do(found)
	im.mu.Lock()
	defer im.mu.Unlock()
	f.working = false
	im.busy--
	switch {
	case im.ctx.Err() != nil:
		return
	case errors.Is(err, errLater):
		f.later = im.e.atWork(f.SessionID)
		f.again = f.again || !f.later // the run has ended meanwhile
	case err != nil:
		f.known = f.known || whole
		im.fault(f, err)
	case whole:
		im.done(f, read)
	default:
		delete(im.faulty, f.SessionID)
		delete(im.mute, f)
		f.known, f.queued = true, true
		*rest = append(*rest, f)
	}
	if f.again {
		f.again = false
		im.put(f, true)
	}
	if len(im.glances) == 0 && len(im.whole) == 0 && im.busy == 0 {
		im.total = 0
	}
	im.moved.Broadcast()
}

// errLater tells that a run of ours is at the transcript.
var errLater = errors.New("a run is at it")

// done books that a transcript was read whole. mu is held.
func (im *importer) done(f *file, read agent.FoundTranscript) {
	delete(im.faulty, f.SessionID)
	delete(im.mute, f)
	f.known, f.read = true, read
}

// fault keeps the reason why a file could not be imported. It is tried again
// with the next rescan, but one that has no conversation only when it changes.
func (im *importer) fault(f *file, err error) {
	delete(im.mute, f)
	if errors.Is(err, errNoConversation) {
		im.mute[f] = true
	}
	if err == errBuried || im.mute[f] {
		f.read = f.FoundTranscript
		return
	}
	if errors.Is(err, fs.ErrNotExist) {
		return // deleted meanwhile: the watch tells
	}
	im.e.log.Warn("importing a transcript", "path", f.Path, "err", err)
	im.faulty[f.SessionID] = f.Path + ": " + err.Error()
}
