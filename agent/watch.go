package agent

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Defaults of WatchOptions.
const (
	DefaultGather = 50 * time.Millisecond
	DefaultRescan = time.Minute
)

// WatchOptions bound how often a Watch tells. The zero value is fine.
type WatchOptions struct {
	Gather time.Duration // how long changes are gathered before they are told; 0: DefaultGather
	Rescan time.Duration // how often a rescan is asked for all the same; 0: DefaultRescan

	add func(*fsnotify.Watcher, string) error // begins to watch a folder; nil: as fsnotify does
}

// Seen is what a Watch tells.
type Seen struct {
	Paths  []string // transcripts that were written, made, moved or removed
	Rescan bool     // look at everything: at first, from time to time, and when changes may have been missed
	Err    error    // why changes are, or were just, missed; they are found by rescans then
}

// Watch tells of changes of the transcripts in a config folder until ctx ends:
// of sessions' own, and as these of sub-agents' beside them, but not of those
// below a session's folder. It watches the project folders,
// never a file, and those that are made later. tell is called from the
// goroutine of Watch, one call at a time; changes that come meanwhile are
// gathered. The folder need not be there yet.
func Watch(ctx context.Context, configDir string, o WatchOptions, tell func(Seen)) {
	if o.Gather <= 0 {
		o.Gather = DefaultGather
	}
	if o.Rescan <= 0 {
		o.Rescan = DefaultRescan
	}
	if o.add == nil {
		o.add = (*fsnotify.Watcher).Add
	}
	w := &watch{projects: filepath.Join(configDir, projectsFolder), o: o, tell: tell, paths: map[string]bool{}}
	w.seen.Rescan = true
	for ctx.Err() == nil {
		w.round(ctx)
	}
}

const (
	// projectsEvery is how often it is looked whether the project folders have
	// come to be, or have gone.
	projectsEvery = time.Second
	// blindEvery is how often a rescan is asked for where nothing can be watched.
	blindEvery = 2 * time.Second
)

// watch is the work of Watch. A round is the life of one watcher.
type watch struct {
	projects string
	o        WatchOptions
	tell     func(Seen)

	seen  Seen
	paths map[string]bool
	blind bool         // changes are missed
	why   error        // if it is known; told as long as it holds
	add   func(string) // watches one more folder; nil while nothing is watched
}

// round watches until something is wrong with the watching.
func (w *watch) round(ctx context.Context) {
	root := w.rootInfo() // first: what comes to be from now on begins another round
	events, errs, stop := w.begin(root != nil)
	defer stop()
	rescan := w.o.Rescan
	if w.blind {
		rescan = min(rescan, blindEvery)
	}
	w.flush()
	due, exists := time.NewTicker(rescan), time.NewTicker(projectsEvery)
	defer due.Stop()
	defer exists.Stop()
	var gathered <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			if w.note(e) && gathered == nil {
				gathered = time.After(w.o.Gather)
			}
			if w.blind && rescan > blindEvery { // since now
				rescan = blindEvery
				due.Reset(rescan)
			}
		case <-gathered:
			gathered = nil
			w.flush()
		case <-due.C:
			w.seen.Rescan = true
			w.flush()
		case err := <-errs: // an overflow: changes were lost
			w.seen.Rescan, w.seen.Err = true, err
			return
		case <-exists.C:
			if now := w.rootInfo(); !sameFolder(root, now) {
				w.seen.Rescan = true
				return
			}
		}
	}
}

func (w *watch) rootInfo() os.FileInfo {
	info, _ := os.Stat(w.projects)
	return info
}

func sameFolder(a, b os.FileInfo) bool {
	return a == nil && b == nil || a != nil && b != nil && os.SameFile(a, b)
}

// begin watches all that there is. Where that is not possible, stop is all that
// works.
func (w *watch) begin(exists bool) (events chan fsnotify.Event, errs chan error, stop func()) {
	w.blind, w.why = !canWatch, nil
	if !canWatch || !exists {
		return nil, nil, func() {}
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		w.blind, w.why = true, err
		return nil, nil, func() {}
	}
	add := func(path string) {
		if err := w.o.add(watcher, path); err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrPermission) {
			w.blind, w.why = true, err // no watches are left, most likely
		}
	}
	add(w.projects)
	w.addFolders(add)
	w.add = add
	return watcher.Events, watcher.Errors, func() { w.add = nil; _ = watcher.Close() }
}

func (w *watch) addFolders(add func(string)) {
	folders, err := os.ReadDir(w.projects)
	if err != nil {
		w.blind, w.why = true, err
	}
	for _, f := range folders {
		if f.IsDir() {
			add(filepath.Join(w.projects, f.Name()))
		}
	}
}

// note takes an event, and tells whether it is about anything.
func (w *watch) note(e fsnotify.Event) bool {
	if filepath.Dir(e.Name) == w.projects {
		return e.Has(fsnotify.Create) && w.noteFolder(e.Name)
	}
	if !strings.HasSuffix(e.Name, transcriptSuffix) || e.Op == fsnotify.Chmod {
		return false
	}
	w.paths[e.Name] = true
	return true
}

// noteFolder watches a new folder. What was made in it before it was watched is
// found by a look.
func (w *watch) noteFolder(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return false
	}
	w.add(path)
	for _, f := range ScanFolder(path).Found {
		w.paths[f.Path] = true
	}
	return len(w.paths) > 0 || w.why != nil
}

// sessions are the transcripts of sessions that changed, or that have a
// sub-agent's beside them that did.
func (w *watch) sessions() []string {
	changed := map[string]bool{}
	for path := range w.paths {
		if besideSub(filepath.Base(path)) == "" {
			changed[path] = true
		} else if id := besides.sessionOf(path); id != "" {
			changed[filepath.Join(filepath.Dir(path), id+transcriptSuffix)] = true
		}
	}
	return slices.Collect(maps.Keys(changed))
}

// flush tells what was gathered.
func (w *watch) flush() {
	w.seen.Paths = append(w.seen.Paths, w.sessions()...)
	clear(w.paths)
	if w.seen.Err == nil {
		w.seen.Err = w.why
	}
	if seen := w.seen; seen.Rescan || len(seen.Paths) > 0 || seen.Err != nil {
		w.seen = Seen{}
		w.tell(seen)
	}
}
