package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A FoundTranscript is the file of a session, as a Scan found it.
type FoundTranscript struct {
	SessionID string
	Path      string
	Size      int64
	ModTime   time.Time
	Marked    time.Time // when the session was archived, or no longer; zero: it never was
	Subs      *SubFiles // nil: it was not looked at them
}

// SubFiles is what the transcripts of a session's sub-agents are like, which may
// grow when its own does not. The zero SubFiles has none.
type SubFiles struct {
	Size    int64     `json:"size"` // of all of them, in bytes
	ModTime time.Time `json:"mod_time"`
}

// lateSubs is how long after a session's last word a Scan looks at what its
// sub-agents say: to look at those of all sessions takes longer than all else.
const lateSubs = 24 * time.Hour

// Equal tells whether nothing was written between s and t.
func (s SubFiles) Equal(t SubFiles) bool { return s.Size == t.Size && s.ModTime.Equal(t.ModTime) }

// Why a file or folder of a config folder is passed over.
const (
	PassedName       = "files whose name is no session id"
	PassedLink       = "links, which are not followed"
	PassedUnreadable = "files and folders that cannot be read"
	PassedEmpty      = "empty files"
	PassedOrphan     = "transcripts of sub-agents whose session is not there"
	PassedNoSession  = "transcripts of sub-agents that do not name their session"
)

// A Scan is what there is in the project folders of a config folder.
type Scan struct {
	Found  []FoundTranscript   // newest first; one for each session, its newest
	Passed map[string][]string // paths that were passed over, by reason
}

// ScanTranscripts looks at the transcripts of all sessions in a config folder. It
// opens none but those of sub-agents that lie beside their session's, once, to
// read whose they are. What cannot be looked at is skipped, and listed in Passed
// with the reason. The error tells that the project folders themselves could not
// be read; that there are none is no error.
func ScanTranscripts(configDir string) (*Scan, error) {
	s := &Scan{Passed: make(map[string][]string)}
	projects := filepath.Join(configDir, projectsFolder)
	folders, err := os.ReadDir(projects)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for transcripts: %w", err)
	}
	for _, folder := range folders {
		path := filepath.Join(projects, folder.Name())
		switch {
		case folder.IsDir():
			s.folder(path)
		case folder.Type()&fs.ModeSymlink != 0:
			s.pass(PassedLink, path)
		}
	}
	s.order()
	return s, nil
}

// ScanFolder is ScanTranscripts for one project folder.
func ScanFolder(folder string) *Scan {
	s := &Scan{Passed: make(map[string][]string)}
	s.folder(folder)
	s.order()
	return s
}

const projectsFolder = "projects"

func (s *Scan) pass(why, path string) { s.Passed[why] = append(s.Passed[why], path) }

func (s *Scan) folder(folder string) {
	info, at := folderInfo(folder), time.Now()
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.pass(PassedUnreadable, folder)
	}
	folders := make(map[string]bool) // those of sessions: few have one
	var agents []string
	for _, entry := range entries {
		folders[entry.Name()] = entry.IsDir()
		if besideSub(entry.Name()) != "" {
			agents = append(agents, entry.Name())
		}
	}
	var beside map[string]besideFile
	if info != nil {
		beside = besides.scan(folder, info, at, agents)
	}
	withAgents := sessionsOf(beside)
	for _, entry := range entries {
		id, ok := strings.CutSuffix(entry.Name(), transcriptSuffix)
		if ok && besideSub(entry.Name()) == "" {
			s.file(filepath.Join(folder, entry.Name()), folders[id], withAgents)
		}
	}
	s.passBeside(folder, beside, withAgents)
}

// folderInfo is nil for what cannot be looked at.
func folderInfo(path string) fs.FileInfo {
	info, _ := os.Stat(path)
	return info
}

// sessionsOf are the sessions of some transcripts of sub-agents. None was seen yet.
func sessionsOf(beside map[string]besideFile) map[string]bool {
	seen := map[string]bool{}
	for _, f := range beside {
		seen[f.session] = false
	}
	return seen
}

// passBeside passes over the transcripts of sub-agents whose session was not
// seen in their folder, or that have none.
func (s *Scan) passBeside(folder string, beside map[string]besideFile, seen map[string]bool) {
	for _, name := range slices.Sorted(maps.Keys(beside)) {
		why := beside[name].skipped
		if session := beside[name].session; session != "" && !seen[session] {
			why = PassedOrphan
		}
		if why != "" {
			s.pass(why, filepath.Join(folder, name))
		}
	}
}

// file looks at what may be the transcript of a session. Those of its sub-agents
// are looked at if it has spoken lately, or if some lie beside it, by agents,
// where it is noted as seen.
func (s *Scan) file(path string, hasFolder bool, agents map[string]bool) {
	found, why := look(path)
	switch {
	case why != "":
		s.pass(why, path)
	case found != nil:
		_, beside := agents[found.SessionID]
		if beside {
			agents[found.SessionID] = true
		}
		if hasFolder {
			found.Marked = markTime(path)
		}
		if beside || time.Since(found.ModTime) < lateSubs {
			found.lookAtSubs(hasFolder || beside)
		}
		s.Found = append(s.Found, *found)
	}
}

// LookAt tells what a Scan finds at a path: a transcript, or why it is passed
// over, or, when there is nothing, neither.
func LookAt(path string) (found *FoundTranscript, passed string) {
	if found, passed = look(path); found != nil {
		found.Marked = markTime(path)
		found.lookAtSubs(true)
	}
	return found, passed
}

// lookAtSubs looks at the transcripts of sub-agents, if there may be any. What
// cannot be looked at is left out: who reads it is told.
func (f *FoundTranscript) lookAtSubs(mayBe bool) {
	f.Subs = &SubFiles{}
	if !mayBe {
		return
	}
	if files, err := TranscriptFiles(f.Path); err == nil {
		*f.Subs = LookAtSubs(files[1:])
	}
}

// LookAtSubs tells what the transcripts of sub-agents are like now.
func LookAtSubs(files []TranscriptFile) (s SubFiles) {
	for _, file := range files {
		info, err := os.Lstat(file.Path)
		if err != nil {
			continue
		}
		s.Size += info.Size()
		if info.ModTime().After(s.ModTime) {
			s.ModTime = info.ModTime()
		}
	}
	return s
}

func look(path string) (found *FoundTranscript, passed string) {
	info, err := os.Lstat(path)
	id, isTranscript := strings.CutSuffix(filepath.Base(path), transcriptSuffix)
	switch {
	case errors.Is(err, fs.ErrNotExist) || !isTranscript:
		return nil, ""
	case err != nil:
		return nil, PassedUnreadable
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, PassedLink
	case !info.Mode().IsRegular():
		return nil, ""
	case !isUUID(id):
		return nil, PassedName
	case info.Size() == 0:
		return nil, PassedEmpty
	}
	return &FoundTranscript{SessionID: id, Path: path, Size: info.Size(), ModTime: info.ModTime()}, ""
}

// order puts the newest first, and leaves out older files of the same session.
func (s *Scan) order() {
	slices.SortFunc(s.Found, func(a, b FoundTranscript) int { return b.ModTime.Compare(a.ModTime) })
	seen := make(map[string]bool, len(s.Found))
	s.Found = slices.DeleteFunc(s.Found, func(f FoundTranscript) bool {
		again := seen[f.SessionID]
		seen[f.SessionID] = true
		return again
	})
}
