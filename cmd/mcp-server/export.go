package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/internal/render"
	"github.com/claude-sessions/claude-sessions/tools"
)

// formats are what a session can be exported as. jsonl is its transcript as
// Claude Code wrote it, line by line; the others are its active branch.
var formats = []string{"markdown", "json", "jsonl", "html"}

// exporter is what an export needs of an engine.
type exporter interface {
	tools.Sessions
	Lines(ctx context.Context, call engine.Call, req engine.LinesRequest) (engine.Lines, error)
}

// export writes a session to a file or to standard output.
func (p program) export(ctx context.Context, c config) error {
	format, err := exportFormat(c)
	if err != nil {
		return err
	}
	return p.withSessions(ctx, c, func(ctx context.Context, sessions exporter, _ *slog.Logger) error {
		write := func(w io.Writer) error { return exportTo(ctx, w, sessions, c.args[0], c.subagent, format) }
		if c.output == "" || c.output == "-" {
			return buffered(p.out, write)
		}
		return writeFile(c.output, write)
	})
}

// exportFormat is the format that was asked for: by name, or by the name of
// the file.
func exportFormat(c config) (string, error) {
	if len(c.args) != 1 {
		return "", errors.New("export needs one session: its name, its id, or a unique prefix of its id")
	}
	byName := map[string]string{".html": "html", ".htm": "html", ".json": "json", ".jsonl": "jsonl"}
	format := cmp.Or(c.format, byName[strings.ToLower(filepath.Ext(c.output))], "markdown")
	if !slices.Contains(formats, format) {
		return "", fmt.Errorf("-format is %q; it can be %s", format, strings.Join(formats, ", "))
	}
	return format, nil
}

// exportTo writes a session, or one of its sub-agents, in a format.
func exportTo(ctx context.Context, w io.Writer, e exporter, session, subagent, format string) error {
	if format == "jsonl" {
		return exportLines(ctx, w, e, session, subagent)
	}
	req := engine.ReadRequest{
		Session: session, Subagent: subagent, From: "start", Limit: engine.MaxReadLimit, MaxTokens: engine.MaxReadTokens,
		IncludeTools: engine.ToolsFull, IncludeThinking: true, Format: engine.FormatJSON, AllSubagents: true,
	}
	read := func(name string, page func(engine.Transcript) error) error {
		req := req
		req.Subagent = name
		return readPages(ctx, e, req, page)
	}
	return exportDocument(ctx, document(w, format, read), e, req)
}

// document returns what writes a conversation in a format, with its sub-agents.
func document(w io.Writer, format string, read render.ReadSubagent) render.Document {
	switch format {
	case "json":
		return render.JSON(w, read)
	case "html":
		return render.HTML(w, read)
	}
	return render.Markdown(w, read)
}

// exportDocument writes the active branch of a session, page by page.
func exportDocument(ctx context.Context, d render.Document, e exporter, req engine.ReadRequest) error {
	begun := false
	err := readPages(ctx, e, req, func(page engine.Transcript) error {
		if !begun {
			begun = true
			_ = d.Begin(page) // its error comes again
		}
		return d.Add(page.Messages)
	})
	if err != nil {
		return err
	}
	return d.End()
}

// readPages gives a function all pages of a conversation, oldest first.
func readPages(ctx context.Context, e exporter, req engine.ReadRequest, use func(engine.Transcript) error) error {
	for first := true; first || req.Cursor != ""; first = false {
		page, err := e.Read(ctx, engine.Call{}, req)
		if err != nil {
			return err
		}
		if err := use(page); err != nil {
			return err
		}
		req.Cursor = page.NextCursor
	}
	return nil
}

// exportLines writes the transcript of a session, or of a sub-agent, as it is.
func exportLines(ctx context.Context, w io.Writer, e exporter, session, subagent string) error {
	req := engine.LinesRequest{Session: session, Subagent: subagent}
	for first := true; first || req.From > 0 || req.Offset > 0; first = false {
		page, err := e.Lines(ctx, engine.Call{}, req)
		if err != nil {
			return err
		}
		if _, err := w.Write(page.Lines); err != nil {
			return err
		}
		req.From, req.Offset = page.Next, page.NextOffset
	}
	return nil
}

func buffered(w io.Writer, write func(io.Writer) error) error {
	out := bufio.NewWriter(w)
	return errors.Join(write(out), out.Flush())
}

// writeFile makes a file whole or not at all, readable by its owner only: a
// transcript may hold secrets. One that is there is replaced.
func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // made 0600
	if err != nil {
		return fmt.Errorf("exporting to %s: %w", path, err)
	}
	defer os.Remove(file.Name())
	err = errors.Join(buffered(file, write), file.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("exporting to %s: %w", path, err)
	}
	return nil
}
