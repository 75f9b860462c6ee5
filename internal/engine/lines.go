package engine

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// maxLinesPage bounds a page of Lines, in bytes; a longer line of the store's
// copy is a page of its own.
const maxLinesPage = 4 << 20

// Lines returns a part of a transcript as Claude Code wrote it: of its file,
// byte for byte, or else of the store's copy.
func (c *Client) Lines(ctx context.Context, _ Call, req LinesRequest) (Lines, error) {
	s, err := c.find(ctx, "session", req.Session)
	if err != nil {
		return Lines{}, err
	}
	path, err := transcriptFile(s, req.Subagent)
	if err != nil {
		return Lines{}, c.fail("looking for a transcript", err)
	}
	var page Lines
	switch {
	case path == "" && req.Offset > 0:
		return Lines{}, fileChanged()
	case path != "" && req.From <= 0:
		page, err = fileLines(path, max(req.Offset, 0))
	default:
		page, err = c.storedLines(ctx, s, req)
	}
	if err != nil {
		return Lines{}, c.fail("reading a transcript", err)
	}
	return page, nil
}

// transcriptFile is the path of the file that a session, or its sub-agent, has;
// "" if there is none.
func transcriptFile(s sessionstore.Session, subagent string) (string, error) {
	if subagent == "" {
		path, err := agent.FindTranscript(s.ConfigDir, s.Cwd, s.ID)
		if errors.Is(err, agent.ErrNoTranscript) {
			return "", nil
		}
		return path, err
	}
	files, err := fileHeads(s)
	i := findSubagent(files, subagent)
	if err != nil || i < 0 {
		return "", err
	}
	return files[i].path, nil
}

// fileLines is a part of a file from a byte on, which need not end with a line.
func fileLines(path string, from int64) (Lines, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Lines{}, fileChanged()
	}
	if err != nil {
		return Lines{}, err
	}
	defer file.Close()
	buf := make([]byte, maxLinesPage)
	n, err := file.ReadAt(buf, from)
	page := Lines{Lines: buf[:n]}
	if errors.Is(err, io.EOF) {
		return page, shortened(file, from)
	}
	page.NextOffset = from + int64(n)
	return page, err
}

// shortened is an error if a file ends before the part that was to be read.
func shortened(file *os.File, from int64) error {
	info, err := file.Stat()
	if err == nil && info.Size() < from {
		return fileChanged()
	}
	return err
}

func fileChanged() error {
	return Errorf(Conflict, "Begin again.", "the transcript was deleted or replaced while it was read.")
}

// storedLines is a part of the store's copy: whole lines.
func (c *Client) storedLines(ctx context.Context, s sessionstore.Session, req LinesRequest) (page Lines, err error) {
	t, err := c.tape(ctx, s, req.Subagent)
	if err != nil {
		return Lines{}, err
	}
	wanted, err := c.inlineLines(t)
	if err != nil {
		return Lines{}, err
	}
	for entry, err := range t.from(max(req.From, 0)) {
		if err != nil {
			return Lines{}, err
		}
		if wanted != nil && !wanted[entry.Seq] {
			continue
		}
		if len(page.Lines) > 0 && len(page.Lines)+len(entry.Raw) > maxLinesPage {
			page.Next = entry.Seq
			break
		}
		page.Lines = append(append(page.Lines, entry.Raw...), '\n')
	}
	return page, nil
}

// inlineLines returns the numbers of the lines of the sub-agent that is meant, if
// its messages are in the transcript of its session; else nil.
func (c *Client) inlineLines(t *tape) (numbers map[int64]bool, err error) {
	if t.inline == "" {
		return nil, nil
	}
	numbers = map[int64]bool{}
	err = c.outlines.with(t, func(o *outline) error {
		names := slices.Clone(t.subs)
		for _, sub := range o.inlineSubs() {
			names = append(names, sub.Name)
		}
		sub, ok := o.inlineSub(t.inline)
		if !ok {
			return noSubagent(t.inline, names)
		}
		for _, m := range sub.Entries {
			numbers[m.Line] = true
		}
		return nil
	})
	return numbers, err
}
