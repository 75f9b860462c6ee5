package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/claude-sessions/claude-sessions/agent"
)

// examined is what doctor --transcripts found in all transcripts of a folder.
type examined struct {
	Folder      string              `json:"folder"`
	Transcripts int                 `json:"transcripts"`
	Lines       int                 `json:"lines"`
	Entries     int                 `json:"entries"`
	Branches    int                 `json:"branches"`
	Compactions int                 `json:"compactions"`
	SubAgents   int                 `json:"sub_agents"`
	Unreadable  []string            `json:"unreadable,omitempty"`
	Found       map[string]*finding `json:"found,omitempty"`
}

// finding is one kind of what was found.
type finding struct {
	Count       int            `json:"count"`
	Transcripts int            `json:"transcripts"`
	Example     string         `json:"example"`         // file:line
	Types       map[string]int `json:"types,omitempty"` // that are not known
}

// examine reads all transcripts of a folder with the conversation model, and says
// what could not be placed. It needs neither an engine nor the store.
func (p program) examine(ctx context.Context, c config) error {
	folder := filepath.Join(agent.ConfigDir(p.env), "projects")
	switch len(c.args) {
	case 0:
	case 1:
		folder = c.args[0]
	default:
		return errors.New("doctor -transcripts takes one folder at most")
	}
	all, err := examineFolder(ctx, folder)
	if err != nil {
		return err
	}
	if c.json {
		encoder := json.NewEncoder(p.out)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(all)
	} else {
		all.print(p.out)
	}
	if err == nil && len(all.Unreadable) > 0 {
		return errFaults
	}
	return err
}

func examineFolder(ctx context.Context, folder string) (*examined, error) {
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real // a link to the folder itself is the person's own
	}
	all := &examined{Folder: folder, Found: map[string]*finding{}}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && path == folder:
			return err
		case err != nil:
			all.Unreadable = append(all.Unreadable, err.Error())
			return nil
		case d.Type().IsRegular() && strings.HasSuffix(path, ".jsonl"):
			all.add(agent.Examine(path))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("examining transcripts: %w", err)
	}
	return all, nil
}

func (all *examined) add(e agent.Examination, err error) {
	if err != nil {
		all.Unreadable = append(all.Unreadable, err.Error())
		return
	}
	all.Transcripts++
	all.Lines += e.Lines
	all.Entries += e.Entries
	all.Branches += e.Branches
	all.Compactions += e.Compactions
	all.SubAgents += e.SubAgents
	for kind, tally := range e.Found {
		all.count(kind, e.Path, tally)
	}
}

func (all *examined) count(kind, path string, tally *agent.Tally) {
	found := all.Found[kind]
	if found == nil {
		found = &finding{Example: fmt.Sprintf("%s:%d", path, tally.Line), Types: map[string]int{}}
		all.Found[kind] = found
	}
	found.Count += tally.Count
	found.Transcripts++
	for name, n := range tally.Types {
		if _, there := found.Types[name]; !there && len(found.Types) >= maxTypes {
			name = agent.OtherTypes
		}
		found.Types[name] += n
	}
}

// maxTypes bounds how many types that are not known are told apart.
const maxTypes = 100

func (all *examined) print(w io.Writer) {
	fmt.Fprintf(w, "%d transcripts in %s: %d lines, %d entries, %d branches, %d compactions, %d sub-agents in their session's file\n",
		all.Transcripts, all.Folder, all.Lines, all.Entries, all.Branches, all.Compactions, all.SubAgents)
	if len(all.Found)+len(all.Unreadable) == 0 {
		fmt.Fprintln(w, "Everything could be placed.")
	}
	kinds := slices.SortedFunc(maps.Keys(all.Found), func(a, b string) int {
		return cmp.Or(all.Found[b].Count-all.Found[a].Count, strings.Compare(a, b))
	})
	for _, kind := range kinds {
		f := all.Found[kind]
		fmt.Fprintf(w, "%6d  %s, in %d of the transcripts, such as %s\n", f.Count, kind, f.Transcripts, f.Example)
		for _, name := range slices.Sorted(maps.Keys(f.Types)) {
			fmt.Fprintf(w, "        %6d of type %q\n", f.Types[name], name)
		}
	}
	for _, err := range all.Unreadable {
		fmt.Fprintf(w, "FAULT   %s\n", err)
	}
}

// redact writes a transcript without its words, to be sent with a report.
func (p program) redact(c config) error {
	path, err := p.transcript(c.redact)
	if err != nil {
		return err
	}
	if same(path, c.output) {
		return fmt.Errorf("%s is the transcript itself: name another file to write", c.output)
	}
	if c.output == "" || c.output == "-" {
		return agent.RedactFile(p.out, path)
	}
	return writeFile(c.output, func(w io.Writer) error { return agent.RedactFile(w, path) })
}

// same reports whether two paths are of one file that is there.
func same(a, b string) bool {
	one, err := os.Stat(a)
	other, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(one, other)
}

// transcript is the file that a person means by its path or by the id of its
// session.
func (p program) transcript(ref string) (string, error) {
	info, err := os.Lstat(ref)
	if err == nil && info.Mode().IsRegular() {
		return ref, nil
	}
	if err == nil {
		return "", fmt.Errorf("%s is no regular file", ref)
	}
	path, err := agent.FindTranscript(agent.ConfigDir(p.env), "", ref)
	if errors.Is(err, agent.ErrNoTranscript) {
		return "", fmt.Errorf("%q is neither a file nor the whole id of a session whose transcript is there", ref)
	}
	return path, err
}
