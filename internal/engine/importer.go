package engine

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// An importer takes the transcripts of one config folder over into the store,
// and goes on with those that change. It has four queues, each newest first:
// what changes now is read at once, but for what would keep the next change
// waiting, which has workers of its own; of what was never seen, first comes a
// glance, which is all that a list needs, and then, when all are listed, the
// whole of it.
//
// A transcript that a run of ours is at is left alone until the run has ended:
// the run's mirror tells the store all of it.
type importer struct {
	e   *Engine
	dir string
	ctx context.Context

	kin   sync.Mutex        // held while the parents of a family of forks are looked for
	marks map[string]*marks // by session; kin guards them

	mu    sync.Mutex // guards what follows, and the fields of files
	moved sync.Cond  // something was put into a queue, or ctx ended
	files map[string]*file
	first map[string][]string // sessions by the uuid of their first message: families of forks
	mute  map[*file]bool      // those in which nothing was said

	live, long, glances, whole []*file
	total                      int  // transcripts that were put into glances, or else into whole, since there was nothing to do
	busy                       int  // transcripts that are worked at
	looked                     bool // it is known what there is

	expire time.Duration       // how long after its last change a transcript is deleted
	passed map[string][]string // paths that were passed over, by reason
	lines  map[string]int      // lines that were passed over, by reason
	faulty map[string]string   // why sessions could not be imported
	blind  error               // why changes are seen late only
}

// file is a transcript that an importer knows. importer.mu guards its fields.
type file struct {
	agent.FoundTranscript
	read    agent.FoundTranscript // what it was like when it was read whole
	known   bool                  // there is a session of it
	queued  bool                  // it is in a queue
	later   bool                  // to be read when a run of ours has ended
	again   bool                  // it changed while it was worked at
	working bool
}

// fresh tells whether f holds what was not read yet.
func (f *file) fresh() bool {
	return f.Size != f.read.Size || !f.ModTime.Equal(f.read.ModTime) || !f.Marked.Equal(f.read.Marked) || f.Subs != nil && (f.read.Subs == nil || !f.Subs.Equal(*f.read.Subs))
}

// So many transcripts are looked at, and read, at once: their commits are
// brought to disk together, and each waits for several.
const (
	glancers = 32
	wholes   = 16
	longs    = 2
)

// longRead is from how many bytes on a change is not read at once: that would
// take longer than others are to wait.
const longRead = 4 << 20

// importFrom begins to import a config folder, unless that is done already.
func (e *Engine) importFrom(dir string) {
	if dir == "" || !filepath.IsAbs(dir) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || e.importers[dir] != nil {
		return
	}
	im := e.passiveImporter(dir)
	delete(e.passive, dir)
	e.importers[dir] = im
	e.wg.Go(im.run)
}

// passiveImporter is the importer of a config folder that nothing is imported
// from: one without workers, by which transcripts can be claimed. mu is held.
func (e *Engine) passiveImporter(dir string) *importer {
	if im := e.passive[dir]; im != nil {
		return im
	}
	if e.closed {
		return newImporter(e.ctx, e, dir)
	}
	ctx, cancel := context.WithCancel(e.ctx)
	im := newImporter(ctx, e, dir)
	e.passive[dir] = im
	e.wg.Go(func() {
		select {
		case <-e.closing:
		case <-ctx.Done():
		}
		cancel()
		im.mu.Lock()
		defer im.mu.Unlock()
		im.moved.Broadcast()
	})
	return im
}

// newImporter makes one that does nothing by itself.
func newImporter(ctx context.Context, e *Engine, dir string) *importer {
	im := &importer{
		e: e, dir: dir, ctx: ctx, files: map[string]*file{}, marks: map[string]*marks{},
		first: map[string][]string{}, mute: map[*file]bool{}, lines: map[string]int{}, faulty: map[string]string{},
	}
	im.moved.L = &im.mu
	return im
}

// run imports until the engine closes.
func (im *importer) run() {
	if err := im.recall(); err != nil {
		im.mu.Lock()
		im.looked = true // as far as it can be
		im.mu.Unlock()
		im.e.log.Error("reading how far transcripts were imported", "folder", im.dir, "err", err)
		im.mu.Lock()
		defer im.mu.Unlock()
		im.passed = map[string][]string{} // nobody is to wait for it
		return
	}
	var workers sync.WaitGroup
	workers.Go(func() { im.work(im.nextLive, im.importLive, &im.long) })
	for range longs {
		workers.Go(func() { im.work(im.nextLong, im.importWhole, nil) })
	}
	for range wholes {
		workers.Go(func() { im.work(im.nextWhole, im.importWhole, nil) })
	}
	for range glancers {
		workers.Go(func() { im.work(im.nextGlance, im.importGlance, &im.whole) })
	}
	agent.Watch(im.ctx, im.dir, agent.WatchOptions{}, im.see)
	workers.Wait()
}

// recall takes up what earlier engines have read.
func (im *importer) recall() error {
	for src, err := range im.e.store.Sources(im.ctx) {
		if err != nil {
			return err
		}
		if !strings.HasPrefix(src.Path, im.dir+string(filepath.Separator)) {
			continue
		}
		im.recallFile(src)
	}
	return nil
}

func (im *importer) recallFile(src sessionstore.Source) {
	var state importState
	read := json.Unmarshal(src.State, &state) == nil
	im.mu.Lock()
	defer im.mu.Unlock()
	if read {
		im.addFamily(state.Summary.First, src.SessionID)
		im.addFamily(state.Summary.CopiedFirst, src.SessionID)
		im.passLines(state.PassedOver)
		im.lines[passedRestart] += state.Restarts
	}
	f := im.files[src.SessionID] // a call may have asked for it already
	if f == nil {
		f = &file{}
		f.SessionID, f.Path = src.SessionID, src.Path
		im.files[src.SessionID] = f
	}
	f.known = true
	beside := state.Beside // a copy: it stays, and the state goes
	f.read = agent.FoundTranscript{Size: src.Size, ModTime: src.ModTime, Marked: state.Marked, Subs: &beside}
}

// see takes what the watch tells.
func (im *importer) see(seen agent.Seen) {
	im.mu.Lock()
	if seen.Err != nil && (im.blind == nil || im.blind.Error() != seen.Err.Error()) {
		im.e.log.Warn("transcripts cannot all be watched; changes are found a little later", "folder", im.dir, "err", seen.Err)
	}
	im.blind = seen.Err
	im.mu.Unlock()
	if seen.Rescan {
		im.rescan()
	}
	for _, path := range seen.Paths {
		found, _ := agent.LookAt(path)
		im.mu.Lock()
		if found != nil {
			im.note(*found, true)
		} else {
			im.vanish(path)
		}
		im.mu.Unlock()
	}
}

// rescan compares all that there is with what is known.
func (im *importer) rescan() {
	expire := agent.CleanupPeriod(im.dir)
	scan, err := agent.ScanTranscripts(im.dir)
	im.mu.Lock()
	defer im.mu.Unlock()
	im.looked = true
	if err != nil {
		im.passed = map[string][]string{agent.PassedUnreadable: {im.dir}}
		return
	}
	im.expire, im.passed = expire, scan.Passed
	there := make(map[string]bool, len(scan.Found))
	for _, found := range scan.Found {
		there[found.SessionID] = true
		im.note(found, false)
	}
	for id, f := range im.files {
		if !there[id] {
			im.vanish(f.Path)
		}
	}
}

// note puts a transcript into the queue that it belongs into, if it has
// changed. mu is held.
func (im *importer) note(found agent.FoundTranscript, live bool) {
	f := im.files[found.SessionID]
	if f == nil {
		f = &file{}
		im.files[found.SessionID] = f
	}
	if f.Path != found.Path && f.Path != "" && f.ModTime.After(found.ModTime) {
		return // an older copy
	}
	f.FoundTranscript = found
	if f.fresh() {
		im.put(f, live)
	}
}

// vanish books that a file is gone. mu is held.
func (im *importer) vanish(path string) {
	f := im.files[strings.TrimSuffix(filepath.Base(path), ".jsonl")]
	if f == nil || f.Path != path || f.Size < 0 {
		return
	}
	if found, why := agent.LookAt(path); found != nil || why != "" {
		return // it is there, or cannot be looked at
	}
	f.Size, f.ModTime = -1, time.Time{}
	if f.known || f.working {
		im.put(f, true)
	}
}

// passLines counts lines that were passed over. mu is held.
func (im *importer) passLines(passed map[string]int) {
	for why, n := range passed {
		im.lines[why] += n
	}
}

// addFamily notes the first message of a session. mu is held.
func (im *importer) addFamily(first, id string) {
	if first != "" && !slices.Contains(im.first[first], id) {
		im.first[first] = append(im.first[first], id)
	}
}

// family returns the other sessions that begin with the same message.
func (im *importer) family(first, id string) []string {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.addFamily(first, id)
	return slices.DeleteFunc(slices.Clone(im.first[first]), func(other string) bool { return other == id })
}
