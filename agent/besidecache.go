package agent

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	// maxBeside is how many transcripts and folders are remembered: some 50 MB.
	maxBeside = 200_000
	// folderTick is more than the steps of the clock that dates changes of folders.
	folderTick = 20 * time.Millisecond
	// coarseTick is likewise for file systems that keep whole seconds.
	coarseTick = 2 * time.Second
)

// besides remembers whose the transcripts of sub-agents in project folders are,
// so that they are not all opened for each session. What it tells holds for the
// files as they are: it only saves reading. It is safe for concurrent use.
var besides = besideCache{folders: map[string]*besideList{}}

// besideCache forgets the folders that were not used for longest when it
// remembers too much.
type besideCache struct {
	mu      sync.Mutex
	folders map[string]*besideList
	uses    int
	total   int // weights of all folders
}

// besideList is what is known of one project folder. The cache guards used and
// weight.
type besideList struct {
	path         string
	used, weight int

	mu       sync.Mutex
	read     time.Time // when its names were read
	modTime  time.Time // of the folder then
	files    map[string]besideFile
	sessions map[string]map[string]bool // names of files by session
}

// list returns what is known of a folder, locked.
func (c *besideCache) list(folder string) *besideList {
	c.mu.Lock()
	l := c.folders[folder]
	if l == nil {
		l = &besideList{path: folder, files: map[string]besideFile{}, sessions: map[string]map[string]bool{}}
		c.folders[folder] = l
	}
	c.uses++
	l.used = c.uses
	c.mu.Unlock()
	l.mu.Lock()
	return l
}

// weigh counts what is known of a folder, and forgets others if that is too much.
func (c *besideCache) weigh(l *besideList) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.folders[l.path] != l {
		return // forgotten meanwhile
	}
	c.total += 1 + len(l.files) - l.weight
	l.weight = 1 + len(l.files)
	for c.total > maxBeside && len(c.folders) > 1 {
		oldest := slices.MinFunc(slices.Collect(maps.Values(c.folders)), func(a, b *besideList) int { return a.used - b.used })
		delete(c.folders, oldest.path)
		c.total -= oldest.weight
	}
}

// filesOf returns the transcripts of a session's sub-agents that lie in a
// project folder, as they are now. Names that were added since the folder was
// looked at last are looked at.
func (c *besideCache) filesOf(folder, session string) ([]TranscriptFile, error) {
	l := c.list(folder)
	defer l.mu.Unlock()
	if err := l.readNames(); err != nil {
		return nil, err
	}
	c.weigh(l)
	var files []TranscriptFile
	for _, name := range slices.Sorted(maps.Keys(l.sessions[session])) {
		if f, _ := l.look(name); f.session == session {
			files = append(files, TranscriptFile{Path: filepath.Join(folder, name), Sub: besideSub(name)})
		}
	}
	return files, nil
}

// scan looks at all files of a folder whose names are those of transcripts of
// sub-agents. The folder was like info, and it was that time, before the names
// were read. It returns what is known then, by name.
func (c *besideCache) scan(folder string, info fs.FileInfo, at time.Time, names []string) map[string]besideFile {
	l := c.list(folder)
	defer l.mu.Unlock()
	l.modTime, l.read = info.ModTime(), at
	l.keep(names)
	for _, name := range names {
		l.look(name)
	}
	c.weigh(l)
	return maps.Clone(l.files)
}

// sessionOf returns the session of a file of a project folder, which may just
// have been removed; "" if it has none.
func (c *besideCache) sessionOf(path string) string {
	l := c.list(filepath.Dir(path))
	defer l.mu.Unlock()
	name := filepath.Base(path)
	before := l.files[name].session
	now, there := l.look(name)
	c.weigh(l)
	if !there {
		return before
	}
	return now.session
}

// readNames reads the names of the folder again if some were added or removed.
func (l *besideList) readNames() error {
	info, err := os.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		l.read = time.Time{}
		l.keep(nil)
		return nil
	}
	if err != nil || l.isListed(info) {
		return err
	}
	began := time.Now()
	names, err := agentNames(l.path)
	if err != nil {
		return err
	}
	l.modTime, l.read = info.ModTime(), began
	l.keep(names)
	for _, name := range names {
		if _, known := l.files[name]; !known {
			l.look(name)
		}
	}
	return nil
}

// isListed reports whether the names are those of the folder as info shows it:
// one that changed when they were read may have changed again in the same tick.
func (l *besideList) isListed(info fs.FileInfo) bool {
	tick := folderTick
	if l.modTime.Nanosecond() == 0 {
		tick = coarseTick
	}
	age := l.read.Sub(l.modTime)
	return !l.read.IsZero() && l.modTime.Equal(info.ModTime()) && (age > tick || age < 0)
}

// agentNames are the names in a folder that transcripts of sub-agents have.
func agentNames(folder string) (names []string, err error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for {
		some, err := f.Readdirnames(1024)
		for _, name := range some {
			if besideSub(name) != "" {
				names = append(names, name)
			}
		}
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// keep forgets all files but those of some names.
func (l *besideList) keep(names []string) {
	there := make(map[string]bool, len(names))
	for _, name := range names {
		there[name] = true
	}
	for name := range l.files {
		if !there[name] {
			l.forget(name)
		}
	}
}

// look looks at a file again. It is false if there is none.
func (l *besideList) look(name string) (now besideFile, there bool) {
	before := l.files[name]
	now, there = lookBeside(filepath.Join(l.path, name), before)
	if !there || now.session != before.session {
		l.forget(name)
	}
	if there {
		l.add(name, now)
	}
	return now, there
}

func (l *besideList) add(name string, f besideFile) {
	l.files[name] = f
	if f.session == "" {
		return
	}
	if l.sessions[f.session] == nil {
		l.sessions[f.session] = map[string]bool{}
	}
	l.sessions[f.session][name] = true
}

func (l *besideList) forget(name string) {
	session := l.files[name].session
	delete(l.files, name)
	if delete(l.sessions[session], name); len(l.sessions[session]) == 0 {
		delete(l.sessions, session)
	}
}
