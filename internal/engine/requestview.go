package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/claude-sessions/claude-sessions/agent"
	"github.com/claude-sessions/claude-sessions/internal/oneline"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

const (
	maxDetail   = 8000    // bytes of Request.Detail
	maxCompared = 1 << 20 // bytes of a file that a change is compared with
)

// viewRequest is a request as callers see it.
func (e *Engine) viewRequest(r sessionstore.Request, s sessionstore.Session) Request {
	v := Request{
		ID: r.ID, SessionID: r.SessionID, Session: oneline.Cut(s.Title(), rowTitle), TurnID: r.TurnID,
		Tool: r.Tool, Summary: r.Summary, Input: r.Input, Question: r.Question, Questions: questions(r),
		OpenedAt: r.OpenedAt, Status: r.Status, Detail: cutText(detail(r, s.Cwd), maxDetail),
	}
	if len(v.Input) > maxRequestInput {
		v.Input = nil
	}
	if g := suggested(r.Suggestions); !r.Question {
		v.Always = g.String()
	}
	if wait := e.cfg.RequestTimeout; wait > 0 && r.Status == sessionstore.RequestOpen {
		at := r.OpenedAt.Add(wait)
		v.ExpiresAt = &at
	}
	return v
}

// questions are those of an AskUserQuestion; none of another shape.
func questions(r sessionstore.Request) []Question {
	var in struct {
		Questions []struct {
			Question    string   `json:"question"`
			Header      string   `json:"header"`
			Options     []Option `json:"options"`
			MultiSelect bool     `json:"multiSelect"`
		} `json:"questions"`
	}
	if !r.Question || json.Unmarshal(r.Input, &in) != nil {
		return nil
	}
	list := make([]Question, len(in.Questions))
	for i, q := range in.Questions {
		list[i] = Question{Question: q.Question, Header: q.Header, Options: q.Options, MultiSelect: q.MultiSelect}
	}
	return list
}

// detail shows what a tool is about to do as a person needs to see it to
// decide: what it runs, changes or asks for, and where.
func detail(r sessionstore.Request, cwd string) string {
	if edits := agent.Edits(r.Tool, r.Input); len(edits) > 0 {
		return editsDetail(edits, cwd)
	}
	var in struct {
		Command     string `json:"command"`
		Description string `json:"description"`
		URL         string `json:"url"`
		Prompt      string `json:"prompt"`
		Path        string `json:"file_path"`
		Plan        string `json:"plan"`
	}
	_ = json.Unmarshal(r.Input, &in) // fields of another shape are left out
	switch {
	case r.Question:
		return questionsDetail(questions(r))
	case in.Command != "":
		return strings.TrimSpace(in.Description+"\n") + "\n" + fenced("sh", in.Command) + "in " + cwd
	case in.URL != "":
		return in.URL + "\n\n" + in.Prompt
	case in.Plan != "":
		return in.Plan
	case in.Path != "":
		return r.Tool + " " + in.Path
	}
	return fenced("json", indented(r.Input))
}

func questionsDetail(list []Question) string {
	var b strings.Builder
	for _, q := range list {
		fmt.Fprintf(&b, "%s\n", q.Question)
		for _, o := range q.Options {
			fmt.Fprintf(&b, "- %s", o.Label)
			if o.Description != "" {
				fmt.Fprintf(&b, ": %s", o.Description)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// editsDetail shows changes of files as diffs: of what is written as a whole,
// against what is there.
func editsDetail(edits []agent.Edit, cwd string) string {
	var b strings.Builder
	for _, e := range edits {
		path := e.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(cwd, path)
		}
		old := e.Old
		if old == "" {
			old = textOf(path)
		}
		fmt.Fprintf(&b, "%s in %s\n", filepath.Base(path), filepath.Dir(path))
		b.WriteString(fenced("diff", string(diff.Diff("before", []byte(line(old)), "after", []byte(line(e.New))))))
	}
	return b.String()
}

// line makes text end with a line break, without which a diff says so.
func line(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}

// textOf is what a file holds now; "" if it is not there, large, or no text.
func textOf(path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxCompared {
		return ""
	}
	raw, err := os.ReadFile(path)
	if err != nil || !utf8.Valid(raw) {
		return ""
	}
	return string(raw)
}

// fenced is a block of code that its text cannot break out of.
func fenced(language, text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + language + "\n" + strings.TrimRight(text, "\n") + "\n" + fence + "\n"
}

func indented(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	out, _ := json.MarshalIndent(v, "", "  ") // it was JSON
	return string(out)
}

// cutText cuts at a rune, and says so.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return fmt.Sprintf("%s\n… (%d bytes more)", s[:limit], len(s)-limit)
}
